"""The file of epoch keys: wrapped by a root, kept apart from the database and its backups.

Destroying an epoch here is what makes an old copy of the database useless (crypto-shredding). Format 1: a list of `epochs`,
each with `id`, `state` (active or retired), `root` (which wrapped it), `wrapped` and, since there is rotation, `made_at` and
`retired_at`; `destroyed` lists the ids of those that are gone. Times are microseconds.
"""

import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from securemsg.crypto.key_files import sync_folder
from securemsg.crypto.roots import Root
from securemsg.errors import Misconfigured, Unverified

_NONE: Mapping[str, bytes] = MappingProxyType({})


@dataclass(slots=True)
class Keystore:
    """The opened epochs: id → 32 bytes. New keys are wrapped by the active one."""

    active: str
    epochs: dict[str, bytes] = field(repr=False)
    path: Path = field(compare=False, repr=False)
    roots: tuple[Root, ...] = field(compare=False, repr=False)

    def reload(self) -> None:
        """Read it once more: another process made an epoch, or destroyed one. No root is asked for what is open already."""
        fresh = read(self.path, self.roots, self.epochs)
        self.epochs, self.active = fresh.epochs, fresh.active  # in this order: another thread may be looking


@dataclass(frozen=True, slots=True)
class Epoch:
    """What may be told of an epoch. `state` is active, retired or destroyed; times are 0 where nobody wrote them down."""

    id: str
    state: str
    root: str
    made_at: int
    retired_at: int


def create(path: Path, root: Root, now: int = 0) -> None:
    """Write a keystore with one fresh epoch, wrapped by `root`. Never overwrites."""
    row = fresh_epoch(root, now)
    if path.exists():
        raise Misconfigured(f"The keystore {path} exists already; it is not overwritten.")
    _write(path, {"format": 1, "epochs": [row]})


def read(path: Path, roots: tuple[Root, ...], opened: Mapping[str, bytes] = _NONE) -> Keystore:
    """Open every epoch that is not among `opened`, or raise Misconfigured with a sentence that says what does not fit;
    Away (roots) while the root's provider does not answer.
    """
    by_id = {root.id: root for root in roots}
    try:
        rows = _rows(path)
        epochs = {row["id"]: opened.get(row["id"]) or _open(row, by_id, path) for row in rows}
        active = [row["id"] for row in rows if row["state"] == "active"]
    except (KeyError, TypeError):
        raise Misconfigured(f"The keystore {path} was altered: a part of it is missing.") from None
    if len(active) != 1:
        raise Misconfigured(f"The keystore {path} should have one active epoch and has {len(active)}.")
    return Keystore(active[0], epochs, path, roots)


def roots_of(path: Path) -> dict[str, str]:
    """Which root key each epoch is wrapped by: ids only."""
    return {row["id"]: row["root"] for row in _rows(path)}


def listed(path: Path) -> list[Epoch]:
    """Every epoch there is and was, in the order in which they were made."""
    content = _content(path)
    rows = [*content.get("destroyed", []), *content["epochs"]]
    return [Epoch(row["id"], row["state"], row["root"], row.get("made_at", 0), row.get("retired_at", 0)) for row in rows]


def fresh_epoch(root: Root, now: int) -> dict[str, object]:
    """The row of a new epoch, wrapped by `root` and not yet in use. Away (roots) while its provider does not answer."""
    id = secrets.token_hex(8)
    return {"id": id, "state": "active", "root": root.id, "made_at": now, "wrapped": _wrapped(root, secrets.token_bytes(32), id)}


def begin_epoch(path: Path, row: dict[str, object], now: int) -> str:
    """Retire the active epoch and put a fresh one in its place; its id."""
    content = _content(path)
    for each in content["epochs"]:
        if each["state"] == "active":
            each.update(state="retired", retired_at=now)
    content["epochs"].append(row)
    _write(path, content)
    return str(row["id"])


def rewrite(path: Path) -> None:
    """Write it as it is; OSError where a change could not be kept."""
    _write(path, _content(path))


def copy(path: Path, to: Path) -> None:
    """Write what it holds to `to`, whose folder is there, and nothing else stays there; OSError where that fails."""
    if not to.parent.is_dir():  # a disk that is not mounted
        raise FileNotFoundError(f"The folder of {to} does not exist.")
    _write(to, _content(path), leave_nothing=to.exists())


def is_copy(path: Path, other: Path) -> bool:
    """Whether the other holds the same; OSError where one of them cannot be read."""
    return other.exists() and other.read_bytes() == path.read_bytes()


def rewrap(path: Path, roots: tuple[Root, ...]) -> list[str]:
    """Wrap by the first root every epoch that another one wrapped: all of them in one rename, or none; their ids."""
    opened, content, moved = read(path, roots), _content(path), []
    for row in content["epochs"]:
        if row["root"] != roots[0].id:
            row.update(root=roots[0].id, wrapped=_wrapped(roots[0], opened.epochs[row["id"]], row["id"]))
            moved.append(row["id"])
    if moved:
        _write(path, content, leave_nothing=True)
    return moved


def destroy_epoch(path: Path, id: str) -> None:
    """Let go of a retired epoch for good: what it wrapped never opens again, in no copy. Who calls has made sure of that."""
    content = _content(path)
    for row in content["epochs"]:
        if row["id"] == id:
            gone = {name: value for name, value in row.items() if name != "wrapped"} | {"state": "destroyed"}
            content.setdefault("destroyed", []).append(gone)
    content["epochs"] = [row for row in content["epochs"] if row["id"] != id]
    _write(path, content, leave_nothing=True)


def _wrapped(root: Root, secret: bytes, id: str) -> str:
    return b64encode(root.wrap(secret, "epoch", id)).decode()


def _rows(path: Path) -> list[dict]:
    rows: list[dict] = _content(path)["epochs"]
    return rows


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Misconfigured(f"The keystore {path} does not exist. Put it back from where you keep it; "
                            "without it nothing that is stored can be opened.") from None
    except (OSError, ValueError):
        raise Misconfigured(f"The keystore {path} cannot be read.") from None
    if not isinstance(content, dict) or content.get("format") != 1:
        raise Misconfigured(f"The keystore {path} has a format this program does not know.")
    return content


def _open(row: dict, roots: dict[str, Root], path: Path) -> bytes:
    root = roots.get(row["root"])
    if root is None:
        raise Misconfigured(f"The keystore {path} was made under the root key {row['root']}, and the root key given is "
                            f"{', '.join(roots)}. This is the wrong key; nothing was changed.")
    try:
        return root.unwrap(b64decode(row["wrapped"]), "epoch", row["id"])
    except (Unverified, ValueError):
        raise Misconfigured(f"The keystore {path} was altered: epoch {row['id']} does not open.") from None


def _write(path: Path, content: dict, leave_nothing: bool = False) -> None:
    """Whole or not at all, and its owner's as before. `leave_nothing`: what it held is overwritten, where its disk lets us."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part, old = path.with_name(path.name + ".part"), path.with_name(path.name + ".old")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        if path.exists() and (found := path.stat()).st_uid != os.geteuid():  # root runs the command for the service's user
            os.fchown(file.fileno(), found.st_uid, found.st_gid)
        os.fsync(file.fileno())
    _clear(old, path)  # a run that was killed left it
    if leave_nothing:
        os.link(path, old)
    part.rename(path)
    sync_folder(path.parent)
    _overwrite(old)


def _clear(old: Path, path: Path) -> None:
    """A run that was killed before its rename left `old` as a second name of what is in force: then the name goes, no byte."""
    if old.exists() and path.exists() and old.samefile(path):
        old.unlink()
    _overwrite(old)


def _overwrite(path: Path) -> None:
    with suppress(OSError), open(path, "r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
        path.unlink()
