"""What stands in an archive, record by record: a signed header, rows in batches, a signed end.

Each record is JSON: the header an object; a batch `[table, [column …], [[value …] …]]`, in which bytes are
`{"b": "<base64>"}`; the end an object. The end is signed with the hash of all records before it, so that nobody who can
open an archive, and none of those who can seal one, can make another that passes for the service's.
"""

import hashlib
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

import orjson
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from securemsg.crypto import statements
from securemsg.crypto.archive import Opener, Sealer
from securemsg.errors import Refused
from securemsg.store.archive import TABLES, Columns

Batch = tuple[str, Columns, list[list]]
_HEADER = {"archive": str, "made_at": str, "at": int, "address": str, "revision": str, "counts": dict, "checkpoints": dict,
           "epochs": dict, "ledger": dict}
STRANGE = "What is sealed in this archive was not put together by securemsg. Nothing was written."


class Writing:
    """Puts one archive together. `seed` is the key that signs."""

    def __init__(self, file: BinaryIO, key: X25519PublicKey, seed: bytes, header: dict):
        self._seed, self._hash = seed, hashlib.sha256()
        self._sealer = Sealer(file, key, {"archive": header["archive"], "made_at": header["made_at"]})
        self._put(statements.sign(seed, "backup", header))

    def add(self, table: str, columns: Columns, rows: list[tuple]) -> None:
        self._put([table, columns, rows])

    def finish(self) -> None:
        self._put(statements.sign(self._seed, "backup-end", {"sha256": self._hash.hexdigest()}))
        self._sealer.finish()

    def _put(self, record: object) -> None:
        told = orjson.dumps(record, default=_packed)
        self._hash.update(told)
        self._sealer.put(told)


class Reading:
    """Takes one archive apart: `header` at once, `batches` in order, then `require_genuine`."""

    def __init__(self, file: BinaryIO, key: X25519PrivateKey):
        self._hash, self.found = hashlib.sha256(), Counter(dict.fromkeys(TABLES, 0))
        self._records = Opener(file).records(key)
        self.header: dict = self._next()
        if not isinstance(self.header, dict) or any(type(self.header.get(name)) is not kind for name, kind in _HEADER.items()):
            raise Refused(STRANGE)
        self._end: dict = {}

    def batches(self) -> Iterator[Batch]:
        """All rows. What is handed out counts only when the iterator has ended and the archive is genuine."""
        while not self._end:
            before, record = self._hash.hexdigest(), self._next()
            if isinstance(record, dict):
                self._end = record | {"found": before}
            else:
                batch = _batch(record)
                self.found[batch[0]] += len(batch[2])
                yield batch
        if next(self._records, None) is not None:
            raise Refused("The archive goes on after its end. Nothing was written.")

    def require_genuine(self, seed: bytes) -> None:
        """Refused unless this service signed this header and exactly these rows. `seed` is the key that signs."""
        found = self._end.pop("found")
        if not statements.is_signed(seed, "backup", self.header) or not statements.is_signed(seed, "backup-end", self._end):
            raise Refused("The archive was not made by the service whose keys these are: its signature does not fit. "
                          "Nothing was written.")
        if found != self._end["sha256"]:
            raise Refused("The archive was put together anew by somebody who can open it: its rows are not the ones that "
                          "were signed. Nothing was written.")
        if +Counter(self.header["counts"]) != +self.found:  # a table that came since is in no older archive
            raise Refused("The archive's header counts other rows than there are. Nothing was written.")

    def _next(self):
        try:
            told = next(self._records)
            self._hash.update(told)
            return orjson.loads(told)
        except (StopIteration, ValueError):
            raise Refused("The archive ends too early. Nothing was written.") from None


def _batch(record) -> Batch:
    """Whoever has the public half of the key can seal anything: what does not look like rows is refused here."""
    try:
        table, columns, rows = record
        unpacked = [[_unpacked(value) for value in row] for row in rows]
        if {len(row) for row in unpacked} <= {len(columns)}:
            return str(table), tuple(map(str, columns)), unpacked
    except (ValueError, TypeError, KeyError):
        pass
    raise Refused(STRANGE)


def _packed(value: object) -> dict:
    if isinstance(value, bytes | memoryview):
        return {"b": b64encode(value).decode()}
    raise TypeError


def _unpacked(value: object) -> object:
    if isinstance(value, list):
        raise TypeError
    return b64decode(value["b"]) if isinstance(value, dict) else value
