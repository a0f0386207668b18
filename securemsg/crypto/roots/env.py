"""A root key in an environment variable: `env:NAME`."""

from collections.abc import Mapping
from pathlib import Path

from securemsg.crypto.roots.text import RootKey, parse
from securemsg.errors import Misconfigured


def root(target: str, environ: Mapping[str, str], data: Path) -> RootKey:
    """The key in the variable."""
    if target not in environ:
        raise Misconfigured(f"The root key should come from the environment variable {target}, which is not set.")
    return parse(environ[target], f"The environment variable {target}")
