"""Somebody altered rows: the pages tell what could not be verified, and nobody's page goes away."""

import re
import sqlite3

import pytest

from tests.http.forms import fields, words
from tests.http.house import HARBOUR

CONVERSATION = f"/contact/{HARBOUR}/conversation"
COOKIE = "cookie; same-site"


@pytest.fixture
def leo(house):
    """A visitor with a cookie, so that the page without script is theirs as well."""
    visitor = house.visitor()
    assert visitor.opens("one", wish=COOKIE).status == 201
    assert visitor.says("two").status == 201
    return visitor


def alters(house, statement: str, *values: object) -> None:
    """As somebody would who has the file: past the service and its foreign keys."""
    connection = sqlite3.connect(house.desk.settings.data / "securemsg.db", isolation_level=None)
    connection.execute(statement, values)
    connection.close()


def test_without_script_an_altered_first_message_is_told_and_the_next_is_read(house, leo):
    alters(house, "UPDATE messages SET sealed = x'00' WHERE conversation_id = ? AND seq = 1", leo.conversation)
    page = leo.browser.get(CONVERSATION)
    assert page.status == 200 and words(page)[-1] == "two" and "This message could not be verified" in page.text


def test_an_answer_that_is_made_to_look_like_an_event_is_not_hidden(house, leo):
    house.staff("Ana").replies(leo.conversation, "Stop the blue pills.", seen="2")
    alters(house, "UPDATE messages SET author_kind = 'system' WHERE conversation_id = ? AND author_kind = 'staff'",
           leo.conversation)
    page = leo.browser.get(CONVERSATION)
    assert "blue pills" not in page.text and page.text.count("This message could not be verified.") == 1
    assert "Could not be verified" in house.staff("Ana").opens(f"conversations/{leo.conversation}").text


def test_an_entry_without_a_time_stands_on_the_day_of_its_conversation(house, leo):
    alters(house, "UPDATE messages SET sealed = x'00' WHERE conversation_id = ? AND seq = 1", leo.conversation)
    page = house.staff("Ana").opens(f"conversations/{leo.conversation}")
    assert page.status == 200 and "Could not be verified" in page.text
    assert not re.search(r"\b19(69|70)\b", page.text)
    assert re.findall(r'<p class="words"[^>]*>(.*?)</p>', page.text)[1] == "two"


@pytest.mark.parametrize("column", ["about", "category_id"])
def test_an_altered_column_takes_no_page_down(house, leo, column):
    other = house.visitor()
    other.opens("another")
    alters(house, f"UPDATE conversations SET {column} = 'x' WHERE id = ?", leo.conversation)
    ana, unknown = house.staff("Ana"), column == "about"  # the topic is known again by its MAC
    assert ana.inbox() == [leo.conversation, other.conversation] and ("Unknown" in ana.opens().text) == unknown
    page = ana.opens(f"conversations/{leo.conversation}")
    assert page.status == 200 and ("Unknown" in page.text) == unknown
    assert leo.browser.get(CONVERSATION).status == 200 and leo.asks("GET").status == 200


def test_words_that_nobody_agreed_to_are_not_shown_as_the_consent(house, leo):
    page = f"conversations/{leo.conversation}"
    before = house.staff("Ana").opens(page).text
    assert "Version <bdi>1</bdi>" in before and "Staff read what you write." in before
    alters(house, "UPDATE wordings SET body = 'We sell what you write.'")
    shown = house.staff("Ana").opens(page).text
    assert "We sell what you write." not in shown and re.search(r'id="consent">.*?Could not be verified', shown, re.DOTALL)
    alters(house, "DELETE FROM consents")
    assert "None recorded" not in house.staff("Ana").opens(page).text


@pytest.mark.parametrize("act", ["reply", "note"])
def test_nothing_is_added_where_the_end_is_missing_and_what_was_typed_stays(house, leo, act):
    ana = house.staff("Ana")
    form = fields(ana.opens(f"conversations/{leo.conversation}"), f"/{act}")
    alters(house, "UPDATE conversations SET last_seq = 1 WHERE id = ?", leo.conversation)
    page = ana.does(act, leo.conversation, **form | {"text": "A long and careful answer", "seen": "1"})
    assert page.status == 409 and "was altered or taken away" in page.text
    assert fields(page, f"/{act}")["text"] == "A long and careful answer"
    refused = leo.says("three")
    assert refused.status == 409 and refused.json["detail"].endswith("start a new one, or call the clinic.")
