"""The serving application's engine and its pool, as Flask-SQLAlchemy makes them over the store's tables.

Commands take SQLAlchemy's own, so that none loads Flask; the rows are read and written by the store's hand in both.
"""

from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine

from securemsg import store
from securemsg.settings import Settings
from securemsg.store import Database
from securemsg.store.tables import metadata

db = SQLAlchemy(metadata=metadata)


def connect(settings: Settings) -> Database:
    """As the store connects, with this engine."""
    return store.connect(settings, _engine)


def _engine(url: str, **options: Any) -> Engine:
    holder = Flask("securemsg.store")
    holder.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=options)
    db.init_app(holder)
    with holder.app_context():
        return db.engine
