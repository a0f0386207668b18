"""What the service is compared with: the least that Flask can do, and one row stored as most would do it."""

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
    """A bare endpoint that takes a message as JSON and commits one row through the ORM, at FLOOR_URL."""
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


def _keep() -> tuple[dict[str, int], int]:
    note = Note(text=request.get_json()["data"]["text"])
    db.session.add(note)
    db.session.commit()
    return {"id": note.id}, 201  # named, as the service names it; the ORM asks the database again for that


def _as_durable_as_the_service(connection, record: object) -> None:
    """A write-ahead log, faster than SQLite's default; a commit is on the disk when it is acknowledged."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
