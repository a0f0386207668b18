"""The file of epoch keys: wrapped by the root key, kept apart from the database and its backups.

Destroying an epoch here is what makes an old copy of the database useless (crypto-shredding).
"""

import json
import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from securemsg.crypto.key_files import sync_folder
from securemsg.crypto.roots import RootKey
from securemsg.crypto.wraps import unwrap, wrap
from securemsg.errors import Misconfigured, Unverified


@dataclass(frozen=True, slots=True)
class Keystore:
    """The opened epochs: id → 32 bytes. New keys are wrapped by the active one."""

    active: str
    epochs: dict[str, bytes]

    def __repr__(self) -> str:
        return f"Keystore(active={self.active!r})"


def create(path: Path, root: RootKey) -> None:
    """Write a keystore with one fresh epoch, wrapped by `root`. Never overwrites."""
    epoch, secret = secrets.token_hex(8), secrets.token_bytes(32)
    row = {"id": epoch, "state": "active", "root": root.id,
           "wrapped": b64encode(wrap(root.secret, secret, "epoch", epoch)).decode()}
    if path.exists():
        raise Misconfigured(f"The keystore {path} exists already; it is not overwritten.")
    _write(path, {"format": 1, "epochs": [row]})


def read(path: Path, roots: tuple[RootKey, ...]) -> Keystore:
    """Open every epoch, or raise Misconfigured with a sentence that says what does not fit."""
    by_id = {root.id: root for root in roots}
    try:
        rows = _rows(path)
        epochs = {row["id"]: _open(row, by_id, path) for row in rows}
        active = [row["id"] for row in rows if row["state"] == "active"]
    except (KeyError, TypeError):
        raise Misconfigured(f"The keystore {path} was altered: a part of it is missing.") from None
    if len(active) != 1:
        raise Misconfigured(f"The keystore {path} should have one active epoch and has {len(active)}.")
    return Keystore(active[0], epochs)


def roots_of(path: Path) -> dict[str, str]:
    """Which root key each epoch is wrapped by: ids only."""
    return {row["id"]: row["root"] for row in _rows(path)}


def _rows(path: Path) -> list[dict]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Misconfigured(f"The keystore {path} does not exist. Put it back from where you keep it; "
                            "without it nothing that is stored can be opened.") from None
    except (OSError, ValueError):
        raise Misconfigured(f"The keystore {path} cannot be read.") from None
    if not isinstance(content, dict) or content.get("format") != 1:
        raise Misconfigured(f"The keystore {path} has a format this program does not know.")
    return content["epochs"]


def _open(row: dict, roots: dict[str, RootKey], path: Path) -> bytes:
    root = roots.get(row["root"])
    if root is None:
        raise Misconfigured(f"The keystore {path} was made under the root key {row['root']}, and the root key given is "
                            f"{', '.join(roots)}. This is the wrong key; nothing was changed.")
    try:
        return unwrap(root.secret, b64decode(row["wrapped"]), "epoch", row["id"])
    except (Unverified, ValueError):
        raise Misconfigured(f"The keystore {path} was altered: epoch {row['id']} does not open.") from None


def _write(path: Path, content: dict) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    sync_folder(path.parent)
