"""Whether the process lives (/healthz asks nobody else), whether it can work, and what this address is."""

from flask import Blueprint
from werkzeug import Response

from securemsg.crypto.keyring import SERVICE
from securemsg.desk import Desk
from securemsg.errors import Error, Unavailable
from securemsg.http import files, pages, schemas
from securemsg.http.headers import surface
from securemsg.http.here import desk
from securemsg.store import clinics
from securemsg.store.migrate import can_write, revision, revisions

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    return schemas.answer({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether to send people here: the first part that does not work is named, with 503."""
    for part, check in _PARTS:
        try:
            check(desk())
        except Exception as error:  # whatever it is, its words are not for everybody
            told = "" if isinstance(error, Error) else f" ({type(error).__name__})"
            raise Unavailable(f"Not ready: {part}{told}. Please try again in a moment.", retry_after_seconds=5,
                              members={"part": part}) from error
    return schemas.answer({"status": "ready"})


def _is_staying(here: Desk) -> None:
    if here.live.ended:
        raise Unavailable


def _is_open(here: Desk) -> None:
    if not here.keys.is_open:
        raise Unavailable


def _is_current(here: Desk) -> None:
    """Tables of a newer program will do: while nodes are replaced one by one, old ones serve on."""
    if here.database.read(revision) < revisions()[-1]:
        raise Unavailable


_PARTS = (
    ("the service is ending", _is_staying),
    ("the holder of the root key does not answer", _is_open),
    ("the database does not answer", lambda here: here.database.read(clinics.any_keys)),
    ("the tables are not up to date", _is_current),
    ("the keys are not open", lambda here: here.keys.active(SERVICE, "audit")),
    ("nothing can be stored", lambda here: here.database.write(can_write)))


@blueprint.get("/widget.js")
def loader() -> Response:
    """The loader under its stable address; asked again after five minutes, and then mostly unchanged (ETag)."""
    surface("loader")
    return files.answered("widget/widget.js")


@blueprint.get("/")
def home() -> Response:
    return pages.page("service.html")
