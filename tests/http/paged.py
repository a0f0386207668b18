"""A plugin with pages of every kind: good ones, ones that fail, and ones that try what is not theirs to do."""

from flask import Blueprint, Response, request
from marshmallow import Schema, fields

from securemsg import Refused, hookimpl, requires

notes = Blueprint("notes", __name__, url_prefix="/notes")


class Note(Schema):
    text = fields.String(required=True)


@hookimpl
def personal_data():
    return []


@notes.get("/")
def everything():
    return {"notes": [], "cookies": len(request.cookies), "cookie": request.headers.get("Cookie")}


@notes.post("/")
def add():
    if not (request.get_json(silent=True) or {}).get("text"):
        raise Refused("A note has a text.", errors={"text": ["It is missing."]})
    return {"added": True}, 201


@notes.get("/plain")
def plain():
    return Response("BEGIN", mimetype="text/calendar", headers={
        "Set-Cookie": "securemsg_staff=stolen", "Access-Control-Allow-Origin": "*", "Content-Security-Policy": "default-src *",
        "Refresh": "0", "ETag": '"7"'})


@notes.get("/wrong/<how>")
def wrong(how: str):
    def loops():
        while True:
            pass

    ways = {"html": lambda: "<script>alert(1)</script>", "svg": lambda: Response("<svg/>", mimetype="image/svg+xml"),
            "script": lambda: Response("alert(1)", mimetype="text/javascript"), "raises": lambda: 1 / 0, "loops": loops,
            "exits": lambda: exit(1), "nothing": lambda: None}
    return ways[how]()


@hookimpl
def blueprints(desk):
    systems = Blueprint("systems", __name__)

    @systems.get("/clinic")
    @requires("conversations:read")
    def of_token(slug):
        return {"clinic": slug, "name": desk.at(slug, lambda here: here.clinic.name)}

    return [notes, systems]
