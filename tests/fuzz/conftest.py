"""The furnished house of the HTTP tests."""

from tests.http.conftest import furnished

__all__ = ["furnished"]
