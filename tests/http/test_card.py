"""The clinic's card and its list for the safety notice, with plugins and without."""

from datetime import datetime

import pytest

from securemsg.desk.clinics import clinic
from securemsg.http import card_shapes
from securemsg.registry import Registry
from tests.http.house import HARBOUR
from tests.http.systems import System
from tests.listening import plugins
from tests.plugins import visits

CARD, LIST = f"/clinics/{HARBOUR}.json", f"/v1/clinics/{HARBOUR}/safety.json"


@pytest.fixture
def visited(house):
    house.desk.registry = Registry.of({"visits": visits})
    return house


def test_without_plugins_nothing_is_said(house):
    card = house.browser().get(CARD).json
    assert card_shapes.CARD.validate(card) == {} and (card["open"], card["changes_at"], card["promised_at"]) == (None, None, None)
    assert (card["notices"], card["offers"], card["safety"]) == ([], [], None)
    assert card["promise"] == "We usually answer within one working day." and house.browser().get(LIST).status == 404


def test_what_plugins_say_stands_in_it(visited):
    card = visited.browser().get(CARD).json
    assert card_shapes.CARD.validate(card) == {}
    assert card["open"] in (True, False) and card["promise"] == "We answer within six hours."
    assert datetime.fromisoformat(card["changes_at"]) and datetime.fromisoformat(card["promised_at"])
    assert card["notices"] == [{"text": "We make home visits again. (en)", "tone": "info"},
                               {"text": "Do not wait here when it is urgent.", "tone": "urgent"}]
    form, link, trap = card["offers"]
    assert (form["label"], form["part"]["kind"], form["part"]["button"]) == ("Home visit", "visits.request", "Send")
    assert (link["part"]["url"], trap["part"]["type"]) == ("https://elm.example/visits", "text"), "nobody follows that one"


def test_a_form_says_what_it_asks(visited):
    asked = {field["name"]: field for field in visited.browser().get(CARD + "?lang=de").json["offers"][0]["part"]["fields"]}
    assert {name: field["type"] for name, field in asked.items()} == {
        "reason": "long", "address": "text", "day": "date", "at": "time", "when": "choice", "stairs": "number", "dog": "yes"}
    assert asked["reason"] == {"name": "reason", "label": "Reason", "type": "long", "required": True, "max": 500, "rows": 3,
                               "hint": None, "options": []}
    assert asked["when"]["options"] == [{"value": "am", "label": "In the morning"}, {"value": "pm", "label": "In the afternoon"}]
    assert (asked["day"]["label"], asked["address"]["hint"]) == ("Termin", "Where we shall come to."), "ours in their language"
    assert (asked["stairs"]["max"], asked["dog"]["required"], asked["when"]["label"]) == (20, False, "when")


def test_the_frame_is_given_the_same(visited):
    card, frame = visited.browser().get(CARD).json, visited.browser().get(f"/frame/{HARBOUR}").text
    assert '"kind":"visits.request"' in frame and '"tone":"urgent"' in frame and card["safety"] in frame
    assert "\\u003c" in frame or "<script>" not in frame.partition('id="card"')[2].partition("</script>")[0]


def test_systems_are_told_too_and_hear_of_changes(visited):
    system = System.of(visited, "clinics:read")
    path = f"/clinics/{clinic(visited.desk, HARBOUR).id}"
    first = system.gets(path)
    assert [notice["tone"] for notice in first.json["notices"]] == ["info", "urgent"]
    visited.desk.registry = plugins()
    again = system.gets(path, If_None_Match=first.headers["ETag"])
    assert again.status == 200 and again.json["notices"] == [], "what plugins say belongs to it"
    assert system.gets(path, If_None_Match=again.headers["ETag"]).status == 304


def test_the_list_is_kept_and_asked_after(visited):
    leo = visited.browser()
    address = leo.get(CARD + "?lang=fr").json["safety"]
    assert address == f"{LIST}?lang=fr"
    first = leo.get(address)
    assert card_shapes.SAFETY.validate(first.json) == {} and first.json["cards"]["emergency"]["heading"] == "Call 911 now."
    assert first.headers["Cache-Control"] == "no-cache" and first.headers["ETag"]
    again = leo.get(address, {"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert leo.ask("HEAD", address).headers["ETag"] == first.headers["ETag"]
    assert leo.get(address, {"If-None-Match": '"another"'}).status == 200


@pytest.mark.parametrize("hook", ["availability", "notices", "offers", "safety_words"])
def test_a_broken_plugin_costs_what_it_would_have_said_and_no_more(house, hook):
    def fails():
        raise RuntimeError

    house.desk.registry = plugins(broken={hook: fails})
    for path in (CARD, f"/frame/{HARBOUR}", f"/contact/{HARBOUR}"):
        assert house.browser().get(path).status == 200
    assert house.browser().get(LIST).status == 404 and house.visitor().opens().status == 201


def test_a_kind_that_is_gone_offers_nothing(house):
    house.desk.registry = plugins(odd={"offers": lambda: [visits.Offer("Odd", visits.Form("Odd", "odd.kind"))]})
    assert house.browser().get(CARD).json["offers"] == [{"label": "Odd", "part": {"type": "text", "text": "Odd"}}]
    assert "/form/odd.kind" not in house.browser().get(f"/contact/{HARBOUR}").text
