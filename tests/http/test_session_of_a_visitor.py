"""A visitor's session: carried to a window, ended, and bound to our own pages."""

import pytest

from tests.http.house import HARBOUR
from tests.http.people import new_key

COOKIE = f"securemsg_visitor_{HARBOUR}_8000"


@pytest.fixture
def leo(house):
    visitor = house.visitor()
    assert visitor.opens("one").status == 201
    return visitor


def test_a_ticket_opens_one_window_with_a_session_of_its_own(house, leo):
    ticket = leo.asks("POST", "/ticket", {}, {"Idempotency-Key": new_key()})
    assert ticket.status == 201 and set(ticket.json) == {"ticket"}
    window = house.browser()
    answer = window.submit(f"/contact/{HARBOUR}/window", ticket.json)
    assert (answer.status, answer.location) == (303, f"/frame/{HARBOUR}?window=1")
    assert {"httponly", "samesite=lax"} <= answer.cookies[COOKIE].says and "partitioned" not in answer.cookies[COOKIE].says
    assert answer.cookies[COOKIE].value != leo.token
    there = house.visitor()
    there.browser = window
    assert there.reads() == ["one"]
    assert house.browser().submit(f"/contact/{HARBOUR}/window", ticket.json).status == 401, "once"


def test_a_ticket_is_good_for_a_minute_and_of_no_use_elsewhere(house, leo):
    ticket = leo.asks("POST", "/ticket", {}).json
    assert house.browser().submit("/contact/hill-road/window", ticket).status == 401
    house.clock.passes(minutes=61 / 60)
    late = house.browser().submit(f"/contact/{HARBOUR}/window", ticket)
    assert late.status == 401 and "too old" in late.text
    assert house.browser().submit(f"/contact/{HARBOUR}/window", {}).status == 401


def test_nobody_is_led_into_a_conversation_from_another_site(house, leo):
    """Else a stranger's ticket, sent by a form on the stranger's page, would have people write into the stranger's
    conversation."""
    ticket = leo.asks("POST", "/ticket", {}).json
    told = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = house.browser().submit(f"/contact/{HARBOUR}/window", ticket, told)
    assert answer.status == 403 and not answer.cookies


def test_ending_forgets_this_device_and_leaves_the_conversation_with_the_clinic(house):
    leo = house.visitor()
    leo.opens(wish="cookie; cross-site")
    ended = leo.asks("DELETE")
    assert ended.status == 204 and "max-age=0" in ended.cookies[COOKIE].says and not leo.browser.jar
    assert leo.asks("GET").status == 401
    assert house.staff("Ana").reads(leo.conversation) == ["Is the flu jab free?"]


def test_an_ended_token_is_worth_nothing(leo):
    assert leo.asks("DELETE").status == 204
    assert [leo.asks("GET").status, leo.says("more").status, leo.asks("DELETE").status] == [401, 401, 401]


def test_ending_one_window_leaves_the_other(house, leo):
    window = house.browser()
    window.submit(f"/contact/{HARBOUR}/window", leo.asks("POST", "/ticket", {}).json)
    leo.asks("DELETE")
    there = house.visitor()
    there.browser = window
    assert there.reads() == ["one"]


def test_a_cookie_counts_only_from_our_own_pages(house):
    leo = house.visitor()
    leo.opens(wish="cookie")
    body, key = {"kind": "text", "data": {"text": "hello"}}, {"Idempotency-Key": new_key(), "Securemsg-Clinic": HARBOUR}
    for told, status in (({}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
                         ({"Sec-Fetch-Site": "none"}, 403), ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403),
                         ({"Sec-Fetch-Site": "cross-site", "Origin": house.url}, 403), ({"Origin": house.url}, 201),
                         ({"Sec-Fetch-Site": "same-origin"}, 201)):
        assert leo.browser.ask("POST", "/v1/conversation/messages", body, key | told).status == status, told
    assert leo.reads() == ["Is the flu jab free?", "hello"]


def test_a_cookie_without_its_clinic_says_nothing(house):
    leo = house.visitor()
    leo.opens(wish="cookie")
    assert leo.browser.ask("GET", "/v1/conversation").status == 401


def test_a_message_that_names_its_conversation_goes_to_no_other(house, leo):
    """The browser's cookie may have become another visitor's while a message waited for a connection."""
    body = {"kind": "text", "data": {"text": "two"}}

    def says(conversation: str) -> int:
        return leo.asks("POST", "/messages", body, {"Idempotency-Key": new_key(), "Securemsg-Conversation": conversation}).status

    other = house.visitor()
    other.opens("mine")
    assert [says(other.conversation), says("nonsense"), says("")] == [401] * 3
    assert (leo.reads(), other.reads()) == (["one"], ["mine"])
    assert says(leo.conversation) == 201
    assert leo.reads() == ["one", "two"]


@pytest.mark.parametrize(("method", "path", "body"), [
    ("GET", "", b""), ("GET", "/messages?after=0", b""), ("GET", "/events", b""),
    ("POST", "/messages", {"kind": "text", "data": {"text": "x"}}), ("POST", "/opened", {"upto_seq": 1}),
    ("POST", "/close", {"upto_seq": 1}), ("POST", "/ticket", {}), ("DELETE", "", b"")])
def test_whose_conversation_stands_in_a_tab_reads_and_ends_no_other(house, method, path, body):
    """One computer, two people: the second one's conversation took the cookie while the first one's page stood open."""
    mia = house.visitor()
    mia.opens("of the first", wish="cookie")
    first = mia.conversation
    mia.opens("of the second", wish="cookie")
    named = {"Idempotency-Key": new_key(), "Securemsg-Conversation": first}
    told = mia.asks(method, path, body, named)
    assert (told.status, told.json["type"].rpartition("/")[2], mia.conversation in told.text) == (401, "elsewhere", False)
    assert mia.reads() == ["of the second"], "its session goes on"
    assert mia.asks("GET", headers={"Securemsg-Conversation": mia.conversation}).status == 200


def test_who_shows_no_session_hears_how_to_show_one(house):
    answer = house.browser().ask("GET", "/v1/conversation")
    assert answer.status == 401 and answer.headers["WWW-Authenticate"] == 'Bearer realm="securemsg"', "RFC 9110, 15.5.2"
