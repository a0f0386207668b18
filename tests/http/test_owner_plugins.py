"""The owner's page of plugins: what is set there counts at once, no secret is shown, what failed is told, staff stay out."""

import re
from html import unescape

import pytest

from securemsg.desk import plugin_settings
from securemsg.desk.clinics import clinic
from securemsg.plugins import feedback
from tests.http import visits
from tests.http.forms import every_form, fields
from tests.http.house import HARBOUR
from tests.http.people import new_key
from tests.http.test_tools import given_up, uses


@pytest.fixture
def maren(manned):
    visits.named(manned)
    return manned.staff("Maren")


def form_of(page) -> dict[str, str]:
    return fields(page, "plugins/visits#p-visits")


def saves(owner, page=None, **typed: str):
    form = form_of(page or owner.opens("plugins/")) | {f"set-{name}": text for name, text in typed.items()}
    return owner.browser.submit(owner.path("plugins/visits"), form)


def counts(house) -> dict:
    return dict(plugin_settings.of(house.desk, clinic(house.desk, HARBOUR).id, "visits"))


def presses(owner, page, delivery: bool, act: str = ""):
    path = f"plugins/{act}"
    form = next(form for to, form in every_form(page) if to.endswith(path) and ("delivery" in form) == delivery)
    return owner.browser.submit(owner.path(path), form)


def test_what_the_owner_saves_counts_at_once_and_an_empty_field_is_the_default(manned, maren):
    page = maren.opens("plugins/")
    assert 'href="/staff/harbour-lane/plugins/"' in maren.opens("clinic").text and maren.opens("plugins").status == 308
    assert "If left empty: <span class=\"set\" dir=\"auto\">20</span>" in page.text and form_of(page)["set-length"] == ""
    saved = saves(maren, rooms="Room 1\r\nRoom <2>", length=" 30 ")
    assert saved.status == 303 and saved.location.endswith("/plugins/?saved=visits#p-visits")
    assert (counts(manned)["rooms"], counts(manned)["length"]) == ("Room 1\nRoom <2>", 30)
    after = maren.opens("plugins/?saved=visits")
    assert "It counts from now on." in after.text and "Room &lt;2&gt;" in after.text and form_of(after)["set-length"] == "30"
    assert saves(maren, length="", rooms="").status == 303
    assert (counts(manned)["rooms"], counts(manned)["length"]) == ("Room 1", 20)


def test_what_does_not_fit_is_told_at_its_field_and_stays_typed(manned, maren):
    refused = saves(maren, length="soon", rooms="Room 9")
    assert 'href="#f-visits-length"><strong>Minutes</strong>: It must be a whole number.</a>' in refused.text
    assert refused.status == 422 and '<label for="f-visits-length">Minutes</label>' in refused.text
    assert 'id="f-visits-length-wrong">It must be a whole number.' in refused.text
    assert form_of(refused)["set-length"] == "soon" and form_of(refused)["set-rooms"] == "Room 9"
    assert counts(manned)["rooms"] == "Room 1", "all or nothing"


def test_a_long_list_is_folded_until_something_is_wrong_with_it(manned, maren):
    def folded(page):
        return page.text.partition('<details class="folded"')[2].partition("</summary>")[0]

    assert folded(maren.opens("plugins/")).split() == [">", "<summary>Words", "<span", 'class="chip">As', "it", "comes</span>"]
    assert saves(maren, words="one\r\ntwo").status == 303
    assert "Your own" in folded(maren.opens("plugins/"))
    refused = saves(maren, words="wrong")
    assert refused.status == 422 and folded(refused).startswith(" open>")
    saves(maren, words="")


def test_a_secret_is_never_shown_again(manned, maren):
    assert saves(maren, secret="whsec_1234567890").status == 303 and counts(manned)["secret"] == "whsec_1234567890"
    page = maren.opens("plugins/")
    assert "whsec_" not in page.text and "smalltalk" not in page.text and form_of(page)["set-secret"] == ""
    assert "One is kept; it is never shown." in page.text and "Set, and not shown" in page.text
    saves(maren, rooms="Room 3")
    assert counts(manned)["secret"] == "whsec_1234567890", "a field left alone changes nothing"
    refused = saves(maren, secret="another one", length="x")
    assert refused.status == 422 and "another one" not in refused.text
    form = form_of(maren.opens("plugins/")) | {"clear-secret": "on", "set-rooms": ""}
    assert maren.browser.submit(maren.path("plugins/visits"), form).status == 303 and counts(manned)["secret"] == ""


def test_two_owners_do_not_overwrite_each_other_unseen(manned, maren):
    stale = maren.opens("plugins/")
    saves(maren, rooms="Theirs")
    late = saves(maren, stale, rooms="Mine")
    assert late.status == 409 and "saved these settings in the meantime" in unescape(late.text)
    assert form_of(late)["set-rooms"] == "Mine" and 'As it is now: <span class="set" dir="auto">Theirs</span>' in late.text
    assert maren.browser.submit(maren.path("plugins/visits"), form_of(late)).status == 303, "who saves once more means it"
    assert counts(manned)["rooms"] == "Mine"
    saves(maren, rooms="")


def test_a_page_of_somebody_else_saves_nothing(manned, maren):
    form = form_of(maren.opens("plugins/")) | {"set-rooms": "Mine", "me": manned.staff("Ana").known.id}
    late = maren.browser.submit(maren.path("plugins/visits"), form)
    assert late.status == 409 and "You are signed in as Maren Whitlock now" in late.text and counts(manned)["rooms"] == "Room 1"


@pytest.mark.parametrize("without", ["shown", "set-rooms", "me"])
def test_a_form_that_was_cut_short_saves_nothing(manned, maren, without):
    form = form_of(maren.opens("plugins/")) | {"set-length": "30"}
    del form[without]
    assert maren.browser.submit(maren.path("plugins/visits"), form).status == 400 and counts(manned)["length"] == 20


def test_staff_may_not_enter(manned):
    ana = manned.staff("Ana")
    assert ana.opens("plugins/").status == 403
    for path in ("plugins/", "plugins/visits"):
        assert ana.browser.submit(ana.path(path), {"key": new_key(), "me": ana.known.id, "shown": "x"}).status == 403


def test_what_it_does_with_personal_data_and_what_the_service_sets_is_written_there(maren):
    text = maren.opens("plugins/").text
    assert "Times that suit a visitor" in text and "Sent to the calendar &lt;i&gt;" in text and "Stays here" in text
    assert "SECUREMSG_VISITS_CALENDAR" in text and "https://calendar.example" in text and 'name="set-calendar"' not in text


def test_a_setting_that_counts_no_more_says_so(manned, maren):
    saves(maren, length="45")
    altered = "UPDATE plugin_settings SET changed_at = changed_at + 1 WHERE name = 'length'"
    manned.desk.database.write(lambda tx: tx.everywhere.run(altered))
    manned.desk.known_settings.clear()
    page = maren.opens("plugins/")
    assert page.status == 200 and "could not be verified, so it does not count" in page.text and counts(manned)["length"] == 20
    assert saves(maren, length="50").status == 303 and counts(manned)["length"] == 50
    assert "could not be verified" not in maren.opens("plugins/").text


def test_how_it_is_doing(manned, maren):
    assert '<span class="chip green">Working</span>' in maren.opens("plugins/").text
    leo, ana = manned.visitor(), manned.staff("Ana")
    leo.opens()
    uses(ana, leo, "write")
    fails(manned, "ValueError at visits.py:31")
    page = maren.opens("plugins/").text
    assert '<span class="chip red">Failing</span>' in page and "It fails since" in page
    fails(manned, "It took too long.")
    assert '<span class="chip amber">Does not answer</span>' in maren.opens("plugins/").text
    fails(manned, None)
    for _ in range(6):
        uses_up(manned.desk.registry)
    page = maren.opens("plugins/").text
    assert '<span class="chip amber">Paused</span>' in page and "it is not asked for five minutes, until" in page


def fails(house, fault: str | None) -> None:
    """As if each delivery had failed once, and were tried again."""
    house.desk.database.write(lambda tx: tx.everywhere.run(
        "UPDATE outbox SET fault = :fault WHERE plugin = 'visits' AND done_at IS NULL AND gave_up_at IS NULL", fault=fault))


def uses_up(registry) -> None:
    registry.ask("panel", lambda plugin: {}, lambda plugin: {"kept": None}, conversation=None, clinic=None)


def test_what_was_given_up_is_tried_again_one_or_all(manned, maren):
    ana = manned.staff("Ana")
    for _ in range(2):
        leo = manned.visitor()
        leo.opens()
        uses(ana, leo, "write")
        given_up(manned, leo)
    page = maren.opens("plugins/")
    assert page.text.count(">Try again<") == 4 and "Email to the visitor" in page.text and "after 8 tries" in page.text
    assert f"/conversations/{leo.conversation}" in page.text and "leo@example.org" not in page.text
    assert presses(maren, page, delivery=True).status == 303
    gone = presses(maren, page, delivery=True)
    assert gone.status == 409 and "is not waiting any more" in gone.text and gone.text.count(">Try again<") == 3
    done = presses(maren, page, delivery=False)
    assert done.status == 303 and "is tried again now" in maren.opens("plugins/?again=1").text
    assert "Not delivered" not in maren.opens("plugins/").text
    assert manned.desk.database.read(lambda tx: tx.everywhere.one(
        "SELECT count(*) AS n FROM outbox WHERE hook IN ('mail', 'post') AND gave_up_at IS NULL AND attempts = 0")).n >= 4


def test_what_was_given_up_is_let_go(manned, maren):
    leo = manned.visitor()
    leo.opens()
    uses(manned.staff("Ana"), leo, "write")
    given_up(manned, leo)
    page = maren.opens("plugins/")
    assert page.text.count(">Let it go<") == 2
    assert presses(maren, page, True, "undelivered/dismiss").location.endswith("/plugins/?dismissed=1")
    gone = presses(maren, page, True, "undelivered/dismiss")
    assert gone.status == 409 and "is not waiting any more" in gone.text and gone.text.count(">Let it go<") == 1
    assert "nobody is told of it any more" in maren.opens("plugins/?dismissed=1").text


def unfolded(page) -> list[str]:
    """The plugins of the page that stand open."""
    return re.findall(r'<details class="plugged" id="p-([^"]+)" open>', page.text)


def test_a_plugin_is_folded_until_there_is_something_to_see(manned, maren):
    assert unfolded(maren.opens("plugins/")) == ["visits"], "it is the only one"
    manned.has(visits=visits, feedback=feedback)
    assert unfolded(maren.opens("plugins/")) == []
    assert unfolded(maren.opens("plugins/?saved=visits")) == unfolded(saves(maren, length="soon")) == ["visits"]
    leo = manned.visitor()
    leo.opens()
    uses(manned.staff("Ana"), leo, "write")
    fails(manned, "ValueError at visits.py:31")
    assert unfolded(maren.opens("plugins/")) == ["visits"]
