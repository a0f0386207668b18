"""A conversation of more messages than a page draws: the newest first, the earlier ones by a link."""

import html
import json
import re

import pytest

from securemsg.desk import visitor, visits
from tests.http.forms import words
from tests.http.house import HARBOUR
from tests.http.people import new_key

CONVERSATION = f"/contact/{HARBOUR}/conversation"
LAST = 450


@pytest.fixture
def leo(house):
    """A visitor with a cookie, who has written much."""
    person = house.visitor()
    person.opens("1", wish="cookie; same-site")
    [token] = person.browser.jar.values()
    for number in range(2, LAST + 1):
        visit = visits.visit(house.desk, token, house.clock())
        visitor.send(house.desk, visit, "text", {"text": f"{number}"}, new_key(), house.clock())
    return person


def numbers(first: int, last: int) -> list[str]:
    return [f"{number}" for number in range(first, last + 1)]


def link(page, label: str) -> str | None:
    found = re.search(rf'href="([^"]*)"[^>]*>{label}</a>', page.text)
    return found and html.unescape(found[1])


def test_without_script_the_newest_are_read_and_the_earlier_by_a_link(house, leo):
    newest = leo.browser.get(CONVERSATION)
    assert words(newest) == numbers(251, LAST)
    earlier = leo.browser.get(link(newest, "Earlier messages"))
    assert words(earlier) == numbers(51, 250)
    first = leo.browser.get(link(earlier, "Earlier messages"))
    assert words(first) == numbers(1, 50) and link(first, "Earlier messages") is None
    assert words(leo.browser.get(link(first, "Newest messages"))) == numbers(251, LAST)


def test_what_was_not_drawn_does_not_count_as_seen(house, leo):
    house.staff("Ana").replies(leo.conversation, "Yes.")
    leo.browser.get(f"{CONVERSATION}?before=251")
    assert "Not opened yet" in house.staff("Ana").opens(f"conversations/{leo.conversation}").text
    leo.browser.get(CONVERSATION)
    assert "Opened by the visitor" in house.staff("Ana").opens(f"conversations/{leo.conversation}").text


@pytest.mark.parametrize("before", ["x", "-1", "0", "1", "9" * 40, "99999999"])
def test_a_place_no_page_named_is_no_fault_of_ours(house, before):
    mia = house.visitor()
    mia.opens("one", wish="cookie; same-site")
    assert mia.browser.get(f"{CONVERSATION}?before={before}").status == 200


def test_staff_read_the_newest_and_the_earlier_by_a_link(house, leo):
    ana = house.staff("Ana")
    ana.does("note", leo.conversation, text="A note.")
    newest = ana.opens(f"conversations/{leo.conversation}")
    assert words(newest) == [*numbers(251, LAST), "A note."]
    earlier = ana.browser.get(link(newest, "Earlier messages").partition("#")[0])
    assert words(earlier) == numbers(51, 250), "a note stands with the newest"
    first = ana.browser.get(link(earlier, "Earlier messages").partition("#")[0])
    assert words(first) == numbers(1, 50) and link(first, "Earlier messages") is None
    assert words(ana.browser.get(link(first, "Newest messages").partition("#")[0])) == words(newest)


def test_what_staff_read_is_recorded_as_it_was_drawn(house, leo):
    ana = house.staff("Ana")
    for rest in ("", "?before=251"):
        ana.opens(f"conversations/{leo.conversation}{rest}")
    query = "SELECT objects FROM audit WHERE action = 'conversation.read' ORDER BY happened_at, id"
    rows = house.desk.database.read(lambda tx: tx.everywhere.all(query))
    first, second = (dict(json.loads(row.objects)) for row in rows)
    assert (first["messages"], second["messages"]) == ("251-450", "51-250") and "notes" in first and "notes" not in second


def test_nothing_is_answered_or_closed_where_the_newest_is_not_seen(house, leo):
    ana = house.staff("Ana")
    text = ana.opens(f"conversations/{leo.conversation}?before=251").text
    assert "/reply" not in text and "/close" not in text and "/note" not in text and "/claim" in text


@pytest.mark.parametrize("before", ["x", "-1", "0", "1", "9" * 40, "99999999"])
def test_nor_is_one_of_staff(house, before):
    mia = house.visitor()
    mia.opens("one")
    page = house.staff("Ana").opens(f"conversations/{mia.conversation}?before={before}")
    assert page.status == 200 and words(page) == ["one"]
