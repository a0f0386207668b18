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


def test_where_an_earlier_copy_was_restored_she_sees_what_the_clinic_has_once_nothing_is_typed(visitor, staff):
    visitor.begins("Is anybody there?")
    visitor.types("And when")
    refused = []

    def of_another_copy(route):
        refused.append(route.request.url)
        route.fulfill(status=409, content_type="application/problem+json", body='{"last_seq": 1}')

    visitor.context.route(re.compile(r"/messages\?after=[1-9]"), of_another_copy)
    staff.opens(visitor.reference).replies("Yes.")
    until(lambda: visitor.reads() and len(refused) > 1, what="a second try")
    assert visitor.reads() == ["Is anybody there?"] and visitor.box.input_value() == "And when"
    visitor.types("")
    visitor.sees("Yes.")  # loaded anew, from the first message on
    visitor.context.unroute_all()
