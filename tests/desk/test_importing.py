"""Whatever somebody writes into a record that is to be put back: a sentence that names the field, and nothing is imported."""

from collections.abc import Callable
from copy import deepcopy

import orjson
import pytest

from securemsg.desk.exporting import importing, record
from securemsg.desk.exporting.checking import faults
from securemsg.errors import Refused
from securemsg.store.ids import new_id
from securemsg.times import DAY, rfc3339
from tests.desk.archives import Busy
from tests.plugins.turns import at_work

Change = Callable[[dict], object]


def nested(levels: int) -> object:
    value: object = "deep"
    for _ in range(levels):
        value = [value]
    return value


def at(*path: str | int, to: object) -> Change:
    """Puts a value there."""
    def change(found: dict) -> None:
        here = found
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = to

    return change


def without(*path: str | int) -> Change:
    def change(found: dict) -> None:
        here = found
        for step in path[:-1]:
            here = here[step]
        del here[path[-1]]

    return change


def again(name: str) -> Change:
    return lambda found: found[name].append(deepcopy(found[name][0]))


FUTURE = "2199-01-31T08:05:00.000000Z"
ODD: dict[str, tuple[Change, str]] = {
    # what is done to it, and the field that the sentence names
    "another format": (at("format", to="other"), "format"),
    "no format": (without("format"), "format"),
    "a later version": (at("version", to=2), "version 2"),
    "a version that is a text": (at("version", to="1"), "version"),
    "a part that nobody knows": (at("extra", to=1), "extra: Unknown field"),
    "a fact that nobody knows": (at("conversation", "is_secret", to=True), "conversation.is_secret"),
    "a list for an object": (at("conversation", to=[]), "conversation"),
    "an object for a list": (at("messages", to={}), "messages"),
    "nothing for a list": (at("notes", to=None), "notes"),
    "a list without": (without("openings"), "openings"),
    "a message that is none": (at("messages", 0, to=7), "messages[0]"),
    "waits for too long a word": (at("conversation", "waiting_on", to="x" * 10_000), "conversation.waiting_on"),
    "waits for a number": (at("conversation", "waiting_on", to=5), "conversation.waiting_on"),
    "another urgency": (at("conversation", "urgency", to="extreme"), "conversation.urgency"),
    "another reason": (at("conversation", "closed_reason", to="bored"), "conversation.closed_reason"),
    "about somebody else": (at("conversation", "about", to=None), "conversation.about"),
    "a level that is none": (at("conversation", "identity_level", to=-1), "conversation.identity_level"),
    "a level that is true": (at("conversation", "identity_level", to=True), "conversation.identity_level"),
    "a huge level": (at("conversation", "identity_level", to=2**62), "conversation.identity_level"),
    "a number beyond all": (at("conversation", "identity_level", to=2**64), "conversation.identity_level"),
    "half a level": (at("conversation", "identity_level", to=0.5), "conversation.identity_level"),
    "no number": (at("kept", to={"plugin": {"x": float("nan")}}), "kept.plugin.x"),
    "a number without end": (at("kept", to={"plugin": {"x": [1, float("-inf")]}}), "kept.plugin.x[1]"),
    "an id that is none": (at("conversation", "id", to="../../etc"), "conversation.id"),
    "an id in capitals": (at("conversation", "id", to=new_id().upper()), "conversation.id"),
    "an id of a message": (at("messages", 0, "id", to=""), "messages[0].id"),
    "who is none": (at("messages", 0, "author", "id", to="Ana"), "messages[0].author.id"),
    "who is something": (at("messages", 0, "author", "kind", to="owner"), "messages[0].author.kind"),
    "somebody by a wrong id": (at("people", to={"ana": {"name": "Ana", "title": None}}), "people.ana"),
    "somebody without a name": (at("people", to={new_id(): {"title": None}}), ".name"),
    "no seq": (at("messages", 0, "seq", to=None), "messages[0].seq"),
    "a repeated seq": (at("messages", 1, "seq", to=1), "messages[1].seq: It must be 2"),
    "a seq from nowhere": (at("messages", 0, "seq", to=9), "messages[0].seq"),
    "a message twice": (again("messages"), "messages["),
    "a note twice": (again("notes"), "Two messages or notes have this id"),
    "no messages": (at("messages", to=[]), "messages"),
    "data that is a text": (at("messages", 0, "data", to="hello"), "messages[0].data"),
    "data without a text": (at("messages", 0, "data", to={}), "messages[0].data.text"),
    "a text that is a list": (at("messages", 0, "data", "text", to=["a"]), "messages[0].data.text"),
    "a text that is too long": (at("messages", 0, "data", "text", to="x" * 100_001), "messages[0].data.text"),
    "a text with a zero": (at("messages", 0, "data", "text", to="a\0b"), "messages[0].data.text"),
    "half a character": (at("messages", 0, "data", "text", to="a\ud800b"), "messages[0].data.text"),
    "depths": (at("messages", 0, "data", "more", to=nested(400)), "messages[0].data.more[0][0]"),
    "depths that Python has not": (at("messages", 0, "data", "more", to=nested(5_000)), "messages[0].data.more[0][0]"),
    "parts that are none": (at("messages", 0, "data", "parts", to=[5]), "messages[0].data.parts[0]"),
    "a part without a text": (at("messages", 0, "data", "parts", to=[{"type": "link"}]), "messages[0].data.parts[0].text"),
    "an unknown part": (at("messages", 0, "data", "parts", to=[{"type": "text", "text": "a", "html": "<b>"}]), "parts[0].html"),
    "an option that is none": (at("messages", 0, "data", "parts", to=[{"type": "choice", "text": "?", "options": "ab"}]),
                               "parts[0].options"),
    "a claim by nobody": (at("messages", 0, "kind", to="system.claimed"), "messages[0].data.name"),
    "a kind that is none": (at("messages", 0, "kind", to="<b>"), "messages[0].kind"),
    "removed and yet there": (at("messages", 0, "state", to="removed"), "messages[0].state"),
    "there and yet removed": (at("messages", 0, "kind", to="removed"), "messages[0].state"),
    "another state": (at("messages", 0, "state", to="sure"), "messages[0].state"),
    "an alert that is a word": (at("messages", 0, "alert", to="yes"), "messages[0].alert"),
    "a time that is a number": (at("messages", 0, "at", to=5), "messages[0].at"),
    "a time that no calendar has": (at("messages", 0, "at", to="2026-02-31T00:00:00.000000Z"), "messages[0].at"),
    "a time in some zone": (at("messages", 0, "at", to="2026-01-31T00:00:00+02:00"), "messages[0].at"),
    "digits of another script": (at("messages", 0, "at", to="٢٠٢٦-01-31T00:00:00.000000Z"), "messages[0].at"),
    "a message to come": (at("messages", 0, "at", to=FUTURE), "messages[0].at: It is in the future"),
    "opened in the future": (at("conversation", "opened_at", to=FUTURE), "conversation.opened_at: It is in the future"),
    "read in the future": (at("openings", 0, "at", to=FUTURE), "openings[0].at: It is in the future"),
    "exported in the future": (at("exported_at", to=FUTURE), "exported_at: It is in the future"),
    "read further than there is": (at("openings", 0, "upto_seq", to=999), "openings[0].upto_seq"),
    "read by true": (at("openings", 0, "upto_seq", to=True), "openings[0].upto_seq"),
    "read by a plant": (at("openings", 0, "by", to="fern"), "openings[0].by"),
    "a note that is a number": (at("notes", 0, "text", to=5), "notes[0].text"),
    "a pool that is none": (at("conversation", "pool", to="Front desk!"), "conversation.pool"),
    "a pool that is a list": (at("conversation", "pool", to=[]), "conversation.pool"),
    "a hash that is none": (at("sha256", to="zz"), "sha256"),
    "a consent that is cut": (at("visitor", "consent", "sha256", to="00"), "visitor.consent.sha256"),
    "a consent without words": (without("visitor", "consent", "text"), "visitor.consent.text"),
    "reached by pigeon": (at("visitor", "contact", to={"kind": "pigeon", "value": "roof"}), "visitor.contact.kind"),
    "a name that is an object": (at("visitor", "name", to={}), "visitor.name"),
    "kept by a list": (at("kept", to=[]), "kept"),
    "kept under nothing": (at("kept", to={"plugin": 5}), "kept.plugin"),
    "tags that are a number": (at("kept", to={"plugin": {"+tags": 5}}), "kept.plugin.+tags"),
    "tags that are objects": (at("kept", to={"plugin": {"+tags": [{}]}}), "kept.plugin.+tags"),
    "a file that is not there": (at("files", to=[{"message": 1, "name": "a", "media_type": "b", "bytes": 1, "sha256": "0" * 64}]),
                                 "files"),
    "a field of a wild name": (at("\x1b[31m" + "y" * 500, to=1), "?[31m" + "y" * 90)}


@pytest.fixture
def found(clinic, busy: Busy) -> dict:
    """A record with something of everything."""
    at_work(clinic, clinic.service, busy.visitor.conversation, "again")
    made = record.export(clinic.desk, clinic.home, clinic.service, busy.visitor.conversation, "record", clinic.clock.tick())
    return orjson.loads(record.as_bytes(made))


def resealed(found: dict) -> dict:
    """With the hash that it would have had; what has none is left as it is."""
    try:
        return found | {"sha256": record.digest(found)} if len(str(found.get("sha256"))) == 64 else found
    except TypeError:
        return found


def sentence(clinic, found: object) -> str:
    with pytest.raises(Refused) as refused:
        importing.put_back(clinic.desk, clinic.home, clinic.service, found, clinic.clock.tick())
    return refused.value.detail


def test_what_is_odd_is_refused_by_its_field_and_nothing_is_imported(clinic, found, other_clinic):
    before = {table: len(other_clinic.rows(table)) for table in ("conversations", "messages", "people", "audit")}
    for name, (change, field) in ODD.items():
        odd = deepcopy(found) if "depths" not in name else orjson.loads(record.as_bytes(found))
        change(odd)
        said = sentence(other_clinic, resealed(odd))
        assert field in said and said.endswith("Nothing was imported.") and len(said) < 400, (name, said)
    for other in ([], "record", None, 5, [found]):
        assert "It is no JSON object. Nothing was imported." in sentence(other_clinic, other)
    assert before == {table: len(other_clinic.rows(table)) for table in before}
    assert importing.put_back(clinic.desk, other_clinic.home, other_clinic.service, found, clinic.clock.tick()), "else it is good"


def test_what_was_changed_without_its_hash_says_so(clinic, found, other_clinic):
    found["messages"][0]["data"]["text"] = "I never said that."
    assert "was changed since it was exported" in sentence(other_clinic, found)


def test_an_hour_of_a_wrong_clock_is_no_future_and_a_promise_may_be_one(clinic, found):
    now = clinic.clock()
    found["exported_at"], found["conversation"]["promised_at"] = rfc3339(now + DAY // 30), FUTURE
    assert list(faults(found, now)) == []
    assert next(faults(found, now - DAY)).startswith("exported_at: It is in the future")


def test_a_part_that_belongs_to_another_conversation_here_undoes_all_of_it(clinic, found, other_clinic):
    """Nobody overwrites a message by an id, and nothing of the rest stays: neither people nor the conversation."""
    importing.put_back(clinic.desk, other_clinic.home, other_clinic.service, found, clinic.clock.tick())
    fresh = [{"id": new_id()} for _ in (*found["messages"], *found["notes"])]
    for taken in ("messages", "notes"):
        second = deepcopy(found)
        second["conversation"] |= {"id": new_id(), "reference": "ZZ-2222"}
        second["people"][stranger := new_id()] = {"name": "Nobody Yet", "title": None}
        for each, with_id in zip((*second["messages"], *second["notes"]), fresh, strict=True):
            each |= with_id
        second[taken][0]["id"] = found[taken][0]["id"]
        assert "a part of it" in sentence(other_clinic, resealed(second))
        assert len(other_clinic.rows("conversations")) == 1 and stranger not in {row.id for row in other_clinic.rows("people")}
