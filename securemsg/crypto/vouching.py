"""A MAC over the facts of a row that opens something: who only writes to the database cannot make one.

So a session cannot be given to another conversation, nor a role, a link or a password to another person.
"""

import hashlib
import hmac

from securemsg.crypto.canonical import canonical


def vouch(key: bytes, table: str, *facts: object) -> bytes:
    """HMAC-SHA-256(row key, table | facts), every part length-prefixed; 32 bytes."""
    return hmac.digest(key, canonical(table, *facts), hashlib.sha256)


def vouched(mac: bytes | None, key: bytes, table: str, *facts: object) -> bool:
    """Whether the row still says what it said when it was written."""
    return isinstance(mac, bytes) and hmac.compare_digest(mac, vouch(key, table, *facts))
