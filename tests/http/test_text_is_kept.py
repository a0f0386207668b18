"""Without script nothing typed is lost: whatever a form was refused for, its words come back and can be sent."""

import html

import pytest

from tests.http.forms import fields, words
from tests.http.house import HARBOUR

PAGE, CONVERSATION = f"/contact/{HARBOUR}", f"/contact/{HARBOUR}/conversation"
ONCE_MORE = "Your earlier message was sent. Press Send again to send this one too."


@pytest.fixture
def leo(house):
    """A browser without script."""
    return house.browser()


@pytest.fixture
def ana(house):
    return house.staff("Ana")


def typed(browser, text: str) -> dict[str, str]:
    consent = browser.ask("GET", f"/clinics/{HARBOUR}.json").json["consent"]["sha256"]
    return fields(browser.get(PAGE)) | {"category": "other", "about": "me", "text": text, "consent": consent}


def test_who_goes_back_and_writes_other_words_sends_them_with_one_more_press(leo):
    first = typed(leo, "one")
    assert leo.submit(PAGE, first).status == 303
    back = leo.submit(PAGE, first | {"text": "one, reworded"})
    assert back.status == 422 and ONCE_MORE in back.text
    kept = fields(back, PAGE)
    assert kept["text"] == "one, reworded" and kept["key"] != first["key"]
    assert leo.submit(PAGE, kept).status == 303 and words(leo.get(CONVERSATION)) == ["one, reworded"]


def test_the_same_in_the_conversation(leo):
    leo.submit(PAGE, typed(leo, "one"))
    form = fields(leo.get(CONVERSATION), "/conversation") | {"text": "two"}
    assert leo.submit(CONVERSATION, form).status == 303
    back = leo.submit(CONVERSATION, form | {"text": "three"})
    assert back.status == 422 and ONCE_MORE in back.text and words(back) == ["one", "two"]
    assert leo.submit(CONVERSATION, fields(back, "/conversation")).status == 303
    assert words(leo.get(CONVERSATION)) == ["one", "two", "three"]


@pytest.mark.parametrize("act", ["reply", "note"])
def test_the_same_on_the_reply_page(house, ana, act):
    mia = house.visitor()
    mia.opens("one")
    path = ana.path(f"conversations/{mia.conversation}")
    form = fields(ana.browser.get(path), f"/{act}") | {"text": "two"}
    assert ana.browser.submit(f"{path}/{act}", form).status == 303
    back = ana.browser.submit(f"{path}/{act}", form | {"text": "three", "seen": "9"})
    assert back.status == 422 and ONCE_MORE in html.unescape(back.text)
    assert ana.browser.submit(f"{path}/{act}", fields(back, f"/{act}")).status == 303
    assert ana.reads(mia.conversation) == ["one", "two", "three"]


@pytest.mark.parametrize("character", ["水", "😀"])
def test_the_longest_text_passes_in_any_script(house, leo, ana, character):
    longest = character * 8_000
    assert leo.submit(PAGE, typed(leo, longest)).status == 303
    assert leo.submit(CONVERSATION, fields(leo.get(CONVERSATION), "/conversation") | {"text": longest}).status == 303
    [conversation] = ana.inbox()
    assert ana.replies(conversation, longest).status == 303
    assert words(leo.get(CONVERSATION)) == [longest] * 3


def test_a_form_has_its_bounds_all_the_same(leo):
    assert leo.submit(PAGE, typed(leo, "x" * 200_000)).status == 413
