"""A visitor takes the whole conversation along, with a proof of each message of hers: as a file of the page, and by the API."""

import json

import pytest

from securemsg.desk import visitor
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from securemsg.desk.visits import Visit
from securemsg.store import conversations
from tests.http.forms import fields
from tests.http.house import HARBOUR
from tests.http.people import new_key
from tests.http.test_contact_page import CONVERSATION, PAGE, typed
from tests.receipts import holds

FILE = f"{CONVERSATION}.txt"


@pytest.fixture
def leo(house):
    """A browser without script, with a first message sent."""
    browser = house.browser()
    browser.submit(PAGE, typed(browser))
    return browser


def proofs(text: str) -> list[dict]:
    return [json.loads(line) for line in text.split("\n") if line.startswith('{"key"')]


def test_the_page_gives_the_conversation_as_a_file_with_a_receipt_of_each_own_message(house, leo):
    leo.submit(CONVERSATION, fields(leo.get(CONVERSATION), "/conversation") | {"text": 'Is <b>this</b> "safe" & sound?'})
    ana = house.staff("Ana")
    [conversation] = ana.inbox()
    ana.does("claim", conversation)
    ana.replies(conversation, "Come at nine.")
    assert f'href="{FILE}"' in leo.get(CONVERSATION).text
    kept = leo.get(FILE)
    assert (kept.status, kept.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert kept.headers["Content-Disposition"] == 'attachment; filename="conversation.txt"'
    for text in ("Line one\nline two\n", 'Is <b>this</b> "safe" & sound?\n', "Come at nine.\n", "Ana Ruiz, Nurse · ",
                 "Your message is now with Ana Ruiz"):
        assert text in kept.text.replace("\u2068", "").replace("\u2069", ""), text
    [public] = leo.ask("GET", "/receipt-keys.json").json["keys"]
    one, two = proofs(kept.text)
    assert (one["seq"], one["text"], two["seq"], two["text"]) == (1, "Line one\nline two", 2, 'Is <b>this</b> "safe" & sound?')
    assert all(each["conversation"] == conversation and holds(each, public["public"]) for each in (one, two))


def test_the_file_is_in_the_language_of_the_page(leo):
    assert f'href="{FILE}?lang=de"' in leo.get(f"{CONVERSATION}?lang=de").text
    assert "Quittungen: " in leo.get(f"{FILE}?lang=de").text and "Line one" in leo.get(f"{FILE}?lang=de").text


def test_without_a_conversation_there_is_no_file(house):
    answer = house.browser().get(FILE)
    assert answer.status == 303 and answer.location == PAGE


def test_a_message_that_somebody_altered_is_in_the_file_and_has_no_receipt(house, leo):
    leo.submit(CONVERSATION, fields(leo.get(CONVERSATION), "/conversation") | {"text": "two"})
    house.desk.database.write(lambda tx: tx.everywhere.run("UPDATE messages SET sealed = :other WHERE seq = 2", other=b"x" * 64))
    kept = leo.get(FILE).text
    assert "This message could not be verified." in kept and [one["seq"] for one in proofs(kept)] == [1]


def test_a_long_conversation_is_kept_whole(house, leo):
    [conversation] = house.staff("Ana").inbox()
    fill(house, conversation, upto=230)
    found = proofs(leo.get(FILE).text)
    assert [one["seq"] for one in found] == list(range(1, 231)) and found[229]["text"] == "message 230"


def test_the_api_gives_them_page_by_page(house):
    mia = house.visitor()
    mia.opens("one")
    house.staff("Ana").replies(mia.conversation, "Yes.")
    mia.says("two\r\n")
    answer = mia.asks("GET", "/receipts").json
    assert [(one["seq"], one["text"]) for one in answer["items"]] == [(1, "one"), (3, "two\r\n")] and answer["next"] is None
    [public] = house.browser().ask("GET", "/receipt-keys.json").json["keys"]
    assert all(holds(one, public["public"]) for one in answer["items"])
    assert [one["seq"] for one in mia.asks("GET", "/receipts?after=1").json["items"]] == [3]
    fill(house, mia.conversation, upto=230)
    first = mia.asks("GET", "/receipts").json
    rest = mia.asks("GET", f"/receipts?after={first['next']}").json
    assert first["next"] == "200" and [one["seq"] for one in rest["items"]] == list(range(201, 231)) and rest["next"] is None


def fill(house, conversation: str, upto: int) -> None:
    """Write on as the visitor, without the limits of the door, up to that number."""
    desk, home = house.desk, clinic(house.desk, HARBOUR)
    while (row := desk.database.read(lambda tx: conversations.one(tx, home.id, conversation))).last_seq < upto:
        visit = Visit(home, Who("visitor", home.id, conversation, conversation, b""), row)
        visitor.send(desk, visit, "text", {"text": f"message {row.last_seq + 1}"}, new_key(), house.clock())
