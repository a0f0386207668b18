"""What is handed out: a conversation or a person, in the form that was asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import person
from securemsg.desk.exporting import page, pdf, record
from securemsg.desk.exporting.shape import PERSON, VERSION
from securemsg.errors import Missing
from securemsg.store import conversations
from securemsg.times import rfc3339

FORMS: dict[str, tuple[str, Callable[[dict[str, Any]], bytes]]] = {
    # form: media type, and how a record becomes it
    "json": ("application/json", record.as_bytes),
    "html": ("text/html; charset=utf-8", lambda found: page.html(found).encode()),
    "pdf": ("application/pdf", pdf.pdf),
}


@dataclass(frozen=True, slots=True)
class File:
    """A file to be handed out; `left` are the references of what may be this person's and is not in it."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    left: tuple[str, ...] = ()


def of_conversation(desk: Desk, home: Clinic, who: Who, reference: str, copy: str, form: str, now: int) -> File:
    """The conversation that people call so; Missing where there is none."""
    found = desk.database.read(lambda tx: conversations.one_by_reference(tx, home.id, reference.strip().upper()))
    if found is None:
        raise Missing(f"There is no conversation {reference[:20]!r}, or it was erased.")
    return of(desk, home, who, found.id, copy, form, now)


def of(desk: Desk, home: Clinic, who: Who, id: str, copy: str, form: str, now: int) -> File:
    """The same by its id."""
    found = record.export(desk, home, who, id, copy, now)
    media_type, made = FORMS[form]
    return File(f"{found['conversation']['reference']}.{form}", media_type, made(found))


def of_person(desk: Desk, home: Clinic, who: Who, channel: str, value: str, copy: str, now: int,
              unproven: bool = False) -> File:
    """All conversations of who gave this address or number, each as its own record, as JSON. See `person.chosen`."""
    rows, left = person.chosen(desk, home.id, channel, value, unproven)
    found: dict[str, Any] = {
        "format": PERSON, "version": VERSION, "exported_at": rfc3339(now), "contact": {"kind": channel, "value": value},
        "conversations": [record.export(desk, home, who, row.id, copy, now) for row in rows]}
    found["sha256"] = record.digest(found)
    return File("person.json", "application/json", record.as_bytes(found), left)
