"""The cookies that browsers keep for a clinic: a visitor's, staff's, and by which a browser is known at the staff door."""

from datetime import timedelta

from flask import request
from werkzeug import Response

from securemsg.desk import visits
from securemsg.desk.door.devices import DAYS, Browser
from securemsg.http.browsers import kind_of
from securemsg.http.here import desk

EMBEDDED = "cross-site"  # how Fetch Metadata names a frame on another site than its page
_DEVICES = 8  # people who share a computer


def name(kind: str, slug: str) -> str:
    """Of a visitor's, staff, device or away: one for each clinic; on plain http, so on this computer, one for each port too."""
    settings = desk().settings
    return f"__Host-securemsg_{kind}_{slug}" if settings.https else f"securemsg_{kind}_{slug}_{settings.port}"


def held(kind: str, slug: str) -> str:
    """What this request's cookie holds; "" without one."""
    return request.cookies.get(name(kind, slug), "")


def keep_visitor(response: Response, slug: str, token: str, *, embedded: bool) -> None:
    """Set the visitor's cookie. In a frame on another site only a partitioned one is sent back (CHIPS)."""
    response.set_cookie(name("visitor", slug), token, max_age=timedelta(days=visits.SESSION_DAYS), path="/", httponly=True,
                        secure=desk().settings.https or embedded, samesite="None" if embedded else "Lax", partitioned=embedded)


def forget_visitor(response: Response, slug: str) -> None:
    """In whichever of the two ways it was set."""
    for embedded in (True, False):
        response.set_cookie(name("visitor", slug), "", max_age=0, path="/", httponly=True, partitioned=embedded,
                            secure=desk().settings.https or embedded, samesite="None" if embedded else "Lax")


def keep_staff(response: Response, slug: str, token: str) -> None:
    """Lax, not Strict: a sign-in that returns from elsewhere must find it. Unsafe methods are guarded by `auth.same_origin`."""
    response.set_cookie(name("staff", slug), token, path="/", httponly=True, secure=desk().settings.https, samesite="Lax")


def forget_staff(response: Response, slug: str) -> None:
    response.delete_cookie(name("staff", slug), path="/", httponly=True, secure=desk().settings.https, samesite="Lax")


def browser(slug: str) -> Browser:
    """What the caller's browser shows at the staff door: the secrets it keeps for this clinic, and what it is."""
    secrets = tuple(secret for secret in held("device", slug).split(".")[:_DEVICES] if len(secret) == 43)
    return Browser(secrets, kind_of(request.headers.get("User-Agent", "")))


def keep_device(response: Response, slug: str, known: Browser, secret: str) -> None:
    """The browser is known from now on, for all who share it; each sign-in prolongs this."""
    kept = ".".join(((secret,) if secret else ()) + known.secrets[:_DEVICES - 1 if secret else _DEVICES])
    response.set_cookie(name("device", slug), kept, max_age=timedelta(days=DAYS), path="/", httponly=True,
                        secure=desk().settings.https, samesite="Lax")
