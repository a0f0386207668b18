"""Messages of a plugin's kind, by the API: checked by its schema and by the rules of all texts, read by everybody as a text."""

import orjson
import pytest
from marshmallow import ValidationError, validates_schema

from securemsg.http import forms_of_kinds, kinds, strict_json
from securemsg.registry import Registry
from tests.http.people import new_key
from tests.listening import plugins
from tests.plugins import visits

ASKED = {"kind": "visits.request", "data": {"reason": "The knee.", "when": "am", "day": "2026-12-01", "stairs": 3, "dog": True}}
KEPT = ASKED["data"] | {"text": "Asks for a home visit: The knee."}


@pytest.fixture(scope="module")
def visited(shared):
    """The house with a plugin for home visits."""
    shared.desk.registry = Registry.of({"visits": visits})
    return shared


@pytest.fixture
def leo(visited):
    visitor = visited.visitor()
    assert visitor.opens("one").status == 201
    return visitor


def says(visitor, body: dict, key: str = ""):
    return visitor.asks("POST", "/messages", body, {"Idempotency-Key": key or new_key()})


def test_it_opens_a_conversation_and_goes_on_in_one(visited, leo):
    mia = visited.visitor()
    assert mia.opens(**ASKED).json["message"]["data"] == KEPT
    assert says(leo, ASKED).json["message"]["kind"] == "visits.request"
    for visitor in (mia, leo):
        assert (visitor.items()[-1]["kind"], visitor.items()[-1]["data"]) == ("visits.request", KEPT)
        assert visited.staff("Ana").reads(visitor.conversation)[-1] == KEPT["text"], "who does not know the kind reads its text"


def test_the_receipt_is_of_the_text(leo):
    kept = says(leo, ASKED) and leo.asks("GET", "/receipts").json["items"]
    assert kept[-1]["text"] == KEPT["text"]


def test_sent_again_it_is_one_message_and_the_same_answer(leo):
    body = {"kind": "visits.request", "data": {"reason": "He collapsed.", "when": "am"}}
    first, again = says(leo, body, key := new_key()), says(leo, body, key)
    assert first.json == again.json and len(leo.items()) == 2
    assert [part["type"] for part in first.json["answer"]] == ["text", "link"], "the whole of it is screened"
    assert says(leo, ASKED, key).json["type"].endswith("reused")


@pytest.mark.parametrize(("data", "field"), [
    ({}, "data.reason"), ({"reason": "x", "when": "noon"}, "data.when"), ({"reason": 5, "when": "am"}, "data.reason"),
    ({"reason": "x", "when": "am", "more": 1}, "data.more"), ({"reason": "x" * 501, "when": "am"}, "data.reason"),
    ({"reason": "a\0b", "when": "am"}, "data.reason"), ({"reason": "x", "when": "am", "day": "1st"}, "data.day"),
    ({"reason": "x", "when": "am", "stairs": 21}, "data.stairs"), ([], "data"), ("x", "data"), (None, "data"),
    ({"reason": {"deep": ["er"]}, "when": "am"}, "data.reason"), ({"reason": "x", "when": "am", "text": "mine"}, "data.text")])
def test_what_does_not_fit_is_named_by_its_field(visited, leo, data, field):
    body = {"kind": "visits.request", "data": data}
    for answer in (says(leo, body), visited.visitor().opens(**body)):
        assert answer.status == 422 and field in answer.json["errors"], answer.text
    assert len(leo.items()) == 1


@pytest.mark.parametrize("kind", ["visits.nothing", "parts", "system.closed", "", 5, None, ["text"], {"text": 1}, "x" * 9000])
def test_a_kind_that_is_not_known_is_refused(leo, kind):
    answer = says(leo, {"kind": kind, "data": {"text": "x"}})
    assert answer.status == 422 and "kind" in answer.json["errors"]


def test_what_a_plugin_refuses_is_not_stored(leo):
    answer = says(leo, {"kind": "visits.request", "data": {"reason": "Come tomorrow.", "when": "am"}})
    assert (answer.status, answer.json["detail"]) == (422, "We cannot come tomorrow. Please choose another day.")
    assert leo.reads() == ["one"]


ODD = (
    "am", None, True, False, 5, -5, 10**18, 1.5, -0.0, 1e300, "", " ", "\u202e", "\0", "x" * 9000, "9" * 400, "NaN", "Infinity",
    "1e999", "٣", "-1", "1_000", "0x10", "2026-02-30", "2026-12-01T10:00", "0000-00-00", "9999-12-31", "24:00",
    "10:00:00.000001+14:00", [], {}, [[]], {"a": {"b": ["c"]}}, "{{7*7}}", "\r\nX: y", "a@b" * 300)


@pytest.mark.parametrize("name", ["reason", "address", "day", "at", "when", "stairs", "dog"])
def test_odd_values_are_refused_with_sentences_or_can_be_kept(visited, name):
    """By the API and by the form, which has texts only."""
    right, taken = {"reason": "x", "when": "am"}, 0
    with visited.app.test_request_context("/"):
        for value in ODD:
            form = {f"data.{each}": text for each, text in (right | {name: str(value)}).items()}
            for data in (right | {name: value}, forms_of_kinds.typed(visits.Request, form)):
                try:
                    kept = kinds.loaded("visits.request", data)
                except ValidationError as error:
                    assert name in error.messages and all(error.messages[name]), value
                    continue
                taken += 1
                assert "\0" not in str(kept) and strict_json.parsed(orjson.dumps(kept)) == kept, value
    assert taken


def broken(data):
    raise KeyError("a secret of a patient")


@pytest.mark.parametrize("summary", [broken, lambda data: None, lambda data: " ", lambda data: "\ud800", lambda data: "a\0b"])
def test_a_summary_that_fails_loses_nothing(visited, leo, summary):
    kind = visits.Kind("visits.request", "Home visit", visits.Request, summary)
    before, visited.desk.registry = visited.desk.registry, plugins(visits={"kinds": lambda: [kind]})
    sent = says(leo, ASKED)
    visited.desk.registry = before
    assert sent.status == 201 and leo.reads()[-1] == "reason: The knee.\nday: 2026-12-01\nwhen: am\nstairs: 3\ndog: True"
    [row] = visited.desk.database.read(lambda tx: tx.everywhere.all("SELECT * FROM audit WHERE action = 'plugin.failed'"))[-1:]
    assert row.actor_kind == "plugin:visits"


class Mistaken(visits.Request):
    """Its author made a mistake."""

    @validates_schema
    def looks(self, data, **_):
        raise RuntimeError(data["reason"])


def test_a_schema_that_fails_is_no_fault_of_who_writes(visited, leo):
    kind = visits.Kind("visits.request", "Home visit", Mistaken, str)
    before, visited.desk.registry = visited.desk.registry, plugins(visits={"kinds": lambda: [kind]})
    sent = says(leo, ASKED)
    visited.desk.registry = before
    assert sent.status == 422 and sent.json["errors"] == {
        "data": ["This cannot be sent just now. Please write it as a message instead."]}


def test_that_the_safety_notice_was_shown_is_kept_with_the_words(visited, leo):
    body = {"kind": "text", "data": {"text": "My chest hurts."}, "safety_notice": "called"}
    sent = says(leo, body, key := new_key())
    kept = body["data"] | {"safety_notice": "called"}
    assert sent.json["message"]["data"] == kept == says(leo, body, key).json["message"]["data"]
    assert says(leo, body | {"safety_notice": "sent"}, key).json["type"].endswith("reused")
    assert "safety_notice" in says(leo, body | {"safety_notice": "yes"}).json["errors"]


def test_the_api_describes_each_kind(house):
    house.desk.registry = Registry.of({"visits": visits})
    schemas = house.browser().get("/api/v1/openapi.json").json["components"]["schemas"]
    assert schemas["Say"]["properties"]["kind"]["enum"] == ["text", "visits.request", "visits.chosen"]
    refs = [each["$ref"].rpartition("/")[2] for each in schemas["Say"]["properties"]["data"]["anyOf"]]
    assert refs == ["Text", "VisitsRequest", "VisitsChosen"]
    assert schemas["VisitsRequest"]["required"] == ["reason", "when"]
    assert schemas["VisitsRequest"]["properties"]["reason"]["description"] == "Reason"
    assert schemas["Reply"]["properties"]["kind"]["enum"] == ["text"], "systems reply with words"
