"""Forms as our own pages send them, or a sentence that says why not: nothing is guessed, dropped or stored half read."""

import re
from urllib.parse import unquote_to_bytes

import flask

from securemsg.errors import BadRequest, TooLarge, WrongType
from securemsg.words import say

MOST_FIELDS = 1_000  # the owner's page with 300 topics
_FORM = "application/x-www-form-urlencoded"
_ODD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Request(flask.Request):
    """A request whose `form` is what was sent. Werkzeug takes what is no UTF-8 for other text, or for no form at all, and keeps
    the parts of a multipart one in files."""

    def _load_form_data(self) -> None:
        if "form" not in self.__dict__ and (raw := self.get_data()):
            if self.mimetype != _FORM or self.content_encoding:
                raise WrongType(say("Please send this form as {type} in UTF-8.", type=_FORM))
            _check(raw)
        super()._load_form_data()


def _check(raw: bytes) -> None:
    if raw.count(b"&") >= MOST_FIELDS:
        raise TooLarge
    try:
        unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest(say("This form holds text that is not in UTF-8.")) from None
    if _ODD_PERCENT.search(raw):
        raise BadRequest(say("This form holds a % that stands for nothing."))
