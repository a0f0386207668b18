"""The hours on the pages: what the owner writes counts on the card and at the door, and staff say that they are in a visit."""

from html import unescape

import pytest

from securemsg.desk.clinics import clinic
from securemsg.desk.plugin import PluginDesk
from securemsg.plugins import hours
from securemsg.registry import Registry
from securemsg.times import now
from tests.http import house
from tests.http.forms import fields
from tests.http.house import HARBOUR

UNSET = {"weekly": "", "pause": "", "promise": "", "ladder": ""}


@pytest.fixture
def maren(manned):
    """The owner of a clinic that has named the plugin and set nothing yet."""
    manned.desk.registry = Registry.of({"hours": hours})
    owner = manned.staff("Maren")
    assert saves(owner, **UNSET).status == 303
    return owner


def saves(owner, **typed: str):
    form = fields(owner.opens("plugins/"), "plugins/hours#p-hours") | {f"set-{name}": text for name, text in typed.items()}
    return owner.browser.submit(owner.path("plugins/hours"), form)


def test_what_the_owner_writes_counts_on_the_card_at_once(manned, maren):
    assert manned.visitor().card()["open"] is None
    assert saves(maren, weekly="Mon-Sun 24h\r\nappointment: Mon-Sun never", promise="4 hours").status == 303
    card = manned.visitor().card()
    assert card["open"] is True and card["changes_at"] is None and card["promise"].startswith("We answer by ")
    assert {each["id"] for each in card["categories"] if not each["open"]} >= {"appointment"}
    assert manned.visitor().opens("Hello?").status == 422, "about an appointment"
    assert saves(maren, weekly="Mon-Sun closed").status == 303
    card = manned.visitor().card()
    assert card["open"] is False and [each["text"] for each in card["notices"]] == ["We are closed until further notice."]


def test_every_mistake_stands_at_its_field_and_what_was_typed_stays(manned, maren):
    refused = saves(maren, weekly="Mon 08:00-12:00\r\nMom 8-12", ladder="0: mail")
    assert refused.status == 422 and "Line 2: “Mom 8-12” is not written like" in unescape(refused.text)
    assert "Line 1: to whom does the mail go?" in unescape(refused.text)
    assert fields(refused, "plugins/hours#p-hours")["set-weekly"].splitlines() == ["Mon 08:00-12:00", "Mom 8-12"]


@pytest.mark.parametrize(("setting", "text"), [
    ("weekly", "Mon-Fri 08:00-18:00\r\nappointmnet: Mon 08:00-10:00"), ("exceptions", "appointmnet: 2026-12-24 closed"),
    ("promise", "appointmnet: 4 hours"), ("pause", "other, appointmnet until 2100-01-01 by Dr Wu: Ill.")])
def test_a_category_that_is_not_there_is_named(manned, maren, setting, text):
    refused = saves(maren, **{setting: text})
    assert refused.status == 422
    assert "There is no category “appointmnet” here; there are " in unescape(refused.text) and "appointment" in refused.text
    assert saves(maren, **{setting: text.replace("appointmnet", "appointment")}).status == 303
    assert saves(maren, **UNSET, exceptions="").status == 303
    assert saves(maren, pause="medical until 2100-01-01 by Dr Wu: Ill.").status == 303, "whichever of them there are"


def test_what_is_promised_is_that_of_the_category(manned, maren, monkeypatch):
    noon = now()
    monkeypatch.setattr(house, "now", lambda: noon)  # a promise says the minute
    assert saves(maren, weekly="Mon-Sun 24h", promise="4 hours\r\nappointment: 3 working days").status == 303
    visitor, plain = manned.visitor(), manned.browser()
    card = visitor.card()
    [own] = [each for each in card["categories"] if each["promise"]]
    assert own["id"] == "appointment" and own["promise"] != card["promise"] and own["promised_at"] > card["promised_at"]
    page = plain.ask("GET", f"/contact/{HARBOUR}").text
    assert own["promise"] in page.partition('value="appointment"')[2].partition("</label>")[0] and card["promise"] in page
    for category, promise in (("appointment", own["promise"]), ("other", card["promise"])):
        browser = manned.browser()
        form = fields(browser.get(f"/contact/{HARBOUR}"), f"/contact/{HARBOUR}") | {
            "category": category, "about": "me", "contact": "leo@example.org", "text": "Hello",
            "consent": card["consent"]["sha256"]}
        sent = browser.submit(f"/contact/{HARBOUR}", form)
        good = browser.get(sent.location).text.partition('class="good no-print"')[2].partition("</div>")[0]
        assert promise in good, category


def test_a_pause_is_told_on_the_card_and_at_the_door(manned, maren):
    assert saves(maren, pause="until 2100-01-01 18:00 by Dr Wu: The roof is <b>leaking</b>.").status == 303
    visitor = manned.visitor()
    [notice] = visitor.card()["notices"]
    assert notice["text"].startswith("We take no new messages until Fri, Jan 1, 6:00")
    assert notice["text"].endswith("The roof is <b>leaking</b>.")
    refused = visitor.opens("Hello?")
    assert refused.status == 422 and "The roof is <b>leaking</b>." in refused.json["detail"]
    page = visitor.browser.ask("GET", f"/contact/{visitor.clinic}")
    assert "The roof is &lt;b&gt;leaking&lt;/b&gt;." in page.text
    assert saves(maren, pause="").status == 303 and visitor.opens("Hello?").status == 201


def test_staff_say_on_the_page_that_they_are_in_a_visit(manned, maren):
    visitor, ana = manned.visitor(), manned.staff("Ana")
    assert visitor.opens("Hello?").status == 201
    at = f"conversations/{visitor.conversation}"
    assert "I am in a visit" not in ana.opens(at).text, "there is no ladder"
    assert saves(maren, ladder="-30 min: assign").status == 303
    form = fields(ana.opens(at), "/tools/hours/visit")
    assert ana.browser.submit(ana.path(f"{at}/tools/hours/visit"), form | {"data.minutes": "500"}).status == 422
    assert ana.browser.submit(ana.path(f"{at}/tools/hours/visit"), form | {"data.minutes": "30"}).status == 303
    home = clinic(manned.desk, HARBOUR)
    [until] = PluginDesk(manned.desk, "hours", home.id, manned.clock()).kept(None)["busy"].values()
    assert 29 * 60 < (until - manned.clock()) / 1_000_000 <= 30 * 60
