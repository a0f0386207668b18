"""A visitor's own conversation: read, written to, carried to a window, ended."""

import pytest

from securemsg.desk import visitor, visits
from securemsg.times import rfc3339
from tests.http.house import HARBOUR
from tests.http.people import new_key

COOKIE = f"securemsg_visitor_{HARBOUR}_8000"


@pytest.fixture
def leo(house):
    visitor = house.visitor()
    assert visitor.opens("one").status == 201
    return visitor


def test_who_has_no_session_hears_401(house):
    for method, rest in (("GET", ""), ("GET", "/messages"), ("GET", "/events"), ("POST", "/messages"), ("POST", "/opened"),
                         ("POST", "/ticket"), ("DELETE", "")):
        answer = house.visitor().asks(method, rest)
        assert (answer.status, answer.json["status"]) == (401, 401), (method, rest)
        assert answer.headers["Content-Type"] == "application/problem+json" and answer.json["detail"].endswith(".")


def test_the_conversation_says_what_it_is(leo):
    got = leo.asks("GET").json
    assert got["clinic"] == HARBOUR and got["conversation"]["id"] == leo.conversation
    assert (got["conversation"]["state"], got["conversation"]["last_seq"]) == ("open", 1)


def test_each_message_gets_the_next_number_and_a_receipt(leo):
    two, three = leo.says("two"), leo.says("three")
    assert (two.status, set(two.json)) == (201, {"message", "receipt", "answer"})
    assert [answer.json["message"]["seq"] for answer in (two, three)] == [2, 3]
    assert three.json["receipt"]["seq"] == 3 and three.json["receipt"]["message"] == three.json["message"]["id"]
    assert leo.reads() == ["one", "two", "three"]
    assert leo.items()[1] == two.json["message"], "read and acknowledged alike"


def test_after_a_number_come_only_later_ones(leo):
    leo.says("two")
    assert (leo.reads(after=1), leo.reads(after=2)) == (["two"], [])


def test_who_knows_more_than_there_is_begins_anew_and_misses_nothing(leo):
    """As after the restore of an earlier copy: an answer that has such a number by now is another one."""
    leo.says("two")
    for path in ("/messages?after=3", "/receipts?after=3", "/events?after=3"):
        answer = leo.asks("GET", path)
        assert (answer.status, answer.json["last_seq"]) == (409, 2), path
    assert leo.asks("GET", "/events", headers={"Last-Event-ID": "3"}).status == 409
    assert leo.asks("POST", "/close", {"upto_seq": 3}, {"Idempotency-Key": new_key()}).status == 409


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "", "²", "9" * 11, "0x1"])
def test_a_number_is_a_whole_number(leo, after):
    from urllib.parse import quote

    assert leo.asks("GET", f"/messages?after={quote(after)}").status == 400


def test_the_same_key_gives_the_same_answer_and_one_message(leo):
    key = new_key()
    first, again = leo.says("two", key), leo.says("two", key)
    assert (first.status, again.status) == (201, 201) and first.json == again.json
    assert leo.says("another", key).status == 422
    assert leo.reads() == ["one", "two"]


def test_long_conversations_come_in_pages(house, leo):

    for number in range(2, 406):
        visit = visits.visit(house.desk, leo.token, house.clock())
        visitor.send(house.desk, visit, "text", {"text": f"{number}"}, new_key(), house.clock())
    read, after, pages = [], "0", 0
    while after is not None:
        page = leo.asks("GET", f"/messages?after={after}").json
        assert len(page["items"]) <= 200
        read, after, pages = read + page["items"], page["next"], pages + 1
    assert [item["seq"] for item in read] == list(range(1, 406)) and all(item["verified"] for item in read)
    assert pages == 3 and read[-1]["data"] == {"text": "405"}


def test_what_the_visitor_has_seen_shows_on_the_reply_page(house, leo):
    ana = house.staff("Ana")
    ana.replies(leo.conversation, "Yes, it is.")
    assert "Opened by the visitor" not in ana.opens(f"conversations/{leo.conversation}").text
    assert leo.asks("POST", "/opened", {"upto_seq": 2}).status == 204
    assert "Opened by the visitor" in ana.opens(f"conversations/{leo.conversation}").text


def test_what_staff_have_opened_is_told(house, leo):
    assert leo.asks("GET").json["opened_upto"] == 0
    house.staff("Ana").reads(leo.conversation)
    assert leo.asks("GET").json["opened_upto"] == 1


def test_who_opened_a_message_is_told_by_title_and_the_first_counts(house, leo):
    assert (told := leo.asks("GET").json)["opened"] is None and told["openings"] == []
    before, _, after = rfc3339(house.clock()), house.staff("Ana").reads(leo.conversation), rfc3339(house.clock())
    first = leo.asks("GET").json["opened"]
    assert (first["upto_seq"], first["role"]) == (1, "Nurse") and before <= first["at"] <= after
    house.clock.passes(minutes=1)
    house.staff("Maren").reads(leo.conversation)
    assert leo.asks("GET").json["openings"] == [first]  # nothing new was there to open
    leo.says("One more thing.")
    house.staff("Maren").reads(leo.conversation)
    answer = leo.asks("GET")
    assert [(one["upto_seq"], one["role"]) for one in answer.json["openings"]] == [(1, "Nurse"), (2, "Doctor")]
    assert answer.json["opened"] == answer.json["openings"][-1] and "Maren" not in answer.text and "Ana" not in answer.text


@pytest.mark.parametrize("body", [{}, {"upto_seq": "1"}, {"upto_seq": -1}, {"upto_seq": 1.5}, {"upto_seq": True},
                                  {"upto_seq": 1, "x": 1}])
def test_seen_takes_a_number_and_nothing_else(leo, body):
    assert leo.asks("POST", "/opened", body).status == 422
