"""The visitor's conversation as the contact page and its file show it: lines with their parts, and what plugins say at once."""

from typing import Any

from flask import url_for

from securemsg.desk import openings, people
from securemsg.desk.openings import Opening
from securemsg.desk.screening import screened
from securemsg.desk.thread import Draft, Message
from securemsg.desk.visits import Visit
from securemsg.errors import Refused
from securemsg.http import drawing, languages, pages
from securemsg.http.entries import mark_chosen
from securemsg.http.here import desk
from securemsg.words import say

_OPENED = {  # by a title as clinics write it
    "": say("Opened by the clinic, {when}"), "nurse": say("Opened by a nurse, {when}"),
    "doctor": say("Opened by a doctor, {when}"), "front desk": say("Opened by the front desk, {when}"),
    "billing": say("Opened by the billing office, {when}")}


def entries(visit: Visit, found: list[Message], is_open: bool = False) -> list[dict]:
    """A line for each message, with what can be done with its parts; under the visitor's own who opened them, and when. Where
    the conversation `is_open` and these are its newest messages a question can be answered."""
    by_staff, asked = openings.by_staff(desk(), visit), _open_choices(found) if is_open else {}
    lines = pages.entries(found, people.everyone(desk(), visit.clinic.id))
    for message, line in zip(found, lines, strict=True):
        line["opened"] = _opened(openings.of(by_staff, message.seq), visit.clinic.timezone)
        line["parts"] = drawing.drawn(message.data)
        line["act"] = act(visit, message.seq, [kind for kind, seq in asked.items() if seq == message.seq])
    mark_chosen(found, lines)
    return lines


def act(visit: Visit, seq: int = 0, asked: list[str] | None = None) -> dict[str, Any]:
    """What can be done with the parts of a message, as parts.html calls it: `asked` are the kinds of its questions that are open
    (None: all are). What is no message (seq 0) has no files."""
    slug = visit.clinic.slug

    def choose(kind: str) -> str | None:
        return url_for("contact_forms.send", slug=slug, kind=kind) if asked is None or kind in asked else None

    return {"choose": choose, "form": lambda kind: url_for("contact_forms.form", slug=slug, kind=kind),
            "file": lambda number: url_for("contact_forms.file", slug=slug, seq=seq, number=number) if seq else None,
            "hidden": {"conversation": visit.conversation.id, "choice": 1}}


def answer(visit: Visit, sent: Message, now: int) -> dict[str, Any] | None:
    """What plugins answer to it at once: they look at what is stored as they did before it was, and say the same."""
    draft, category = Draft("visitor", sent.kind, sent.data or {}), visit.clinic.category_by_id(visit.conversation.category_id)
    try:
        found = screened(desk(), visit.clinic, draft, category, languages.here().code, now, first=sent.seq == 1)
    except Refused:  # it was not, when it was sent
        return None
    shown = drawing.drawn({"parts": list(found.answer)})
    return {"parts": shown, "urgent": bool(found.urgent)} if shown else None


def _open_choices(found: list[Message]) -> dict[str, int]:
    """By kind the number of the message whose question is still open: the newest of that kind, and not answered since."""
    asked: dict[str, int] = {}
    for message in found:
        parts = [] if message.author_kind == "visitor" else drawing.drawn(message.data) or []
        asked |= {part["kind"]: message.seq for part in parts if part["type"] == "choice"}
        if message.author_kind == "visitor":
            asked.pop(message.kind, None)
    return asked


def _opened(opening: Opening | None, timezone: str) -> str | None:
    """`Opened by a nurse, Tue 2 Jun, 10:02`, as the widget says it; None while nobody has."""
    if opening is None:
        return None
    at = pages.moment(opening.at, timezone)
    if opening.role and opening.role.lower() not in _OPENED:
        return languages.say("Opened by: {role}, {when}", role=opening.role, when=at)
    return languages.say(_OPENED[(opening.role or "").lower()], when=at)
