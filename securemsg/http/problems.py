"""Errors as people and programs get them: RFC 9457 problems as JSON, or a page, by who asks."""

import logging

import orjson
from flask import Flask, Response, g, render_template, request
from flask.globals import request_ctx
from werkzeug.exceptions import ClientDisconnected, HTTPException

from securemsg import errors, logs
from securemsg.desk.clinics import clinic
from securemsg.errors import Error
from securemsg.http.here import desk
from securemsg.http.languages import here, told
from securemsg.metrics import Counter
from securemsg.words import say

PROBLEMS = Counter("securemsg_problems_total", "Errors answered: unavailable and storage-full are the database's.", "type")
PROBLEM_JSON = "application/problem+json"
_NO_ROOM = say("There is no room left, so nothing was stored. Whoever runs this service has to make room on its disk.")
_log = logging.getLogger("securemsg")
_TAKE_TEXT = ("contact", "staff", "unsent", "templates", "tools")
_BY_STATUS = {400: errors.BadRequest, 404: errors.Missing, 405: errors.WrongMethod, 413: errors.TooLarge, 415: errors.WrongType}


def init(app: Flask) -> None:
    """Answer every error with its sentence."""
    app.register_error_handler(Error, answer)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _unexpected)


def answer(error: Error) -> Response:
    """A page for browsers that asked for one, a problem for everybody else."""
    if isinstance(error, errors.Misconfigured):
        _log.error("something does not fit any more", extra={"sentence": error.detail})
        error = errors.Unavailable(retry_after_seconds=60)
    if isinstance(error, errors.Full) and request.path.startswith(("/staff/", "/api/v1")):
        error.detail = _NO_ROOM  # of the clinic itself, which need not call itself
    PROBLEMS.add(error.type)
    response = _page(error) if wants_page() else _problem(error)
    response.status_code = error.status
    if error.retry_after_seconds:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def wants_page() -> bool:
    """Whether a person looks at the answer."""
    if request_ctx.url_adapter is None or request.path.startswith(("/v1/", "/api/", "/x/")):
        return False  # under a host name that is not ours no page can be drawn: its files have no address
    return request.accept_mimetypes.best_match([PROBLEM_JSON, "text/html"]) == "text/html"


def type_url(error: Error | type[Error], public_url: str) -> str:
    """A problem's `type`: the address of the page about it (documentation.py)."""
    return f"{public_url}/problems/{error.type}"


def _problem(error: Error) -> Response:
    body = {"type": type_url(error, desk().settings.public_url), "title": told(error.title), "status": error.status,
            "detail": told(error.detail), "instance": f"urn:uuid:{g.get('request_id', '')}"}
    body |= error.members
    if error.errors:
        body["errors"] = {name: [told(text) for text in texts] for name, texts in error.errors.items()}
    asks = {"WWW-Authenticate": 'Bearer realm="securemsg"'} if error.status == 401 else {}  # RFC 9110, 15.5.2: with every 401
    return Response(orjson.dumps(body), headers=asks, mimetype=PROBLEM_JSON)


def _page(error: Error) -> Response:
    return Response(render_template("problem.html", status=error.status, title=told(error.title), detail=told(error.detail),
                                    card=_card(), kept=_kept(error)), mimetype="text/html")


def _card() -> dict | None:
    """The clinic's phone and emergency number belong on an error page too, when they can still be read."""
    slug = (request.view_args or {}).get("slug")
    try:
        home = clinic(desk(), slug) if slug else None
        return {**home.card(here().code), "slug": slug, "locale": home.locale} if home else None
    except Exception:  # whatever is wrong now, this answer is about the error before it
        return None


def _kept(error: Error) -> dict | None:
    """A text that could not be taken, to be sent again from the page that says so; but nothing of another site's, and not what
    was typed for another conversation than the one it came to (stale.py)."""
    if isinstance(error, errors.Forbidden) or request.blueprint == "tools" or (
            request.blueprint != "contact" and isinstance(error, errors.Conflict)):
        return None
    text, rest = typed()
    return {"action": request.full_path.rstrip("?"), "text": text, "rest": rest} if text.strip() else None


def typed() -> tuple[str, dict[str, str]]:
    """The text of the form that came, of a visitor or of staff, and its other fields; an empty text where there is none."""
    if request.method != "POST" or request.blueprint not in _TAKE_TEXT:
        return "", {}
    try:
        rest = request.form.to_dict()
    except Exception:  # no form that can be read
        return "", {}
    if request.blueprint == "tools":  # a plugin's form asks several things
        rest["text"] = "\n\n".join(text for name, text in rest.items() if name.startswith("data.") and text.strip())
    return rest.pop("text", ""), rest


def _from_http(error: HTTPException) -> Response:
    if isinstance(error, ClientDisconnected) and isinstance(error.__context__, TimeoutError):
        return answer(errors.TooSlow())  # half a body came, and then its deadline (deadlines.py)
    status = error.code or 500
    found = _BY_STATUS.get(status, Error if status >= 500 else errors.BadRequest)()
    found.status = status
    response = answer(found)
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def _unexpected(error: Exception) -> Response:
    """A fault of ours: type and place go to the log, never a value, since a value may be somebody's words."""
    _log.error("an answer failed", extra={"error": type(error).__name__, "place": logs.place(error.__traceback__),
                                          "request_id": g.get("request_id")})
    return answer(Error())
