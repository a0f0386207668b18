"""Columns of SQLite hold a value of any type; here each holds its own, as PostgreSQL sees to by itself.

A value of another type was put there past the service. It reads as a value that no row of ours has, so that whatever
vouches for the row does not fit, and nothing above meets a text where it counts or opens a seal.
"""

from functools import lru_cache

from sqlalchemy import Integer, LargeBinary

from securemsg.store.tables import metadata

_STRANGE: dict[type, object] = {int: -1, bytes: b"", str: "\ufffd"}


def fitting(columns: tuple[str, ...], values: tuple) -> tuple:
    """The values as they are, those of a wrong type as a strange one of the right type."""
    wrong = _wrong(columns, tuple(map(type, values)))
    return tuple(wrong.get(number, value) for number, value in enumerate(values)) if wrong else values


def all_fitting(columns: tuple[str, ...], rows: list[tuple]) -> list[tuple]:
    """The same of many rows: one by one only where not all of them fit."""
    if any(_wrong(columns, kinds) for kinds in {tuple(map(type, values)) for values in rows}):
        return [fitting(columns, values) for values in rows]
    return rows


@lru_cache(maxsize=4096)
def _wrong(columns: tuple[str, ...], kinds: tuple[type, ...]) -> dict[int, object]:
    """What stands instead of which value. A count, or another name that the tables do not know, is as it is."""
    expected = enumerate(zip(kinds, (_known().get(column) for column in columns), strict=True))
    return {number: _STRANGE[right[0]] for number, (kind, right) in expected if right and kind not in (*right, type(None))}


@lru_cache
def _known() -> dict[str, tuple[type, ...]]:
    """The types of each name: a few have one in one table and one in another, which is good enough not to surprise anybody."""
    known: dict[str, tuple[type, ...]] = {}
    for table in metadata.tables.values():
        for column in table.columns:
            kind = int if isinstance(column.type, Integer) else bytes if isinstance(column.type, LargeBinary) else str
            known[column.name] = (*known.get(column.name, ()), kind)
    return known
