"""A word that must be nowhere: how it could stand in a file, and the files and rows to look into."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

from securemsg.store import Database
from securemsg.store.tables import metadata

CANARY = "kanarienvogel"


def disguises(word: str | bytes) -> set[bytes]:
    """The word as bytes: plain, in capitals, base64 at three alignments, hex, UTF-16 in both orders."""
    plain = word if isinstance(word, bytes) else word.encode()
    found = {plain, plain.upper(), plain.hex().encode(), plain.hex().upper().encode()}
    if isinstance(word, str):
        found |= {word.encode("utf-16-le"), word.encode("utf-16-be")}
    for shift in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            # Characters that also depend on the neighbours (the first and last ones) are left out.
            text = encode(b"\0" * shift + plain).rstrip(b"=")
            found.add(text[-(-shift * 8 // 6):len(plain + b"\0" * shift) * 8 // 6])
    return found


def found_in(places: Iterable[tuple[str, bytes]], needles: Iterable[bytes]) -> list[tuple[str, bytes]]:
    """Where which needle stands."""
    needles = list(needles)
    return [(place, needle) for place, content in places for needle in needles if needle in content]


def files(*folders: Path, since: float = 0) -> Iterator[tuple[str, bytes]]:
    """Each file below the folders, changed since then, with its bytes."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and path.stat().st_mtime >= since:
                yield str(path), path.read_bytes()


def rows(database: Database) -> Iterator[tuple[str, bytes]]:
    """Each value of each column of each table, by raw SQL."""
    for table in metadata.sorted_tables:
        for row in database.read(lambda tx, name=table.name: tx.everywhere.all(f"SELECT * FROM {name}")):
            for column, value in row._asdict().items():
                yield f"{table.name}.{column}", bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
