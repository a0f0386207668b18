"""Opening times against a slow clock: walk minute by minute, and note the latest time that a clock on the wall has shown."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securemsg.calendars import ALWAYS, DAY, Calendar, Spans, moment_of

MINUTE, HOUR = 60, 3600
CHANGES = [  # a zone, and when (UTC) its clocks change there, or do not
    ("America/Halifax", "2026-03-08T06:00"), ("America/Halifax", "2026-11-01T05:00"), ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"), ("Asia/Kathmandu", "2026-06-01T00:00"), ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"), ("America/St_Johns", "2026-03-08T05:30"),
    ("America/St_Johns", "2010-03-14T03:31"), ("America/St_Johns", "2010-11-07T02:31"), ("Africa/Casablanca", "2026-02-15T02:00"),
    ("Africa/Casablanca", "2026-03-22T02:00"), ("Pacific/Apia", "2011-12-30T10:00"), ("America/Havana", "2026-03-08T05:00"),
    ("America/Havana", "2026-11-01T05:00"), ("Africa/Cairo", "2026-04-23T22:00"), ("Africa/Cairo", "2026-10-29T21:00"),
    ("America/Asuncion", "2024-03-24T03:00"), ("Asia/Beirut", "2026-03-28T22:00"), ("America/Sao_Paulo", "2019-02-17T02:00"),
    ("UTC", "2026-12-31T23:00")]


def slow(calendar: Calendar, start: int, minutes: int) -> list[bool]:
    """Whether it is open in each of the minutes from `start` on."""
    shown = latest_shown(calendar.zone, start // DAY // MINUTE)
    first = start // MINUTE - (start // DAY // MINUTE) * DAY
    open_then = {minute for day in range(shown[first] // DAY - 1, shown[first + minutes] // DAY + 1)
                 for minute in _open_minutes(calendar, date.fromordinal(day), day * DAY)}
    return [shown[first + number] in open_then and start + number * MINUTE >= calendar.until for number in range(minutes)]


@cache
def latest_shown(zone: ZoneInfo, day: int) -> list[int]:
    """The latest time that clocks there have shown until each minute of a day (since 1970, UTC) and of the four after it: minutes
    since the first day of the calendar."""
    begin, shown, found = day * DAY * MINUTE, 0, []
    for at in range(begin - 2 * DAY * MINUTE, begin + 5 * DAY * MINUTE, MINUTE):
        wall = datetime.fromtimestamp(at, zone)
        shown = max(shown, wall.toordinal() * DAY + wall.hour * 60 + wall.minute)
        found.append(shown)
    return found[2 * DAY:]


def _open_minutes(calendar: Calendar, day: date, midnight: int) -> set[int]:
    """The minutes that open on that day."""
    def of(spans: Spans) -> set[int]:
        return {midnight + minute for opens, closes in spans for minute in range(opens, closes)}

    if day in calendar.dates:
        return of(calendar.dates[day])
    usual = of(calendar.week[7 if day in calendar.holidays else day.weekday()])
    return usual & of(calendar.limits[day]) if day in calendar.limits else usual


def spans(latest: int = DAY - 1):
    """Spans of a day in order, on the quarter hour, over midnight or not."""
    edges = st.lists(st.integers(0, latest // 15), min_size=2, max_size=4, unique=True).map(sorted)
    return edges.map(lambda found: tuple((a * 15, b * 15) for a, b in zip(found[::2], found[1::2], strict=False)))


OVER_MIDNIGHT = st.tuples(st.integers(72, 95), st.integers(1, 60)).map(lambda span: ((span[0] * 15, DAY + span[1] * 15),))
A_DAY = st.one_of(st.just(()), spans(), OVER_MIDNIGHT, st.just(((0, DAY),)))
WEEKS = st.one_of(st.just(ALWAYS), st.just(((),) * 8), st.tuples(*[A_DAY] * 8))


@st.composite
def calendars(draw):
    """A calendar and a moment within two days of a change of its clocks."""
    zone, change = draw(st.sampled_from(CHANGES))
    near = int(datetime.fromisoformat(change).replace(tzinfo=UTC).timestamp())
    at = near + MINUTE * draw(st.one_of(st.integers(-90, 90), st.integers(-2 * DAY, 2 * DAY)))
    today = datetime.fromtimestamp(near, ZoneInfo(zone)).date()
    around = st.integers(-2, 3).map(lambda number: today + timedelta(days=number))
    until = draw(st.one_of(st.just(0), st.integers(-300, 3000).map(lambda minutes: at + minutes * MINUTE)))
    return Calendar(ZoneInfo(zone), draw(WEEKS), draw(st.dictionaries(around, A_DAY, max_size=2)),
                    draw(st.dictionaries(around, A_DAY, max_size=2)), draw(st.frozensets(around, max_size=2)), until), at


@settings(max_examples=100, deadline=None)
@given(calendars())
def test_it_opens_and_closes_when_the_slow_clock_says_so_and_changes_exactly_then(found):
    calendar, at = found
    truth = slow(calendar, at, 2 * DAY)
    here, change = calendar.state(at)
    assert here is truth[0]
    first = next((number for number, each in enumerate(truth) if each is not here), None)
    if first is None:
        assert change is None or change >= at + 2 * DAY * MINUTE
    else:
        assert change == at + first * MINUTE
        assert calendar.state(change - 1)[0] is here and calendar.state(change)[0] is not here


@settings(max_examples=100, deadline=None)
@given(calendars(), st.integers(0, 16 * 60))
def test_open_time_is_counted_to_the_minute(found, minutes):
    calendar, at = found
    truth, due = slow(calendar, at, 3 * DAY), calendar.after(at, minutes * MINUTE)
    if sum(truth) <= minutes:
        assert due is None or due >= at + 3 * DAY * MINUTE or sum(truth) == minutes
        return
    passed = int((due - at) // MINUTE)
    assert sum(truth[:passed]) == minutes == calendar.between(at, due) / MINUTE
    assert truth[passed - 1] if minutes else truth[passed], "the last of it was open; without any, it is the first open moment"


@settings(max_examples=100, deadline=None)
@given(calendars(), st.integers(1, 3))
def test_working_days_end_within_an_opening_of_the_day_that_is_meant(found, number):
    calendar, at = found
    due = calendar.working_days_after(at, number)
    ahead = [day for day, _ in zip(calendar.days(at), range(number + 1), strict=False)]
    assert (due is None) is (len(ahead) <= number)
    if due is not None:
        assert due > at and any(opens <= due <= closes for opens, closes in ahead[number][1])


@pytest.mark.parametrize(("zone", "wall", "utc"), [
    ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00"),  # skipped: the jump
    ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),  # twice: the first time
    ("America/Halifax", "2026-03-08T02:00", "2026-03-08T06:00"), ("America/Halifax", "2026-11-01T01:00", "2026-11-01T04:00"),
    ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),  # half an hour is skipped
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),
    ("Asia/Kathmandu", "2026-06-01T08:00", "2026-06-01T02:15"), ("America/St_Johns", "2026-12-01T08:00", "2026-12-01T11:30"),
    ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),  # a day that Samoa never had
    ("America/St_Johns", "2010-11-06T23:30", "2010-11-07T02:00"),  # the day before came twice at 23:01
    ("Africa/Casablanca", "2026-03-22T02:30", "2026-03-22T02:00")])
def test_a_time_of_day_is_when_the_clock_first_shows_it_or_jumps_over_it(zone, wall, utc):
    found = datetime.fromtimestamp(moment_of(ZoneInfo(zone), datetime.fromisoformat(wall)), UTC)
    assert found.isoformat()[:16] == utc


def test_what_never_changes_says_no_time_and_what_is_far_ahead_does():
    zone, at = ZoneInfo("Europe/Berlin"), 1_772_452_800
    assert Calendar(zone).state(at) == (True, None) and Calendar(zone, ((),) * 8).state(at) == (False, None)
    assert Calendar(zone, ((),) * 8).after(at, 60) is None and Calendar(zone, ((),) * 8).working_days_after(at, 1) is None
    assert Calendar(zone).after(at, 100 * 86_400) == at + 100 * 86_400
    assert Calendar(zone).between(at, at + 90 * 86_400) == 90 * 86_400
    in_a_year = Calendar(zone, ((),) * 8, {date(2027, 3, 1): ((600, 660),)})
    assert in_a_year.state(at) == (False, moment_of(zone, datetime(2027, 3, 1, 10)))
    paused = Calendar(zone, until=at + 900 * 86400)
    assert paused.state(at) == (False, at + 900 * 86400)


@pytest.mark.parametrize("week", [ALWAYS, ((),) * 8, (((480, 720), (840, 1080)),) * 8])
def test_asking_is_quick(week):
    calendar, at = Calendar(ZoneInfo("America/Halifax"), week), 1_772_452_800
    assert min(_seconds(lambda: (calendar.state(at), calendar.after(at, 4 * HOUR))) for _ in range(20)) < 0.001


def _seconds(act: Callable[[], object]) -> float:
    before = time.perf_counter()
    act()
    return time.perf_counter() - before
