"""The factory: settings, store and keys, blueprints, headers, in that order."""

from contextlib import suppress

from flask import Flask

from securemsg import standby
from securemsg.desk import Desk, open_desk, plugin_settings
from securemsg.errors import Unavailable, Unusable
from securemsg.http import budgets, forms, headers, pages, plugins, problems, resources, routes, schemas, watch
from securemsg.http.engine import connect
from securemsg.settings import Settings, load
from securemsg.store import modernize
from securemsg.store.sqlite import Sqlite, claim
from securemsg.words import moments

_SAY_UNTIL_WHEN = ("availability", "notices")  # hooks


def create_app(settings: Settings | None = None, desk: Desk | None = None) -> Flask:
    """The WSGI application. Raises Misconfigured with a sentence when settings, keys or database do not fit."""
    settings = settings or load()
    app = Flask("securemsg", root_path=str(pages.STATIC.parent), static_folder=None)
    app.request_class = forms.Request
    app.config.update(MAX_CONTENT_LENGTH=schemas.LARGEST_FORM, TRUSTED_HOSTS=settings.hosts)
    app.extensions["securemsg"] = desk or open_desk(settings, connect=connect)
    watch.init(app)
    headers.init(app, settings)
    problems.init(app)
    budgets.init(app)
    pages.init(app)
    routes.register(app)
    resources.init(app, app.extensions["securemsg"].registry)
    plugins.init(app, app.extensions["securemsg"])
    if any(map(app.extensions["securemsg"].registry.listeners, _SAY_UNTIL_WHEN)):
        moments.load()
    return app


def serve() -> Flask:
    """What gunicorn loads: the application of the one process that may serve this database."""
    settings = load()
    try:
        app = create_app(settings, open_desk(settings, tables=modernize, connect=connect))
    except (Unavailable, Unusable):  # `securemsg serve` has looked before; so it went away since
        app = create_app(settings, standby.desk(settings))
    with suppress(Unavailable):  # then whoever comes first waits a moment
        plugin_settings.warm(app.extensions["securemsg"])
    database = app.extensions["securemsg"].database
    if isinstance(database, Sqlite):
        app.extensions["securemsg.claim"] = claim(database)
    return app
