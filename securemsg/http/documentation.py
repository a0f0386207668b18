"""The API's description for programs and for people, and what each problem means."""

import orjson
from flask import Blueprint, current_app, request
from werkzeug import Response

from securemsg.errors import Missing
from securemsg.http import pages, schemas, shapes
from securemsg.http.explained import EXPLAINED, by_type
from securemsg.http.here import desk
from securemsg.http.introduction import SECTIONS
from securemsg.http.operations import ANYBODY, Given, operation
from securemsg.http.problems import type_url
from securemsg.http.reference import coded, groups

blueprint = Blueprint("documentation", __name__)
blueprint.add_app_template_filter(coded)


@blueprint.before_request
def read() -> None:
    """A body that breaks off ends the connection, and a long answer with it: so it is looked for first."""
    request.get_data(cache=False)


@blueprint.get("/api/v1/openapi.json")
@operation("This description", "description", ANYBODY, gives=Given(200, "An OpenAPI 3.1 document.", schema=shapes.DOCUMENT))
def openapi() -> Response:
    """`securemsg openapi` prints the same."""
    return Response(_document(), mimetype="application/json")


@blueprint.get("/api/v1/")
def reference() -> Response:
    """The document for people."""
    document = orjson.loads(_document())
    sections = [(title, [coded(text) for text in paragraphs]) for title, paragraphs in SECTIONS]
    return pages.page("api.html", groups=groups(document), sections=sections, url=document["servers"][0]["url"],
                      version=document["info"]["version"])


@blueprint.get("/problems/")
def problems() -> Response:
    return pages.page("problems.html", problems=[(error, EXPLAINED[error]) for error in by_type().values()])


@blueprint.get("/problems/<type>")
def problem(type: str) -> Response:
    """Where `type` of a problem leads: a page, or the same as JSON for who asks for that."""
    error = by_type().get(type)
    if error is None:
        raise Missing
    told, url = EXPLAINED[error], type_url(error, desk().settings.public_url)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "text/html":
        return pages.page("problem_type.html", error=error, told=told, url=url)
    return schemas.answer({"type": url, "title": error.title, "status": error.status, "detail": error.detail, "means": told.means,
                           "when": told.when, "do": told.do, "members": dict(told.members)})


def _document() -> bytes:
    """Written once: what it says changes with the program and its settings only."""
    known = current_app.extensions
    if "securemsg.openapi" not in known:
        from securemsg.http import openapi  # apispec is loaded by who asks for the document, not by every start

        known["securemsg.openapi"] = openapi.written(current_app, desk().settings.public_url, desk().registry.kinds)
    return known["securemsg.openapi"]
