"""The owner's page: what is saved there shows at once, what does not fit is told, and staff stay out."""

import html

import pytest

from securemsg.desk.defaults import CONSENT
from tests.http.forms import fields
from tests.http.house import HARBOUR
from tests.http.people import new_key


@pytest.fixture
def maren(house):
    return house.staff("Maren")


def saves(owner, **changes: str | None):
    form = {name: value for name, value in (fields(owner.opens("clinic")) | changes).items() if value is not None}
    return owner.browser.submit(owner.path("clinic"), form)


def test_staff_may_not_enter(house):
    ana = house.staff("Ana")
    assert ana.opens("clinic").status == 403
    assert ana.browser.submit(ana.path("clinic"), {"name": "Mine", "key": new_key()}).status == 403
    assert house.visitor().card()["name"] != "Mine"
    assert "/clinic" not in ana.opens().text and "/clinic" in house.staff("Maren").opens().text


def test_what_the_owner_saves_the_visitor_sees_at_once(house, maren):
    leo = house.visitor()
    before = leo.card()
    saved = saves(maren, name="Harbour Lane", phones="+1 902 555 0142\n\n +1 902 555 0143 ", hours_text="Mon 9–12",
                  promise="Soon.", emergency_number="112", emergency_text="Call 112.", theme_color="#123456",
                  doctors="Dr A\nDr B", address="1 Quay\nHarbour")
    assert saved.status == 200
    card = leo.card()
    assert (card["name"], card["phones"], card["hours_text"], card["promise"]) == \
        ("Harbour Lane", ["+1 902 555 0142", "+1 902 555 0143"], "Mon 9–12", "Soon.")
    assert (card["emergency"], card["theme"], card["doctors"]) == \
        ({"number": "112", "text": "Call 112."}, {"color": "#123456"}, ["Dr A", "Dr B"])
    assert card["consent"] == before["consent"] and card["categories"] == before["categories"], "and nothing else changed"
    assert "Harbour Lane" in house.browser().get(f"/contact/{HARBOUR}").text


def test_a_page_saved_unchanged_changes_nothing(house, maren):
    before = house.visitor().card()
    assert saves(maren).status == 200
    assert house.visitor().card() == before


def test_a_new_notice_is_a_new_version(house, maren):
    before = house.visitor().card()["consent"]
    saves(maren, consent_text="New words.\r\nTwo lines.")
    after = house.visitor().card()["consent"]
    assert (after["version"], after["text"]) == (before["version"] + 1, "New words.\nTwo lines.")
    assert after["sha256"] != before["sha256"]


def test_the_language_that_the_clinic_writes_in_is_chosen_and_its_own_texts_say_so(house, maren):
    assert saves(maren, language="de", promise="Wir antworten bis Freitag.").status == 200
    page = house.browser().get(f"/contact/{HARBOUR}?lang=en").text
    assert '<bdi lang="de">Wir antworten bis Freitag.</bdi>' in page and house.visitor().card()["locales"] == ["de"]
    assert '<option value="de" lang="de" selected>' in maren.opens("clinic").text
    refused = saves(maren, language="klingon")
    assert refused.status == 422 and "languages that visitors can be answered in" in html.unescape(refused.text)
    assert house.visitor().card()["locales"] == ["de"]


def test_a_notice_in_our_words_follows_the_language_and_one_s_own_words_do_not(house, maren):
    saves(maren, consent_text=str(CONSENT))
    before = house.visitor().card()["consent"]["version"]
    saves(maren, language="de")
    assert fields(maren.opens("clinic"), "/clinic")["consent_text"] == CONSENT.to("de")
    assert house.visitor().card()["consent"]["version"] == before
    saves(maren, consent_text="Wir lesen, was Sie schreiben.")
    saves(maren, language="fr")
    consent = house.visitor().card()["consent"]
    assert (consent["text"], consent["locale"], consent["version"]) == ("Wir lesen, was Sie schreiben.", "fr", before + 2)


def test_categories_are_renamed_closed_dropped_and_added(house, maren):
    saves(maren, **{"category-appointment-label": "Visit", "category-appointment-open": None, "category-other-contact": "none",
                    "category-billing-label": "", "category-new-label": "Travel jabs"})
    none = {"promise": None, "promised_at": None}
    assert house.visitor().card()["categories"] == [
        {"id": "appointment", "label": "Visit", "open": False, "contact": "required"} | none,
        {"id": "other", "label": "Something else", "open": True, "contact": "none"} | none,
        {"id": "travel-jabs", "label": "Travel jabs", "open": True, "contact": "optional"} | none]
    closed = house.visitor().opens()
    assert closed.status == 422 and "does not take messages on this topic just now" in closed.json["errors"]["category"][0]
    assert house.visitor().opens(category="travel-jabs").status == 201


def test_a_conversation_keeps_a_topic_that_was_dropped(house, maren):
    leo = house.visitor()
    leo.opens()
    saves(maren, **{"category-appointment-label": ""})
    assert leo.asks("GET").json["conversation"]["category"] == "appointment"
    assert "Appointment" in maren.opens(f"conversations/{leo.conversation}").text


@pytest.mark.parametrize(("field", "value", "sentence"), [
    ("name", " ", "Please enter the clinic's name."), ("emergency_number", "help", "Please enter the emergency number"),
    ("consent_text", "", "Please enter the notice"), ("theme_color", "red", "Please enter a colour like"),
    ("theme_color", "#ffff00", "hard to read"), ("origins", "https://*.example", "is not an address like"),
    ("category-other-contact", "fax", "Please choose one of the list.")])
def test_what_does_not_fit_is_told_beside_its_field_and_stays_typed(house, maren, field, value, sentence):
    before = house.visitor().card()
    refused = saves(maren, **{field: value, "promise": "Typed at the same time"})
    assert refused.status == 422 and sentence in html.unescape(refused.text)
    assert fields(refused, "/clinic")["promise"] == "Typed at the same time"
    assert house.visitor().card() == before, "all or nothing"


def test_two_owners_do_not_overwrite_each_other(house, maren):
    form = fields(maren.opens("clinic"))
    assert saves(maren, promise="First").status == 200
    late = maren.browser.submit(maren.path("clinic"), form | {"promise": "Second"})
    assert late.status == 409 and "saved these settings in the meantime" in html.unescape(late.text)
    assert fields(late, "/clinic")["promise"] == "Second" and house.visitor().card()["promise"] == "First"


def test_a_page_of_somebody_else_saves_nothing_and_keeps_what_was_typed(house, maren):
    form = fields(maren.opens("clinic"), "/clinic")
    anothers = form | {"promise": "Typed by another owner", "me": house.staff("Ana").known.id}
    late = maren.browser.submit(maren.path("clinic"), anothers)
    assert late.status == 409 and "You are signed in as Maren Whitlock now" in late.text
    assert fields(late, "/clinic")["promise"] == "Typed by another owner"
    assert house.visitor().card()["promise"] != "Typed by another owner"


def test_the_page_gives_what_the_website_needs(house, maren):
    text = html.unescape(maren.opens("clinic").text)
    assert f'<script async src="{house.url}/widget.js"></script>' in text
    assert f'<secure-message src="{house.url}/frame/{HARBOUR}">' in text
    assert f"script-src {house.url}" in text and f"frame-src {house.url}" in text and f"{house.url}/contact/{HARBOUR}" in text
