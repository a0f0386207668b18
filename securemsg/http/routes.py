"""All routes: the blueprints, and what lies beside them."""

from flask import Flask

from securemsg.http import (
    contact,
    contact_forms,
    documentation,
    door,
    elsewhere,
    erasing,
    files,
    frame,
    glass,
    health,
    measures,
    oversight,
    overview,
    owner,
    owner_plugins,
    owner_sign_in,
    passkeys,
    people,
    places,
    pools,
    records,
    returning,
    search,
    sending_on,
    sessions,
    staff,
    step_up,
    system,
    templates,
    tools,
    unsent,
    visitor,
)

PARTS = (
    visitor, frame, contact, contact_forms, returning, places, erasing, door, passkeys, elsewhere, step_up, staff, sending_on,
    unsent, tools, templates, glass, oversight, search, sessions, owner, people, pools, overview, records, owner_sign_in,
    owner_plugins, health, measures, documentation, system)


def bare() -> Flask:
    """An application without anything behind it: enough to know what there is at which address."""
    app = Flask("securemsg", static_folder=None)
    register(app)
    return app


def register(app: Flask) -> None:
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    app.add_url_rule("/static/<path:filename>", "static", files.static)
