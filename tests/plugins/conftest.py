"""The house of two clinics, as over HTTP."""

from tests.http.conftest import furnished  # noqa: F401
