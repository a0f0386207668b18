"""Where the next page of a list begins, as a text that its reader brings back: nobody can make or alter one, or use it elsewhere.

Format: `c1_<base64url of MAC (16 bytes) | position (JSON)>`. The MAC covers what list it is a place in.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import orjson

from securemsg.crypto.canonical import canonical
from securemsg.errors import BadRequest

_PREFIX = "c1_"
_MAC_BYTES = 16  # 128 bits of HMAC-SHA-256: a guess costs a request
_LONGEST = 512  # characters


def made(key: bytes, about: tuple[object, ...], position: list[object]) -> str:
    """A cursor for this list; `about` are the facts that make it this one: clinic, route, filter, sort."""
    told = orjson.dumps(position)
    return _PREFIX + urlsafe_b64encode(_mac(key, about, told) + told).decode().rstrip("=")


def read(key: bytes, about: tuple[object, ...], cursor: str) -> list:
    """The position again; BadRequest with a sentence for a cursor of another list, or of nobody's making."""
    text = cursor.removeprefix(_PREFIX)
    if not cursor.startswith(_PREFIX) or len(cursor) > _LONGEST or not text.isascii():
        raise _strange()
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise _strange() from None
    mac, told = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, about, told)) or cursor != made(key, about, orjson.loads(told)):
        raise _strange()  # the second: one position has one text, without padding or other letters in between
    return orjson.loads(told)


def _mac(key: bytes, about: tuple[object, ...], told: bytes) -> bytes:
    return hmac.digest(key, canonical("cursor", *about, told), hashlib.sha256)[:_MAC_BYTES]


def _strange() -> BadRequest:
    return BadRequest("This cursor belongs to no page of this list: begin without one, and follow `next` with the same filter and"
                      " sort.")
