"""Response headers as one table by surface; a surface is a kind of page, not a path."""

from functools import lru_cache

from flask import Flask, Response, g

from securemsg.settings import Settings
from securemsg.store.ids import new_id

_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_TRUSTED = "require-trusted-types-for 'script'; trusted-types"
_PAGE = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:;"
         f" form-action 'self'; base-uri 'none'; frame-ancestors 'none'; {_TRUSTED} 'none'")
# Its one policy gives the address of the worker that solves a proof of work, whatever it is asked for; it makes no markup.
_FRAME = ("default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:;"
          f" form-action 'self'; base-uri 'none'; frame-ancestors {{origins}}; {_TRUSTED} securemsg-solver")

SURFACES = {
    # surface: (Content-Security-Policy, Referrer-Policy, Cross-Origin-Resource-Policy, Cache-Control, Vary)
    "api": (_NOTHING, "no-referrer", "same-origin", "no-store", "Accept, Accept-Language, Authorization, Cookie"),
    "plugin": (f"{_NOTHING}; sandbox", "no-referrer", "same-origin", "no-store", "Accept, Authorization"),
    "page": (_PAGE, "same-origin", "same-origin", "no-store", "Accept, Accept-Language, Cookie"),
    "frame": (_FRAME, "same-origin", "cross-origin", "no-store", "Accept-Language, Cookie, Sec-Fetch-Site"),
    "list": (_NOTHING, "no-referrer", "same-origin", "no-cache", "Accept-Language"),  # kept, and never shown without asking again
    "loader": (_NOTHING, "no-referrer", "cross-origin", "public, max-age=300", "Accept-Encoding"),
    "asset": (_NOTHING, "no-referrer", "same-origin", "public, max-age=31536000, immutable", "Accept-Encoding"),
}
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
}
_HSTS = "max-age=63072000; includeSubDomains"


def init(app: Flask, settings: Settings) -> None:
    """Number each request, and dress each answer, errors included."""
    app.before_request(_number)
    app.after_request(lambda response: _dress(response, settings))


def surface(name: str, origins: tuple[str, ...] = ()) -> None:
    """Say what kind of page this answer is; without a word it is "api", or "page" when it is HTML."""
    g.surface, g.origins = name, origins


def _number() -> None:
    g.request_id = new_id()


def _dress(response: Response, settings: Settings) -> Response:
    name = g.get("surface") or ("page" if response.mimetype == "text/html" else "api")
    if response.status_code >= 400 and name in ("asset", "loader", "list", "frame"):
        name = "page" if response.mimetype == "text/html" else "api"
    response.headers.pop("Cache-Control", None)
    if "language" in g and name in ("api", "page", "frame", "list"):
        response.headers["Content-Language"] = g.language.code
    response.headers.extend(worn(name, g.get("origins", ()), settings.https))
    for name, (policy, left, seconds) in g.get("limits", {}).items():
        response.headers.add("RateLimit-Policy", policy)
        response.headers.add("RateLimit", f'"{name}";r={left};t={seconds}')
    return response


@lru_cache(maxsize=256)
def worn(name: str, origins: tuple[str, ...], https: bool) -> tuple[tuple[str, str], ...]:
    """All headers of a surface as names and values, put together once."""
    policy, referrer, resource, cache, vary = SURFACES[name]
    worn = _ALWAYS | {
        "Content-Security-Policy": policy.replace("{origins}", " ".join(origins) or "'none'"), "Referrer-Policy": referrer,
        "Cross-Origin-Resource-Policy": resource, "Cache-Control": cache}
    if name in ("frame", "asset"):  # a page that isolates itself takes no frame without it, and the frame no worker
        worn["Cross-Origin-Embedder-Policy"] = "require-corp"
    if name == "frame":
        del worn["Cross-Origin-Opener-Policy"]  # the full window is opened by the frame
    if vary:
        worn["Vary"] = vary
    if https:
        worn["Strict-Transport-Security"] = _HSTS
    return tuple(worn.items())
