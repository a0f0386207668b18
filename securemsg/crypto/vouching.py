"""A MAC over the facts of a row that opens something: who only writes to the database cannot make one.

So a session cannot be given to another conversation, nor a role, a link or a password to another person. Once a row opens
nothing any more its MAC goes (SPENT), or is made into another one (`retired`): who then blanks the column that says so finds
a row that nobody vouches for.
"""

import hashlib
import hmac

from securemsg.crypto.canonical import canonical

BYTES = 32  # 256 bits
SPENT = bytes(BYTES)  # in place of a MAC: no key makes it


def vouch(key: bytes, table: str, *facts: object) -> bytes:
    """HMAC-SHA-256(row key, table | facts), every part length-prefixed; 32 bytes."""
    return hmac.digest(key, canonical(table, *facts), hashlib.sha256)


def vouched(mac: bytes | None, key: bytes, table: str, *facts: object) -> bool:
    """Whether the row still says what it said when it was written."""
    return isinstance(mac, bytes) and hmac.compare_digest(mac, vouch(key, table, *facts))


def retired(mac: bytes) -> bytes:
    """The MAC of a row that ended, where what it says is still shown: SHA-256 of the earlier one, which nobody finds again."""
    return hashlib.sha256(b"retired" + mac).digest()
