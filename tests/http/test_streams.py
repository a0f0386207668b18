"""Live streams of a running service: at once, in order, without gap or repeat, and never a word of a message."""

import json
import time

import pytest

from tests.http.running import listening, numbers


def test_a_stream_begins_at_once_and_tells_of_each_message_by_its_number(steady, leo):
    with listening(leo) as stream:
        assert "200 OK" in stream.head and "text/event-stream" in stream.head and "no-store" in stream.head
        assert stream.events() == []
        leo.says("two")
        steady.staff("Ana").replies(leo.conversation, "three")
        assert stream.hears(2) == [{"id": "2", "event": "message", "data": '{"seq":2}'},
                                   {"id": "3", "event": "message", "data": '{"seq":3}'}]


def test_no_word_of_anybody_is_in_a_stream(steady, leo):
    ana = steady.staff("Ana")
    with listening(leo) as visitors, listening(ana) as staffs:
        leo.says("secret words")
        ana.does("note", leo.conversation, text="secret note")
        ana.replies(leo.conversation, "secret answer")
        visitors.hears(2), staffs.hears(4)
        for event in (*visitors.events(), *staffs.events()):
            data = json.loads(event["data"])
            assert set(data) <= {"seq", "upto_seq", "conversation", "changed"}
            assert "secret" not in event["data"] and "Ana" not in event["data"]


def test_a_stream_goes_on_where_it_was_cut(leo):
    for text in ("two", "three"):
        leo.says(text)
    with listening(leo, Last_Event_ID="1") as stream:
        assert numbers(stream.hears(2)) == [2, 3]
        leo.says("four")
        assert numbers(stream.hears(3)) == [2, 3, 4]
    with listening(leo, Last_Event_ID="4") as stream:
        leo.says("five")
        assert numbers(stream.hears(1)) == [5]
    with listening(leo, "/v1/conversation/events?after=3") as stream:
        assert numbers(stream.hears(2)) == [4, 5]


def test_a_stream_goes_on_over_a_restart_without_gap_or_repeat(service):
    leo, heard = service.visitor(), []
    leo.opens("one")
    with listening(leo) as stream:
        leo.says("two")
        heard += numbers(stream.hears(1))
        service.service.kill()
        stream.ends(5)
    service.start()
    leo.says("three")
    with listening(leo, Last_Event_ID=str(heard[-1])) as stream:
        leo.says("four")
        heard += numbers(stream.hears(2))
    assert heard == [2, 3, 4] and leo.reads() == ["one", "two", "three", "four"]


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "99999999999"])
def test_a_number_nobody_gave_is_refused(leo, number):
    assert leo.asks("GET", "/events", headers={"Last-Event-ID": number}).status == 400


def test_the_visitor_hears_when_staff_open_a_message(steady, leo):
    with listening(leo) as stream:
        steady.staff("Ana").reads(leo.conversation)
        assert stream.hears(1) == [{"event": "opened", "data": '{"upto_seq":1}'}]


def test_staff_hear_that_something_changed(steady, leo):
    ana, now = steady.staff("Ana"), time.time_ns() // 1000 + 60_000_000
    with listening(ana, ana.path(f"events?since={now}")) as stream:
        assert stream.hears(1) == [{"event": "hello", "data": '{"changed":false}'}]
        leo.says("two")
        assert stream.hears(2)[1] == {"event": "changed", "data": f'{{"conversation":"{leo.conversation}"}}'}


def test_staff_hear_what_changed_before_the_stream_began(steady, leo):
    ana = steady.staff("Ana")
    for since in ("0", "1", "", "x", "²", "9" * 17, "9" * 40):
        with listening(ana, ana.path(f"events?since={since}".replace("²", "%C2%B2"))) as stream:
            assert stream.hears(1)[0] == {"event": "hello", "data": '{"changed":%s}' % ("false" if since == "9" * 17 else "true")}


def test_another_clinic_hears_nothing(steady, leo):
    eve, ana = steady.staff("Eve"), steady.staff("Ana")
    with listening(eve) as theirs, listening(ana) as ours:
        leo.says("two")
        ours.hears(2)
        assert [event["event"] for event in theirs.events()] == ["hello"]
