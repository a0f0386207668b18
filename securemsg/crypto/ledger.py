"""A file of lines that outlives the database: what was revoked or erased, as ids only, so that no older copy undoes it.

Each line is JSON: `at`, `kind`, `clinic`, `id`, `row` (the database's own row about it) and `mac`, which covers the MAC of
the line before: none can be changed, put in or taken out of the middle. A cut end is told by who knew the length, or by
its age: while the service runs, a line says each hour that all that ended is written down.
"""

import fcntl
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from securemsg.crypto.canonical import canonical
from securemsg.crypto.key_files import sync_folder
from securemsg.errors import Unverified

_TAIL_BYTES = 4096  # a line has about 260


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what ended, and when (microseconds)."""

    at: int
    kind: str
    clinic: str
    id: str
    row: str


def append(path: Path, key: bytes, entries: Iterable[Entry]) -> None:
    """Add lines and wait for the disk. A line that was torn by a crash is cut off first: its row is still waiting."""
    is_new = not path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        end, before = _end(file)
        os.ftruncate(file, end)
        os.lseek(file, end, os.SEEK_SET)
        for entry in entries:
            before = _mac(key, before, entry)
            _write(file, orjson.dumps(_told(entry) | {"mac": before}) + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    if is_new:
        sync_folder(path.parent)


def read(path: Path, key: bytes) -> Iterator[tuple[Entry, str]]:
    """Each line with its MAC, as long as one follows from the other; then Unverified. A torn last line is not there yet."""
    for entry, mac, _ in read_on(path, key, "", 0):
        yield entry, mac


def read_on(path: Path, key: bytes, before: str, offset: int) -> Iterator[tuple[Entry, str, int]]:
    """The same behind the line that ends at `offset` (bytes) and has the MAC `before`; with each line where it ends."""
    with open(path, "rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            entry, mac = _parsed(line)
            if not hmac.compare_digest(mac, _mac(key, before, entry)):
                raise Unverified("The ledger was altered.")
            before, offset = mac, offset + len(line)
            yield entry, mac, offset


def is_torn(path: Path) -> bool:
    """Whether it ends within a line: then something ended that nobody can read any more."""
    with open(path, "rb") as file:
        return file.seek(0, os.SEEK_END) > 0 and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n"


def rows(path: Path) -> Iterator[str]:
    """The database's rows that are written down here, without asking whether the lines are genuine."""
    with suppress(FileNotFoundError), open(path, "rb") as file:
        for line in file:
            with suppress(Unverified):
                yield _parsed(line)[0].row


def _end(file: int) -> tuple[int, str]:
    """Where the last whole line ends, and its MAC."""
    size = os.fstat(file).st_size
    start = max(0, size - _TAIL_BYTES)
    tail = os.pread(file, size - start, start)
    whole = tail[:tail.rfind(b"\n") + 1]
    mac = ""
    with suppress(Unverified, IndexError):
        mac = _parsed(whole.splitlines()[-1])[1]
    return start + len(whole), mac


def _parsed(line: bytes) -> tuple[Entry, str]:
    try:
        told = orjson.loads(line)
        return Entry(int(told["at"]), *(str(told[name]) for name in ("kind", "clinic", "id", "row"))), str(told["mac"])
    except (ValueError, KeyError, TypeError):
        raise Unverified("The ledger was altered.") from None


def _told(entry: Entry) -> dict:
    return {"at": entry.at, "kind": entry.kind, "clinic": entry.clinic, "id": entry.id, "row": entry.row}


def _mac(key: bytes, before: str, entry: Entry) -> str:
    facts = canonical("ledger", before, *_told(entry).values())
    return hmac.digest(key, facts, hashlib.sha256).hex()


def _write(file: int, line: bytes) -> None:
    while line:
        line = line[os.write(file, line):]
