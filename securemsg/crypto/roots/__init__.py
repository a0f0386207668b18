"""Root keys: where they come from. One small module for each provider, imported only when it is named.

`file`, `env` and `exec` hand over the key itself, as a line of text (text.py). Of `awskms`, `vault` and `pkcs11` the key never
leaves the provider, which is asked to wrap and unwrap epoch keys: at the start and at a rotation.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from securemsg.crypto.roots.file import create_file
from securemsg.crypto.roots.root import Away, Root
from securemsg.crypto.roots.text import RootKey, new_text, parse, text_of
from securemsg.errors import Misconfigured
from securemsg.setting_values import ROOTS

__all__ = ["Away", "Root", "RootKey", "create_file", "new_text", "parse", "read", "read_all", "text_of"]


def read_all(specs: tuple[str, ...], environ: Mapping[str, str], data: Path) -> tuple[Root, ...]:
    """The roots named by `SECUREMSG_ROOT_KEY`, the active one first."""
    return tuple(read(spec, environ, data) for spec in specs)


def read(spec: str, environ: Mapping[str, str], data: Path) -> Root:
    """One root; every fault raises Misconfigured with a sentence of its own. No provider is asked for anything yet."""
    provider, _, target = spec.partition(":")
    if provider not in ROOTS:
        raise Misconfigured(f"{provider} is no provider of root keys.")
    found: Root = import_module(f"securemsg.crypto.roots.{provider}").root(target, environ, data)
    return found
