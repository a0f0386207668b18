"""New versions of a clinic's keys; what the older ones wrapped is wrapped by the newest. Nothing that is sealed changes."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from securemsg.crypto.keyring import Keyring, WrappedKey
from securemsg.crypto.wraps import unwrap, wrap

INNER = ("data", "index")  # wrapped by the clinic key


@dataclass(frozen=True, slots=True)
class Renewed:
    """`fresh` are the new rows, `moved` the older data and index keys: as they were, and as the new clinic key wraps them."""

    version: int
    fresh: list[WrappedKey]
    moved: list[tuple[WrappedKey, WrappedKey]]


def renewed(ring: Keyring, clinic: str, rows: Iterable[WrappedKey], purposes: tuple[str, ...]) -> Renewed:
    """The next clinic key, and the next key of each of `purposes` (of INNER). `rows` are all there ever were: a number is not
    given twice."""
    rows = list(rows)
    newest = {purpose: max(row.version for row in rows if row.purpose == purpose) for purpose in ("clinic", *INNER)}
    version, secret = newest["clinic"] + 1, secrets.token_bytes(32)
    kept = [row for row in rows if row.purpose in INNER and row.state != "destroyed"]
    moved = [(row, _under(secret, version, clinic, row, ring.key(clinic, row.purpose, row.version).secret)) for row in kept]
    blank = [WrappedKey(purpose, newest[purpose] + 1, b"", "") for purpose in purposes]
    fresh = [_under(secret, version, clinic, row, secrets.token_bytes(32)) for row in blank]
    return Renewed(version, [ring.under_epoch(clinic, "clinic", version, secret), *fresh], moved)


def _under(wrapper: bytes, version: int, clinic: str, row: WrappedKey, secret: bytes) -> WrappedKey:
    wrapped = wrap(wrapper, secret, f"{row.purpose}-key", clinic, str(row.version))
    return replace(row, wrapped=wrapped, wrapped_by=str(version))


@dataclass(frozen=True, slots=True)
class Mover:
    """Wraps conversation keys of one clinic by its newest clinic key."""

    ring: Keyring = field(repr=False)
    clinic: str
    version: int

    def moved(self, conversation: str, version: int, wrapped: bytes, wrapped_by: int) -> bytes:
        """The same conversation key under the newest clinic key; Unverified when it does not open."""
        about = ("conversation-key", self.clinic, conversation, str(version))
        secret = unwrap(self.ring.key(self.clinic, "clinic", wrapped_by).secret, wrapped, *about)
        return wrap(self.ring.key(self.clinic, "clinic", self.version).secret, secret, *about)
