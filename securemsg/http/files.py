"""Files as they lie in static/, packed for who takes gzip. They are public: no answer with a secret is ever packed (BREACH)."""

import gzip
import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from flask import request
from werkzeug import Response
from werkzeug.security import safe_join

from securemsg.errors import Missing
from securemsg.http.headers import surface
from securemsg.http.pages import STATIC

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes in one encoding, and the entity tag of just these (RFC 9110, 8.8.3.3)."""

    content: bytes = field(repr=False)
    mimetype: str
    etag: str
    encoding: str | None


def static(filename: str) -> Response:
    """Files under /static carry a hash in their address; they are public and may be kept."""
    surface("asset")
    return answered(filename)


def answered(name: str) -> Response:
    """200 with the file as this reader takes it, 304 when the reader has just that; Missing when there is none."""
    path = safe_join(str(STATIC), name)
    try:
        found = Path(path or "").stat()
        file = _opened(path or "", found.st_mtime_ns, request.accept_encodings["gzip"] > 0)
    except (OSError, ValueError):  # no file, a folder, no name of either
        raise Missing from None
    answer = Response(file.content, mimetype=file.mimetype)
    answer.set_etag(file.etag)
    if file.encoding:
        answer.content_encoding = file.encoding
    return answer.make_conditional(request, accept_ranges=True, complete_length=len(file.content))


@lru_cache(maxsize=256)
def _opened(path: str, changed_ns: int, packed: bool) -> File:
    """Read and packed once; `changed_ns` makes it another file when it is built anew."""
    content, mimetype = Path(path).read_bytes(), _TYPES.get(Path(path).suffix, "application/octet-stream")
    etag, small = hashlib.sha256(content).hexdigest()[:20], gzip.compress(content, 9, mtime=0)
    if packed and len(small) < len(content):
        return File(small, mimetype, f"{etag}-gzip", "gzip")
    return File(content, mimetype, etag, None)
