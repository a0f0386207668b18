"""The safety notice as browsers and programs get it: the card with a message's answer, the list before it, the owner's page."""

import html

import pytest

from securemsg.http import card_shapes
from securemsg.plugins import triage
from tests.http.forms import fields
from tests.http.house import HARBOUR

SAID = "and i'm really having some bad chest pain today"
LIST = f"/v1/clinics/{HARBOUR}/safety.json"


@pytest.fixture
def noted(house):
    house.has(triage=triage)
    return house


def test_the_card_comes_with_the_answer_and_the_conversation_is_first(noted):
    leo, ana = noted.visitor(), noted.staff("Ana")
    answer = leo.opens(SAID)
    number = leo.card()["emergency"]["number"]
    assert answer.status == 201 and [part["type"] for part in answer.json["answer"]] == ["text", "link", "text"]
    assert answer.json["answer"][1] == {"type": "link", "text": f"Call {number}: tel:{number}", "label": f"Call {number}",
                                        "url": f"tel:{number}"}
    assert noted.visitor().opens("I have no chest pain. Is the flu jab free?").json["answer"] == []
    assert ana.inbox()[0] == leo.conversation and f'id="c-{leo.conversation}" class="urgent' in ana.opens().text


def test_the_list_is_there_before_and_says_the_same(noted):
    address = noted.visitor().card()["safety"]
    assert address.partition("?")[0] == LIST
    answer = noted.browser().get(LIST + "?lang=ar")
    assert answer.status == 200 and card_shapes.SAFETY.validate(answer.json) == {}
    assert [each["language"] for each in answer.json["lists"]] == ["en", "es", "fr", "ar"]
    assert answer.json["name"] == "إشعار سلامة" and list(answer.json["cards"]) == ["crisis", "emergency"]
    assert noted.browser().get(LIST + "?lang=ar", {"If-None-Match": answer.headers["ETag"]}).status == 304
    assert noted.browser().get(LIST + "?lang=en").json["version"] == answer.json["version"]


def test_the_owner_reads_the_lists_and_changes_them(noted):
    maren = noted.staff("Maren")
    page = maren.opens("plugins/")
    assert triage._come_along("en").strip() in html.unescape(page.text) and "What counts if it is left empty" in page.text
    form = fields(page, "plugins/triage#p-triage")
    assert form["set-words_en"] == "", "what comes along is not frozen by a save"
    refused = maren.browser.submit(maren.path("plugins/triage"), form | {"set-words_en": "zebra attack*"})
    assert refused.status == 422 and "Line 1: a section must come first" in refused.text
    assert noted.visitor().opens(SAID).json["answer"] != []
    saved = maren.browser.submit(maren.path("plugins/triage"), form | {"set-words_en": "[emergency]\r\nzebra attack*"})
    assert saved.status == 303 and noted.visitor().opens("A zebra attacks!").json["answer"] != []
    assert noted.visitor().opens(SAID).json["answer"] == []
