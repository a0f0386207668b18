"""Pages of plugins, below /x/<plugin>/: for programs, as JSON or plain text, behind the limits, headers and errors of all others.

They are nobody's session: cookies do not reach them, so no page of another site can speak for anybody there.
"""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, Response, g, has_request_context, request

from securemsg.desk import Desk
from securemsg.desk.access import SCOPES
from securemsg.desk.plugin_clinics import Caller, PluginClinics
from securemsg.errors import Error, Forbidden, Misconfigured, Missing, Unavailable
from securemsg.http import headers, problems
from securemsg.http.limits import spend
from securemsg.http.system import door
from securemsg.registry import guard

VIEW_SECONDS = 2.0
_PLAIN = re.compile(r"application/(.+\+)?json|text/(plain|csv|calendar)|application/(octet-stream|pdf)|")
_OWN_HEADERS = ("Content-Type", "Content-Length", "Content-Disposition", "Content-Language", "ETag", "Last-Modified", "Link",
                "Location", "Retry-After", "Allow", "WWW-Authenticate", "RateLimit", "RateLimit-Policy")
_OF_ALL = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs", "url_value_preprocessors",
           "url_default_functions", "template_context_processors", "error_handler_spec")
_log = logging.getLogger("securemsg")
View = Callable[..., Any]


def init(app: Flask, desk: Desk) -> None:
    """Add the pages of every plugin that has some. Misconfigured when one reaches for more than its own addresses."""
    for plugin, blueprints in desk.registry.declared("blueprints", lambda plugin: {"desk": PluginClinics(desk, plugin, _caller)}):
        before, known = _of_all_pages(app), set(app.view_functions)
        app.register_blueprint(_around(plugin, blueprints))
        if _of_all_pages(app) != before:
            raise Misconfigured(f"The hook blueprints of the plugin {plugin} changes the pages of others: a blueprint may have "
                                "no before_app_request, app_errorhandler and the like.")
        for endpoint in set(app.view_functions) - known:
            app.view_functions[endpoint] = _in_time(app.view_functions[endpoint])


def requires(scope: str) -> Callable[[View], View]:
    """For a view of a plugin: only for systems whose token has that scope. The clinic's short name is its first argument."""
    if scope not in SCOPES:
        raise ValueError(f"there is no scope {scope!r}; there are {', '.join(SCOPES)}")

    def decorate(view: View) -> View:
        @wraps(view)
        def asked(*arguments: Any, **values: Any) -> Any:
            found = door.holder(scope)
            return view(found.home.slug, *arguments, **values)

        return asked

    return decorate


def _around(plugin: str, blueprints: tuple[Blueprint, ...]) -> Blueprint:
    """A blueprint around those of the plugin: what it does comes first before a request, and last after it."""
    outer = Blueprint(f"x_{plugin}", __name__, url_prefix=f"/x/{plugin}")
    outer.before_request(_begin)
    outer.after_request(_check)
    outer.register_error_handler(Missing, door.nothing_there)
    outer.register_error_handler(Forbidden, door.not_allowed)
    for blueprint in blueprints:
        outer.register_blueprint(blueprint)
    return outer


def _caller() -> Caller:
    """Whose token `requires` let in, if it was asked; the page without what stands in its address."""
    if not has_request_context():  # at the start
        return Caller()
    who = g.caller.who if "caller" in g else None
    return Caller(who, f"{request.method} {request.url_rule}", g.request_id)


def _begin() -> None:
    headers.surface("plugin")
    request.environ.pop("HTTP_COOKIE", None)
    vars(request).pop("cookies", None)  # as they may have been read already, for the language
    spend("plugin")


def _check(response: Response) -> Response:
    """Nothing that a browser draws or runs, and no header that undoes ours."""
    if not _PLAIN.fullmatch(response.mimetype or ""):
        _log.error("a plugin answered with what a browser would draw", extra={"route": str(request.url_rule)})
        response = problems.answer(Error())
    for name in {name for name, _ in response.headers if name not in _OWN_HEADERS}:
        del response.headers[name]
    return response


def _in_time(view: View) -> View:
    @wraps(view)
    def limited(**values: Any) -> Any:
        try:
            return guard.within(VIEW_SECONDS, lambda: view(**values))
        except (guard.Overdue, SystemExit, KeyboardInterrupt) as error:
            _log.error("an answer failed", extra={"error": type(error).__name__, "route": str(request.url_rule),
                                                  "request_id": g.get("request_id")})
            raise Unavailable("This did not work just now. Please try again in a moment.", retry_after_seconds=5) from error

    return limited


def _of_all_pages(app: Flask) -> list[str]:
    """How what concerns all pages stands."""
    return [repr(getattr(app, name).get(None)) for name in _OF_ALL]
