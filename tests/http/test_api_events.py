"""Events of the API as they happen: each once and in order, over reconnects and restarts; ended with the right to hear them."""

import json
from contextlib import contextmanager

import pytest

from securemsg.desk.system import tokens
from securemsg.times import HOUR
from tests.http.house import HARBOUR, HILL
from tests.http.people import Visitor
from tests.http.running import Stream, listening
from tests.http.systems import System, beside, let_in
from tests.service import until

STREAM = "text/event-stream"


@contextmanager
def hearing(system: System, path: str = "/api/v1/events", **headers: str):
    """Its stream, and the numbers heard so far."""
    with listening(system, path, Accept=STREAM, Authorization=f"Bearer {system.token}", **headers) as stream:
        yield stream


def numbers(stream: Stream) -> list[int]:
    return [int(event["id"]) for event in stream.events() if event["event"] == "happened"]


def hears_upto(stream: Stream, last: int) -> list[int]:
    until(lambda: last in numbers(stream), what=f"event {last}, and there are {numbers(stream)}")
    return numbers(stream)


def newest(system: System) -> dict:
    """The newest event that has a number, as pages tell it."""
    items, path = [], "/events?limit=100"
    while path:
        answer = system.gets(path)
        items, path = answer.json["items"] or items, answer.json["next"] and f"/events?limit=100&cursor={answer.json['next']}"
    return items[-1]


def settled(system: System, visitor: Visitor, seq: int) -> int:
    """Waits until a visitor's message is the newest event: its number."""
    def last() -> int:
        event = newest(system)
        return event["number"] if (event["conversation"], event["seq"]) == (visitor.conversation, seq) else 0

    return until(last, what=f"the event of message {seq}")


def test_what_happens_is_heard_as_ids_within_a_second_or_so(steady):
    system, leo = let_in(steady), steady.visitor()
    with hearing(system) as stream:
        [hello] = stream.hears(1)
        assert hello["event"] == "hello" and json.loads(hello["data"])["after"] == int(hello["id"])
        leo.opens("It hurts.")
        told = stream.hears(2, 3)[1]
        assert int(told["id"]) > int(hello["id"]) and told["event"] == "happened"
        about = json.loads(told["data"])
        assert about["conversation"] == leo.conversation and about["kind"] == "conversation.opened" and about["seq"] == 1
        assert "hurts" not in str(stream.events()) and "leo@" not in str(stream.events())
    [item] = system.gets(f"/events?after={hello['id']}").json["items"][:1]
    assert item == about


def test_nothing_is_skipped_and_nothing_doubled_over_reconnects(steady):
    system, leo = let_in(steady), steady.visitor()
    leo.opens("0")
    first = last = settled(system, leo, 1)
    heard: list[int] = []
    for turn in range(4):
        with hearing(system, Last_Event_ID=str(last)) as stream:
            for part in "abc":
                leo.says(f"{turn} {part}")
            heard += hears_upto(stream, last + 3 + bool(turn))
            last = heard[-1]
        leo.says("between")  # nobody listens: it is heard first the next time
    end = settled(system, leo, 17)
    with hearing(system, f"/api/v1/events?after={last}") as stream:
        heard += hears_upto(stream, end)
    assert heard == list(range(first + 1, end + 1)) and len(heard) == 16


def test_it_goes_on_after_a_restart_where_it_was(service):
    system, leo = let_in(service), service.visitor()
    leo.opens("one")
    with hearing(system, "/api/v1/events?after=0") as stream:
        hears_upto(stream, settled(system, leo, 1))
        leo.says("two")
        service.service.kill()
        stream.ends(5)
        before = numbers(stream)
    service.start()
    leo.says("three")
    end = settled(system, leo, 3)
    with hearing(system, Last_Event_ID=str(before[-1])) as stream:
        after = hears_upto(stream, end)
    assert before + after == list(range(1, end + 1))


def test_who_never_said_where_to_begin_hears_what_comes_from_now_on(steady):
    system, leo = let_in(steady), steady.visitor()
    leo.opens("before")
    last = settled(system, leo, 1)
    with hearing(system) as stream:
        assert stream.hears(1)[0]["id"] == str(last)
        leo.says("after")
        assert hears_upto(stream, last + 1) == [last + 1]


def test_a_revoked_token_hears_no_more_within_a_second_and_another_goes_on(steady):
    gone, stays = let_in(steady), let_in(steady)
    with hearing(gone) as stream, hearing(stays) as other, beside(steady) as here:
        tokens.revoke(here.desk, here.service, here.home, gone.id, here.desk.clock())
        stream.ends(1)
        assert stream.events()[-1]["event"] == "end" and not other.ended
    assert gone.gets("/events").status == 401


def test_a_replaced_token_is_heard_until_its_time_is_over(steady):
    system, again, leo = let_in(steady), let_in(steady), steady.visitor()
    with hearing(system) as stream, hearing(again) as other, beside(steady) as here:
        for each, overlap in ((system, HOUR), (again, 0)):
            tokens.rotate(here.desk, here.service, here.home, each.id, overlap, here.desk.clock())
        other.ends(1)
        leo.opens("still here")
        until(lambda: numbers(stream))
        assert other.events()[-1]["event"] == "end" and not numbers(other)


def test_another_clinic_hears_nothing(steady):
    theirs, leo, mine = let_in(steady, HILL), steady.visitor(), let_in(steady)
    with hearing(theirs) as stream, hearing(mine) as other:
        leo.opens("hello")
        hears_upto(other, settled(mine, leo, 1))
        assert numbers(stream) == []


def test_staff_hear_them_too_and_no_more_once_signed_out(steady):
    ana = steady.staff("Ana")
    with listening(ana, "/api/v1/events", Accept=STREAM, Securemsg_Clinic=HARBOUR) as stream:
        steady.visitor().opens("hello")
        until(lambda: numbers(stream))
        ana.browser.submit(ana.path("sign-out"), {"key": "a-key-of-the-form-0001"})
        stream.ends(1)
        assert stream.events()[-1]["event"] == "end"


@pytest.mark.parametrize("number", ["-1", "²", "1.5", "x", "9" * 400, "1e3", ""])
@pytest.mark.parametrize("accept", [STREAM, "application/json"])
def test_it_begins_at_no_odd_number(steady, odd, number, accept):
    told = number.encode().decode("latin-1")
    answer = odd.gets("/events", Accept=accept, Last_Event_ID=told)
    assert answer.status == 400 and "whole number" in answer.json["detail"]


@pytest.fixture(scope="module")
def odd(steady) -> System:
    return let_in(steady)


def test_a_number_of_another_day_is_told_with_the_newest(steady, odd):
    for accept in (STREAM, "application/json"):
        answer = odd.gets("/events?after=9007199254740991", Accept=accept)
        assert answer.status == 409 and answer.json["last"] == newest(odd)["number"]


@pytest.mark.parametrize(("accept", "kind"), [
    ("application/json", "application/json"), ("*/*", "application/json"), ("text/html", "application/json"),
    ("", "application/json"), ("application/json, text/event-stream;q=0.5", "application/json")])
def test_pages_unless_a_stream_is_asked_for(steady, odd, accept, kind):
    answer = odd.gets("/events", Accept=accept)
    assert answer.status == 200 and answer.headers["Content-Type"] == kind
