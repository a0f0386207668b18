"""Whether the process lives, whether it can work, and what this address is."""

from flask import Blueprint, request, send_from_directory
from werkzeug import Response

from securemsg.crypto.keyring import SERVICE
from securemsg.errors import Unavailable
from securemsg.http import pages, schemas
from securemsg.http.headers import surface
from securemsg.http.here import desk
from securemsg.store import clinics

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    return schemas.answer({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> Response:
    """The database answers and the service's keys are open; 503 otherwise, by the database's own error."""
    here = desk()
    if not here.database.read(clinics.any_keys):
        raise Unavailable("There are no keys in the database.")
    here.keys.active(SERVICE, "audit")
    return schemas.answer({"status": "ready"})


@blueprint.get("/widget.js")
def loader() -> Response:
    """The loader under its stable address; asked again after five minutes, and then mostly unchanged (ETag)."""
    surface("loader")
    answer = send_from_directory(pages.STATIC / "widget", "widget.js", mimetype="text/javascript", max_age=300)
    return answer.make_conditional(request)


@blueprint.get("/")
def home() -> Response:
    return pages.page("service.html")
