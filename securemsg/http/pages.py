"""What pages need beside their words: filters, hashed addresses of files, form keys, entries of a transcript."""

import hashlib
import json
import secrets
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from flask import Flask, g, render_template, url_for
from markupsafe import Markup
from werkzeug import Response

from securemsg import times, words
from securemsg.desk.thread import REMOVED
from securemsg.errors import BadRequest, Error, Reused
from securemsg.http import browsers, languages, script_words
from securemsg.http.here import desk
from securemsg.times import DAY, HOUR, MINUTE, rfc3339
from securemsg.words import say

INCOMPLETE = say("This form was incomplete. Please go back, reload the page and try again.")
_DIGITS = 17  # a moment in microseconds has 16; fits the databases' 64 bits and the 48 of a UUIDv7's milliseconds
STATIC = Path(__file__).parent.parent / "static"
_hashes: dict[str, str] = {}


def init(app: Flask) -> None:
    """Filters and names the templates use."""
    app.jinja_env.filters.update(moment=moment, day=day, clock=clock, ago=ago, device=browsers.shown, iso=rfc3339)
    app.jinja_env.globals.update(asset=asset, form_key=new_form_key, say=languages.say, languages=languages.menu,
                                 script_words=script_words.words)
    app.context_processor(lambda: {"now": desk().clock(), "lang": languages.here().code, "dir": languages.here().dir})


def page(template: str, status: int = 200, **context: object) -> Response:
    return Response(render_template(template, **context), status, mimetype="text/html")


def again(response: Response, error: Error) -> Response:
    """The same page once more, with what was typed, under the error's status."""
    response.status_code = error.status
    if error.retry_after_seconds:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def kept(form, error: Error) -> dict[str, str]:
    """What was typed, for the page that comes again; without its key when that was used for other words already."""
    return {name: text for name, text in form.items() if name != "key" or not isinstance(error, Reused)}


def told(error: Error) -> dict[str, list[str]]:
    """The sentences by the names of the fields, in the page's language; "" for what belongs to none."""
    if isinstance(error, Reused):  # somebody went back, changed the words and sent them: no fault of theirs
        return {"": [languages.say("Your earlier message was sent. Press Send again to send this one too.")]}
    return {name: [languages.told(text) for text in texts] for name, texts in (error.errors or {"": [error.detail]}).items()}


def moment(at: int, timezone: str) -> str:
    """`Sat 21 Nov, 14:05`, with the year when it is another one; in other languages as they write it."""
    here, with_year = _there(at, timezone)
    if (language := languages.here().code) != "en":
        return words.moment(here, language, with_year=with_year)
    return f"{_english_day(here, with_year)}, {here:%H:%M}"


def day(at: int, timezone: str) -> str:
    """`Sat 21 Nov`: the day of that moment alone."""
    here, with_year = _there(at, timezone)
    language = languages.here().code
    return _english_day(here, with_year) if language == "en" else words.day(here, language, with_year=with_year)


def clock(at: int, timezone: str) -> str:
    """`14:05`: the time of that moment alone."""
    here, language = _there(at, timezone)[0], languages.here().code
    return f"{here:%H:%M}" if language == "en" else words.clock(here, language)


def _there(at: int, timezone: str) -> tuple[datetime, bool]:
    """The moment in the clinic's zone, and whether it is in another year than now."""
    here, today = (times.moment(each, ZoneInfo(timezone)) for each in (at, desk().clock()))
    return here, here.year != today.year


def _english_day(here: datetime, with_year: bool) -> str:
    return here.strftime("%a %-d %b %Y" if with_year else "%a %-d %b")


def ago(at: int) -> str:
    """How long somebody has waited: `now`, `12 min`, `3 h`, `4 days`."""
    waited = max(0, desk().clock() - at)
    if waited < MINUTE:
        return languages.say("now")
    if waited < HOUR:
        return languages.say("{count} min", count=waited // MINUTE)
    if waited < 2 * DAY:
        return languages.say("{count} h", count=waited // HOUR)
    return languages.say("{count} days", count=waited // DAY)


def asset(name: str) -> str:
    """The address of a file, with its hash: it may be kept for a year."""
    built = manifest().get(name)
    if built:
        return url_for("static", filename=f"widget/{built}")
    if name not in _hashes:
        _hashes[name] = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return url_for("static", filename=name, v=_hashes[name])


def manifest() -> dict[str, str]:
    """Names of the built files; the build writes it, an unbuilt checkout has none."""
    if "manifest" not in g:
        path = STATIC / "widget" / "manifest.json"
        g.manifest = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return g.manifest


def new_form_key() -> str:
    """A fresh idempotency key for a form (128 random bits)."""
    return secrets.token_urlsafe(16)


def form_key(form, name: str = "key") -> str:
    """The key a form was sent with; a form of two buttons has one for each."""
    key = form.get(name, "")
    if not 16 <= len(key) <= 128:
        raise BadRequest(INCOMPLETE)
    return key


def form_id(form, name: str) -> str:
    """An id that a form names; BadRequest where there is none."""
    try:
        return str(UUID(form.get(name, "")))
    except ValueError:
        raise BadRequest(INCOMPLETE) from None


def whole_number(text: str) -> int | None:
    """The number in an address or a form, or None: anybody can type there what no page wrote (`²` is a digit to Python)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def typed(form, name: str) -> str:
    """A text area's content: browsers send its line ends as CR LF."""
    return form.get(name, "").replace("\r\n", "\n")


def json_in_html(value: object) -> Markup:
    """JSON for a data block: no character in it can end the block."""
    text = orjson.dumps(value).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def entries(messages: list, people: dict, me: str | None = None) -> list[dict]:
    """A transcript's lines as the templates draw them."""
    return [_entry(message, people, me) for message in messages]


def _said(message) -> str | None:
    """Its words; of one whose content was erased, that it was."""
    return languages.say("This message was removed.") if message.kind == REMOVED else (message.data or {}).get("text")


def _entry(message, people: dict, me: str | None) -> dict:
    data = message.data or {}
    author = people.get(message.author_id)
    name, role = author and author.name, author and author.title
    if message.kind == "system.claimed":
        name, role = data.get("name"), data.get("role")
    kind = "system" if message.author_kind == "system" and message.verified else "message"  # else it would hide what it was
    return {"id": message.id or f"gone-{message.seq}", "seq": message.seq, "type": kind, "author_kind": message.author_kind,
            "author": name, "role": role, "mine": me is not None and message.author_id == me, "at": message.received_at,
            "text": _said(message), "verified": message.verified, "seen_at": None, "kind": message.kind,
            "by_visitor": data.get("by") == "visitor"}
