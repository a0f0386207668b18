"""The search page: a box, what was found with its marks as text, the link that goes on, and a sentence for what is refused."""

import html
import re
from urllib.parse import quote

import pytest

from securemsg.desk.clinics import clinic
from securemsg.desk.plugin import PluginDesk
from securemsg.desk.search import portions
from securemsg.desk.search import search as searching
from securemsg.http import search as page
from tests.http.house import HARBOUR


@pytest.fixture
def ana(house):
    return house.staff("Ana")


def looks(staff, asked: str, more: str = ""):
    return staff.opens(f"search?q={quote(asked)}{more}")


def test_the_empty_page_shows_the_box_and_looks_for_nothing(house, ana, monkeypatch):
    monkeypatch.setattr(page, "search", None)
    for path in ("search", "search?q=", "search?q=%20"):
        answer = ana.opens(path)
        assert answer.status == 200 and 'name="q"' in answer.text and "Nothing found" not in answer.text
    assert f'href="{ana.path("search")}"' in ana.opens().text, "the bar leads here"


def test_what_is_found_is_shown_as_text_with_marks_and_leads_to_its_place(house, ana):
    leo = house.visitor()
    leo.opens('<b>Zebra</b> & "x"', name="Leo <Zebra>")
    ana.does("note", leo.conversation, text="A zebra, I think")
    answer = looks(ana, "zebra")
    assert answer.status == 200 and "One conversation" in answer.text
    assert "&lt;b&gt;<mark>Zebra</mark>&lt;/b&gt; &amp; &#34;x&#34;" in answer.text
    assert "Leo &lt;<mark>Zebra</mark>&gt;" in answer.text
    assert "Internal note" in answer.text and "Everything that was ever written here was looked through." in answer.text
    places = [html.unescape(url) for url in re.findall(r'class="words" href="([^"]+)"', answer.text)]
    for url in places:
        there, _, anchor = url.partition("#")
        assert f'id="{anchor}"' in ana.browser.get(there).text
    assert len(places) == 3


def test_a_place_far_back_is_on_the_page_it_leads_to(house, ana, monkeypatch):
    monkeypatch.setattr("securemsg.desk.thread.PAGE", 3)
    leo = house.visitor()
    leo.opens("The zebra came first")
    for number in range(5):
        leo.says(f"more {number}")
    [url] = re.findall(r'class="words" href="([^"]+)"', looks(ana, "zebra").text)
    there, _, anchor = html.unescape(url).partition("#")
    assert f'id="{anchor}"' in ana.browser.get(there).text


def test_a_reference_is_found_at_once_and_the_messages_when_asked(house, ana):
    leo, mia = house.visitor(), house.visitor()
    reference = leo.opens().json["conversation"]["reference"]
    mia.opens(f"My number is {reference}")
    answer = looks(ana, reference.lower())
    assert "One conversation has exactly this" in answer.text and mia.conversation not in answer.text
    [on] = re.findall(r'class="button" href="([^"]+)">Search the messages too', answer.text)
    assert mia.conversation in ana.browser.get(html.unescape(on)).text


def test_what_was_not_reached_is_said_with_a_link_to_search_on(house, ana, monkeypatch):
    monkeypatch.setattr(searching, "SECONDS", 0)
    monkeypatch.setattr(portions, "_PORTION", 1)
    leo, mia = house.visitor(), house.visitor()
    leo.opens("A zebra")
    mia.opens("Nothing")
    answer = looks(ana, "zebra")
    assert "Nothing found so far" in answer.text and "was not reached yet" in answer.text
    [on] = re.findall(r'class="button" href="([^"]+)">Search on', answer.text)
    assert leo.conversation in ana.browser.get(html.unescape(on)).text


def test_what_could_not_be_verified_is_named(house, ana):
    leo = house.visitor()
    reference = leo.opens("A zebra").json["conversation"]["reference"]
    house.desk.database.write(lambda tx: tx.everywhere.run("UPDATE messages SET sealed = :none", none=b""))
    answer = looks(ana, "zebra")
    assert answer.status == 200 and "could not be verified" in answer.text and reference in answer.text
    assert "<mark>" not in answer.text


@pytest.mark.parametrize(("asked", "sentence"), [("a", "at least two letters"), ("x" * 201, "at most 200 characters")])
def test_a_question_that_is_none_gets_a_sentence_and_stays_in_the_box(ana, asked, sentence):
    answer = looks(ana, asked)
    assert answer.status == 422 and sentence in answer.text and f'value="{asked}"' in answer.text


def test_an_odd_place_to_go_on_is_refused(ana):
    within = "ffffffff-ffff-ffff-ffff-ffffffffffff.message.1.1", "01900000-0000-7000-8000-000000000000.message.1", "x.note.1.1"
    for odd in ("x", "%00", "0" * 36, "%ff", "' OR 1=1", *within):
        assert looks(ana, "zebra", f"&before={quote(odd, safe='%')}").status == 400


def test_thirty_a_minute_are_enough_for_a_person_however_many_browsers(house, ana, later):
    for _ in range(30):
        assert looks(ana, "zebra").status == 200
    refused = looks(house.staff("Ana"), "zebra")
    assert refused.status == 429 and "Retry-After" in refused.headers and 'value="zebra"' in refused.text
    assert looks(house.staff("Tomas"), "zebra").status == 200
    assert ana.opens("search").status == 200, "the page itself is free"


def test_when_others_search_already_one_waits_and_is_told_so(house, ana, monkeypatch):
    monkeypatch.setattr(searching, "_QUEUE_SECONDS", 0.01)
    held = [searching._AT_ONCE.acquire() for _ in range(2)]
    try:
        busy = looks(ana, "zebra")
    finally:
        for _ in held:
            searching._AT_ONCE.release()
    assert busy.status == 503 and "Many people are searching" in busy.text and looks(ana, "zebra").status == 200


def test_nobody_who_is_not_signed_in_searches(house):
    answer = house.browser().get("/staff/harbour-lane/search?q=zebra")
    assert answer.status == 303 and "/sign-in" in answer.location


def test_the_question_is_in_no_log(house, ana, caplog):
    caplog.set_level("DEBUG", "securemsg")
    looks(ana, "c4n4ry")
    assert "c4n4ry" not in str([vars(record) for record in caplog.records])


def test_what_a_plugin_said_is_not_said_by_staff(house, ana):
    leo = house.visitor()
    leo.opens("Hello")
    desk = PluginDesk(house.desk, "hours", clinic(house.desk, HARBOUR).id, house.desk.clock())
    desk.reply(leo.conversation, "A zebra is closed"), desk.note(leo.conversation, "Told of the zebra")
    assert house.desk.database.write(desk.write())
    by = re.findall(r'class="small"><bdi>([^<]+)</bdi>', looks(ana, "zebra").text)
    assert sorted(by) == ["Automatic message", "Hours"]
