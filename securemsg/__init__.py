"""securemsg: a contact widget and secure messaging service for clinics."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securemsg.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str):
    """Loaded when asked for: the command line must not import the whole service before gevent has patched."""
    if name == "create_app":
        from securemsg.app import create_app

        return create_app
    raise AttributeError(name)
