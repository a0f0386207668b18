"""What plugins could not deliver, in plain words: what it was, and why it was given up."""

from collections.abc import Iterable

from flask import url_for

from securemsg.desk.deliveries.health import TOO_LONG
from securemsg.desk.people import Person
from securemsg.http import entries, languages
from securemsg.store import Row
from securemsg.store.deliveries import RESTORED
from securemsg.words import Said, say

_NO_ANSWER = {"mail": say("The mail server could not be reached."), "post": say("The other system could not be reached.")}
_FAILED = say("It failed. Whoever runs this service finds in its log where.")


def undelivered(rows: Iterable[Row], people: dict[str, Person]) -> list[dict]:
    """Rows of the outbox that wait for a person, as the pages show them."""
    return [{"id": row.id, "plugin": entries.title(row.plugin), "what": languages.told(_what(row, people)),
             "reason": languages.told(_reason(row)), "at": row.gave_up_at, "attempts": row.attempts,
             "conversation": row.conversation_id, "fault": None if _of_a_letter(row) else row.fault} for row in rows]


def with_links(lines: list[dict], slug: str) -> list[dict]:
    """The same for a page that is about no conversation: each leads to its own."""
    return [line | {"url": line["conversation"] and url_for("staff.conversation", slug=slug, conversation=line["conversation"])}
            for line in lines]


def _what(row: Row, people: dict[str, Person]) -> Said:
    kind, _, whom = row.target.partition(":")
    if row.hook == "post":
        return say("Message to {name}", name=whom or entries.title(row.plugin))
    if row.hook != "mail" or kind != "mail":
        return say("{plugin} did not finish its work", plugin=entries.title(row.plugin))
    if whom.startswith("visitor"):
        return say("Email to the visitor")
    person = people.get(whom.removeprefix("person:"))
    return say("Email to {name}", name=person.name) if person else say("Email to an address in the settings")


def _reason(row: Row) -> Said:
    if row.fault == RESTORED:
        return say("An earlier copy of the data was restored: this may have gone out before.")
    if not _of_a_letter(row):
        return say("It took too long.") if row.fault == TOO_LONG else _FAILED
    status = (row.fault or "").partition(": ")[2]
    if not status.isdigit():
        return _NO_ANSWER[row.hook]
    if row.hook == "mail":
        return say("The mail server refused it, with the number {status}.", status=status)
    return say("The other system refused it, with the number {status}.", status=status)


def _of_a_letter(row: Row) -> bool:
    return row.hook in _NO_ANSWER
