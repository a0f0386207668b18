"""Checks 44 and 45: answers arrive live, without gap or repeat, also where streams are cut or blocked."""

import re

from tests.service import until

# Five times faster, and each wait is written down.
WAITS = """window.waits = []; const later = window.setTimeout;
window.setTimeout = (act, ms, ...rest) => { waits.push(ms); return later(act, ms / 5, ...rest); };
Object.defineProperty(document, 'hidden', { get: () => !!window.away });"""


def test_44_a_cut_stream_goes_on_where_it_was_without_gap_or_repeat(house, visitor, staff):
    visitor.begins("Good morning.")
    staff.opens(visitor.reference).replies("One")
    visitor.sees("One")
    before = len(visitor.asked("GET", "/events"))
    with house.wire.without(b"GET /v1/conversation"):
        staff.replies("Two")
        staff.replies("Three")
        assert visitor.reads() == ["Good morning.", "One"]
    visitor.sees("Three")
    assert visitor.reads() == ["Good morning.", "One", "Two", "Three"]
    resumed = visitor.asked("GET", "/events")[before:]
    assert resumed and {request.headers["last-event-id"] for request in resumed[:1]} == {"2"}
    staff.replies("Four")
    visitor.sees("Four")
    assert visitor.reads() == staff.reads() == ["Good morning.", "One", "Two", "Three", "Four"]


def test_45_without_streams_answers_are_fetched_within_five_seconds_and_less_often_unseen(visitor, staff):
    visitor.context.add_init_script(WAITS)
    visitor.context.route(re.compile(r"/v1/conversation/events$"), lambda route: route.abort())
    visitor.begins("Is anybody there?")
    staff.opens(visitor.reference).replies("Yes.")
    visitor.sees("Yes.")
    frame = visitor.page.frames[1]
    polls = "() => waits.filter((ms) => ms === 4000 || ms === 20000)"
    assert set(frame.evaluate(polls)) == {4000}
    frame.evaluate("window.away = true")
    until(lambda: frame.evaluate(polls)[-1] == 20_000, what="a slower pace")
    assert not [wait for wait in frame.evaluate("waits") if wait > 40_000]
