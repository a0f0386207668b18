"""What the service is compared with: the least that Flask can do, and one row stored the way most people would."""

import os

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column

db = SQLAlchemy()


class Note(db.Model):  # type: ignore[name-defined, misc]
    """One message as it came: no key, no audit row, no limit."""

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


def hello() -> Flask:
    """Flask, and nothing else."""
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "Hello")
    return app


def store() -> Flask:
    """A bare endpoint that takes a message as JSON and commits one row through the ORM, on the database of FLOOR_URL."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["FLOOR_URL"]
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 40}  # nobody waits for a connection
    db.init_app(app)
    app.add_url_rule("/notes", view_func=_keep, methods=["POST"])
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _as_durable_as_the_service)
        db.create_all()
    return app


def _keep() -> tuple[dict[str, str], int]:
    text = request.get_json()["data"]["text"]
    db.session.add(Note(text=text))
    db.session.commit()
    return {"status": "stored"}, 201  # asking for its id would cost a query more: a floor is kept low


def _as_durable_as_the_service(connection, record: object) -> None:
    """A write-ahead log, faster than SQLite's default, and each commit on the disk before it is acknowledged."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
