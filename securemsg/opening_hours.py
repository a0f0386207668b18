"""Opening hours as people write them: weeks, days that differ, and whose public holidays count."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from securemsg.calendars import DAY, Spans
from securemsg.written import lines, unlike

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holidays")
LONGEST = 400  # days that differ, in one line
FAR = 100  # years that must be left in the calendar after a day
_COUNTRY = r"[A-Za-z]{2,3}(?:-[^,]{1,40})?"
_HOURS = (r"(?:(?P<of>[a-z][a-z0-9-]*): +)?(?P<days>[^:\s][^:]*?):?\s+(?P<hours>(?:\d\d?:|24 ?h|closed|never).*)")


def _add_hours(days: Callable[[str], list], found: dict, line: re.Match) -> None:
    own, spans = found.setdefault(line["of"] or "", {}), _spans(line["hours"])
    for day in days(line["days"]):
        if day in own:
            raise ValueError(f"“{line['days']}” has hours in a line above; put them into one line, with commas")
        own[day] = spans


def _spans(text: str) -> Spans:
    if text in ("closed", "never") or re.fullmatch("24 ?h(ours)?", text):
        return ((0, DAY),) if text.startswith("24") else ()
    spans = sorted(_span(part.strip()) for part in text.split(","))
    for (_, closes), (opens, _) in pairwise(spans):
        if opens < closes:
            raise ValueError(f"in “{text}” hours overlap")
    return tuple(spans)


def _span(text: str) -> tuple[int, int]:
    parts = re.fullmatch(r"(\d\d?):(\d\d) ?[-–] ?(\d\d?):(\d\d)", text) or unlike(text, "08:00-18:00")
    opens, closes = (int(hour) * 60 + int(minute) for hour, minute in (parts.group(1, 2), parts.group(3, 4)))
    if max(opens, closes) > DAY or max(int(parts[2]), int(parts[4])) > 59:
        raise ValueError(f"in “{text}” stands no time of day; the last is 24:00")
    if opens in (closes, DAY):
        raise ValueError(f"“{text}” closes when it opens; around the clock is 24h")
    return opens, closes if opens < closes else closes + DAY  # over midnight


def _weekdays(text: str) -> list[int]:
    """`Mon-Wed, Fri` as 0, 1, 2 and 4; 7 are public holidays."""
    found: list[int] = []
    for part in text.split(","):
        first, *last = (_weekday(word.strip()) for word in re.split("[-–]", part, maxsplit=1))
        if last and not first < last[0] < 7:
            raise ValueError(f"“{part.strip()}” does not go from a day to a later one between Mon and Sun")
        found += range(first, last[0] + 1) if last else [first]
    return found


def _weekday(word: str) -> int:
    at = [number for number, day in enumerate(DAYS) if len(word) >= 3 and day.startswith(word.lower())]
    if not at:
        raise ValueError(f"“{word}” is no day; days are Mon, Tue, Wed, Thu, Fri, Sat, Sun and Holidays")
    return at[0]


def _dates(text: str) -> list[date]:
    """`2026-12-24 to 2027-01-02` as the days from one to the other."""
    first, *last = (wall_time(word).date() for word in text.split(" to ", 1))
    number = (last[0] - first).days if last else 0
    if not 0 <= number <= LONGEST:
        raise ValueError(f"“{text}” does not go from a day to a later one, within {LONGEST} days")
    return [first + timedelta(days=each) for each in range(number + 1)]


def wall_time(text: str, *, end: bool = False) -> datetime:
    """`2026-12-24 08:00`; without a time the day's beginning, or its `end`."""
    try:
        at = datetime.strptime(text.strip(), "%Y-%m-%d %H:%M" if ":" in text else "%Y-%m-%d")
        date(at.year + FAR, 1, 1)
    except ValueError:
        raise ValueError(f"“{text.strip()}” is no day; write 2026-12-24, with a time 2026-12-24 18:00") from None
    return at + timedelta(days=1) if end and ":" not in text else at


def _add_countries(found: list, line: re.Match) -> None:
    for each in line[0].split(","):
        country, _, part = each.strip().partition("-")
        found.append(_holidays_of(country.upper(), part))


def _holidays_of(country: str, part: str) -> Any:
    import holidays  # 19 MB and half a second, where nobody names a country; for whom one is named see desk/plugin_settings.warm

    if (known := holidays.list_supported_countries().get(country)) is None:
        raise ValueError(f"of the country “{country}” no holidays are known; it is written as in ISO 3166, like DE")
    parts = {"": None} | {each.casefold(): each for each in known}
    if part.casefold() not in parts:
        raise ValueError(f"“{part}” is no part of {country} with holidays of its own; such are {', '.join(known) or 'none'}")
    return holidays.country_holidays(country, subdiv=parts[part.casefold()])


weekly_hours = lines(dict, _HOURS, "Mon-Fri 08:00-12:00, 14:00-18:00", partial(_add_hours, _weekdays))
exceptional_hours = lines(dict, _HOURS, "2026-12-24 to 2027-01-02 closed", partial(_add_hours, _dates))
public_holidays = lines(list, rf"{_COUNTRY}(?:, ?{_COUNTRY})*", "DE-BY, FR", _add_countries)
