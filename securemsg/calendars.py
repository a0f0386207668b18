"""When something is open: a week, days that differ, public holidays, clock changes; and how open time is counted.

A time of day is the first moment at which the clock on the wall shows it or has jumped over it. So what opens or closes in the
hour that a clock change skips does it at the jump, and in the hour that comes twice the first time; no opening ends before it
begins. Moments are POSIX seconds.
"""

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

Spans = tuple[tuple[int, int], ...]  # minutes from the midnight a day begins with, in order; past 1,440 it is the next day
Openings = tuple[tuple[float, float], ...]  # moments: opens, closes
DAY = 24 * 60  # minutes
AHEAD = 400  # days: what opens later is closed until further notice
OPEN_AHEAD = 40  # days: what is open for so long never closes
ALWAYS: tuple[Spans, ...] = (((0, DAY),),) * 8
_KNOWN_DAYS = 20_000  # of all calendars: fifty that never close


@dataclass(frozen=True, eq=False)
class Calendar:
    """`week` has the spans of Monday to Sunday and of public holidays. `dates` come before it, `limits` narrow it: the dates of a
    whole clinic, where one of its services has a week of its own. Before `until` (a moment) all is closed."""

    zone: ZoneInfo
    week: tuple[Spans, ...] = ALWAYS
    dates: Mapping[date, Spans] = field(default_factory=dict)
    limits: Mapping[date, Spans] = field(default_factory=dict)
    holidays: Container[date] = ()
    until: float = 0

    def state(self, at: float) -> tuple[bool, float | None]:
        """Whether it is open at a moment, and when that changes next. None: not in sight."""
        opens, closes = next(self.openings(at), (None, None))
        if opens is None or closes is None:
            return False, None
        if opens > at:
            return False, opens
        return True, closes if closes < at + (OPEN_AHEAD - 2) * DAY * 60 else None

    def openings(self, at: float) -> Iterator[tuple[float, float]]:
        """Openings that end after a moment, in order; what follows without a gap is one, until it is very long."""
        opens = closes = 0.0
        for begins, ends in (each for _, left in self.days(at) for each in left):
            if begins <= closes and ends < opens + OPEN_AHEAD * DAY * 60:
                closes = max(closes, ends)
                continue
            if closes:
                yield opens, closes
            opens, closes = begins, ends
        if closes:
            yield opens, closes

    def days(self, at: float) -> Iterator[tuple[date, Openings]]:
        """The days on which something opens that ends after a moment, each with what does."""
        if not any(self.week) and not self.dates:
            return
        today = datetime.fromtimestamp(max(at, self.until), self.zone).date()
        for day in (today + timedelta(number) for number in range(-1, AHEAD)):  # what opened yesterday may be open still
            if left := tuple(each for each in _on(self, day) if each[1] > at):
                yield day, left

    def after(self, at: float, seconds: float) -> float | None:
        """The first moment at which that much open time has passed. None: not in sight."""
        for opens, closes in self.openings(at):
            begins = max(opens, at)
            if closes - begins >= seconds:
                return begins + seconds
            seconds -= closes - begins
        return None

    def between(self, at: float, end: float) -> float:
        """Seconds of open time from one moment to another."""
        before = takewhile(lambda each: each[0] < end, self.openings(at))
        return sum(min(closes, end) - max(opens, at) for opens, closes in before)

    def working_days_after(self, at: float, number: int) -> float | None:
        """The same time of day, `number` days with openings later; where it is not open then, the nearest moment of that day at
        which it is. What comes while it is closed came at the next opening. None: not in sight."""
        ahead = list(islice(self.days(at), number + 1))
        if len(ahead) <= number:
            return None
        (first, ((opens, _), *_)), (last, there) = ahead[0], ahead[number]
        clock = datetime.fromtimestamp(max(opens, at), self.zone).replace(tzinfo=None)
        due = moment_of(self.zone, clock + (last - first))
        return next((max(opens, due) for opens, closes in there if due <= closes), there[-1][1])


def moment_of(zone: ZoneInfo, wall: datetime) -> int:
    """The first moment at which clocks there show that time, or have jumped over it."""
    first, second = (int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    if first <= second:
        return first
    # Skipped: by PEP 495 `first` counts by the offset before the jump, `second` by that after it. The jump is between them.
    return second + bisect_left(range(second, first), wall, key=lambda at: datetime.fromtimestamp(at, zone).replace(tzinfo=None))


@lru_cache(maxsize=_KNOWN_DAYS)
def _on(calendar: Calendar, day: date) -> Openings:
    """The openings that begin on a day."""
    midnight = datetime(day.year, day.month, day.day)
    both = ([moment_of(calendar.zone, midnight + timedelta(minutes=each)) for each in span] for span in _spans(calendar, day))
    return tuple((max(opens, calendar.until), closes) for opens, closes in both if max(opens, calendar.until) < closes)


def _spans(calendar: Calendar, day: date) -> Spans:
    if day in calendar.dates:
        return calendar.dates[day]
    own = calendar.week[7 if day in calendar.holidays else day.weekday()]
    if day not in calendar.limits:
        return own
    both = ((max(a, c), min(b, d)) for a, b in own for c, d in calendar.limits[day])
    return tuple((opens, closes) for opens, closes in both if opens < closes)
