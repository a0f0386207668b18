"""The clinic's hours as it writes them: open or closed and until when, what is promised, and every mistake by its line."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from securemsg import Clinic, Draft
from securemsg.plugins import hours
from securemsg.words import LANGUAGES
from tests.service import ROOT
from tests.test_calendars import slow

NORMAL = "Mon-Fri 08:00-12:00, 14:00-18:00; Sat 09:00-13:00"
# zone | week | what differs | asked at (a time on the clinic's clocks, with an offset where they show it twice) | what is true
CASES = """
# A usual week
America/Halifax | NORMAL | | 2026-11-23T07:59 | closed until 2026-11-23T08:00-04:00
America/Halifax | NORMAL | | 2026-11-23T08:00 | open until 2026-11-23T12:00-04:00
America/Halifax | NORMAL | | 2026-11-23T11:59 | open until 2026-11-23T12:00-04:00
America/Halifax | NORMAL | | 2026-11-23T12:00 | closed until 2026-11-23T14:00-04:00
America/Halifax | NORMAL | | 2026-11-23T18:00 | closed until 2026-11-24T08:00-04:00
America/Halifax | NORMAL | | 2026-11-27T18:30 | closed until 2026-11-28T09:00-04:00
America/Halifax | NORMAL | | 2026-11-28T13:00 | closed until 2026-11-30T08:00-04:00
Asia/Kathmandu | NORMAL | | 2026-11-23T08:00 | open until 2026-11-23T12:00+05:45
America/St_Johns | NORMAL | | 2026-11-23T08:00 | open until 2026-11-23T12:00-03:30
Pacific/Apia | NORMAL | | 2026-11-28T12:59 | open until 2026-11-28T13:00+13:00
Pacific/Apia | NORMAL | | 2026-11-28T13:00 | closed until 2026-11-30T08:00+13:00
Africa/Casablanca | NORMAL | | 2026-11-23T13:00 | closed until 2026-11-23T14:00+01:00
# Around the clock, and never
Europe/Berlin | Mon-Sun 24h | | 2026-10-25T02:30 | open
Europe/Berlin | Mon-Sun closed | | 2026-10-25T02:30 | closed
Europe/Berlin | Mon-Sun never | | 2026-10-25T12:30 | closed
Europe/Berlin | Mon-Fri 24h | | 2026-11-27T23:59 | open until 2026-11-28T00:00+01:00
Europe/Berlin | Mon-Fri 24h | | 2026-11-25T12:00 | open until 2026-11-28T00:00+01:00
Europe/Berlin | Mon-Fri 00:00-24:00 | | 2026-11-29T23:59 | closed until 2026-11-30T00:00+01:00
Europe/Berlin | Mon-Sun 00:00-24:00 | | 2026-03-29T01:59 | open
# Over midnight
Europe/Berlin | Fri 22:00-02:00 | | 2026-11-27T21:59 | closed until 2026-11-27T22:00+01:00
Europe/Berlin | Fri 22:00-02:00 | | 2026-11-27T23:59 | open until 2026-11-28T02:00+01:00
Europe/Berlin | Fri 22:00-02:00 | | 2026-11-28T00:00 | open until 2026-11-28T02:00+01:00
Europe/Berlin | Fri 22:00-02:00 | | 2026-11-28T02:00 | closed until 2026-12-04T22:00+01:00
Europe/Berlin | Mon-Sun 22:00-06:00 | | 2026-11-28T12:00 | closed until 2026-11-28T22:00+01:00
Europe/Berlin | Mon-Sun 20:00-00:00 | | 2026-11-28T23:00 | open until 2026-11-29T00:00+01:00
Europe/Berlin | Sat 20:00-04:00; Sun 04:00-12:00 | | 2026-11-28T23:00 | open until 2026-11-29T12:00+01:00
Europe/Berlin | Sun 22:00-06:00 | | 2026-11-30T05:59 | open until 2026-11-30T06:00+01:00
Europe/Berlin | Thu 22:00-06:00 | exceptions=2026-12-25 closed | 2026-12-25T05:00 | open until 2026-12-25T06:00+01:00
# The hour that is skipped: it closes, and opens, at the jump
Europe/Berlin | Sat 22:00-02:30 | | 2026-03-29T01:59 | open until 2026-03-29T03:00+02:00
Europe/Berlin | Sat 22:00-02:30 | | 2026-03-29T03:00 | closed until 2026-04-04T22:00+02:00
Europe/Berlin | Sun 02:30-06:00 | | 2026-03-29T01:59 | closed until 2026-03-29T03:00+02:00
Europe/Berlin | Sun 02:15-02:45 | | 2026-03-29T01:00 | closed until 2026-04-05T02:15+02:00
Europe/Berlin | Sun 02:30-03:10 | | 2026-03-29T01:59 | closed until 2026-03-29T03:00+02:00
Europe/Berlin | Sun 02:30-03:10 | | 2026-03-29T03:00 | open until 2026-03-29T03:10+02:00
America/Halifax | Sat 20:00-02:30 | | 2026-03-08T01:30 | open until 2026-03-08T03:00-03:00
America/St_Johns | Sat 20:00-02:30 | | 2026-03-08T01:30 | open until 2026-03-08T03:00-02:30
Australia/Lord_Howe | Sat 20:00-02:15 | | 2026-10-04T01:59 | open until 2026-10-04T02:30+11:00
Australia/Lord_Howe | Sun 02:15-06:00 | | 2026-10-04T01:00 | closed until 2026-10-04T02:30+11:00
Africa/Casablanca | Sat 20:00-02:30 | | 2026-03-22T01:59 | open until 2026-03-22T03:00+01:00
Pacific/Apia | Mon-Sun 08:00-18:00 | | 2011-12-29T19:00 | closed until 2011-12-31T08:00+14:00
Pacific/Apia | Mon-Sun 24h | exceptions=2011-12-31 closed | 2011-12-29T23:59 | open until 2011-12-31T00:00+14:00
America/Havana | Sun 00:30-06:00 | | 2026-03-07T23:59 | closed until 2026-03-08T01:00-04:00
# The hour that comes twice: it closes, and opens, the first time
Europe/Berlin | Sat 22:00-02:30 | | 2026-10-25T02:29+02:00 | open until 2026-10-25T02:30+02:00
Europe/Berlin | Sat 22:00-02:30 | | 2026-10-25T02:30+02:00 | closed until 2026-10-31T22:00+01:00
Europe/Berlin | Sat 22:00-02:30 | | 2026-10-25T02:15+01:00 | closed until 2026-10-31T22:00+01:00
Europe/Berlin | Sat 22:00-03:00 | | 2026-10-25T02:59+02:00 | open until 2026-10-25T03:00+01:00
Europe/Berlin | Sun 02:30-06:00 | | 2026-10-25T02:29+02:00 | closed until 2026-10-25T02:30+02:00
Europe/Berlin | Sun 02:30-06:00 | | 2026-10-25T02:15+01:00 | open until 2026-10-25T06:00+01:00
Europe/Berlin | Sun 02:15-02:45 | | 2026-10-25T02:15+01:00 | closed until 2026-11-01T02:15+01:00
America/Halifax | Sat 20:00-01:30 | | 2026-11-01T01:29-03:00 | open until 2026-11-01T01:30-03:00
America/Halifax | Sat 20:00-01:30 | | 2026-11-01T01:10-04:00 | closed until 2026-11-07T20:00-04:00
America/St_Johns | Sat 20:00-01:30 | | 2026-11-01T01:00-02:30 | open until 2026-11-01T01:30-02:30
Australia/Lord_Howe | Sat 20:00-01:45 | | 2026-04-05T01:40+11:00 | open until 2026-04-05T01:45+11:00
Australia/Lord_Howe | Sat 20:00-01:45 | | 2026-04-05T01:35+10:30 | closed until 2026-04-11T20:00+10:30
Africa/Casablanca | Sat 20:00-02:30 | | 2026-02-15T02:10+01:00 | open until 2026-02-15T02:30+01:00
America/Havana | Sun 00:30-06:00 | | 2026-11-01T00:45-05:00 | open until 2026-11-01T06:00-05:00
Europe/Berlin | Mon-Fri 08:00-18:00 | | 2026-10-24T12:00 | closed until 2026-10-26T08:00+01:00
Europe/Berlin | Mon-Fri 08:00-18:00 | | 2026-03-28T12:00 | closed until 2026-03-30T08:00+02:00
# Days that differ
Europe/Berlin | NORMAL | exceptions=2026-11-23 closed | 2026-11-23T10:00 | closed until 2026-11-24T08:00+01:00
Europe/Berlin | NORMAL | exceptions=2026-11-23 10:00-11:00 | 2026-11-23T08:00 | closed until 2026-11-23T10:00+01:00
Europe/Berlin | NORMAL | exceptions=2026-11-23 10:00-11:00 | 2026-11-23T11:00 | closed until 2026-11-24T08:00+01:00
Europe/Berlin | NORMAL | exceptions=2026-11-29 10:00-11:00 | 2026-11-28T14:00 | closed until 2026-11-29T10:00+01:00
Europe/Berlin | NORMAL | exceptions=2026-12-24 to 2027-01-03 closed | 2026-12-23T18:00 | closed until 2027-01-04T08:00+01:00
Europe/Berlin | NORMAL | exceptions=2026-12-31 22:00-02:00 | 2026-12-31T23:59 | open until 2027-01-01T02:00+01:00
Europe/Berlin | Mon-Sun 24h | exceptions=2026-11-23 closed | 2026-11-22T12:00 | open until 2026-11-23T00:00+01:00
Europe/Berlin | Mon-Sun closed | exceptions=2027-06-01 08:00-09:00 | 2026-11-22T12:00 | closed until 2027-06-01T08:00+02:00
# Public holidays
Europe/Berlin | NORMAL | holidays=DE | 2026-12-25T10:00 | closed until 2026-12-28T08:00+01:00
Europe/Berlin | NORMAL | holidays=DE | 2027-01-06T10:00 | open until 2027-01-06T12:00+01:00
Europe/Berlin | NORMAL | holidays=DE-BY | 2027-01-06T10:00 | closed until 2027-01-07T08:00+01:00
Europe/Berlin | NORMAL; Holidays 10:00-12:00 | holidays=DE | 2026-12-25T10:00 | open until 2026-12-25T12:00+01:00
Europe/Berlin | NORMAL | holidays=DE; exceptions=2026-12-25 09:00-10:00 | 2026-12-25T09:30 | open until 2026-12-25T10:00+01:00
America/Halifax | NORMAL | holidays=CA-NS | 2026-11-11T10:00 | closed until 2026-11-12T08:00-04:00
America/Halifax | NORMAL | holidays=CA | 2026-11-11T10:00 | open until 2026-11-11T12:00-04:00
Australia/Sydney | NORMAL | holidays=AU-NSW | 2027-01-26T10:00 | closed until 2027-01-27T08:00+11:00
Africa/Casablanca | NORMAL | holidays=MA | 2026-11-18T10:00 | closed until 2026-11-19T08:00+01:00
Asia/Kathmandu | Sun, Mon-Fri 10:00-16:00 | holidays=NP | 2026-11-21T12:00 | closed until 2026-11-22T10:00+05:45
# A pause
Europe/Berlin | NORMAL | pause=until 2026-11-23 10:30 WHY | 2026-11-23T09:00 | closed until 2026-11-23T10:30+01:00
Europe/Berlin | NORMAL | pause=until 2026-11-23 13:00 WHY | 2026-11-23T09:00 | closed until 2026-11-23T14:00+01:00
Europe/Berlin | NORMAL | pause=until 2026-11-23 10:30 WHY | 2026-11-23T10:30 | open until 2026-11-23T12:00+01:00
Europe/Berlin | Mon-Sun 24h | pause=until 2026-11-23 10:30 WHY | 2026-11-23T09:00 | closed until 2026-11-23T10:30+01:00
Europe/Berlin | Mon-Sun 24h | pause=until 2026-03-29 02:30 WHY | 2026-03-29T01:00 | closed until 2026-03-29T03:00+02:00
Europe/Berlin | NORMAL | pause=billing until 2026-11-23 10:30 WHY | 2026-11-23T09:00 | open until 2026-11-23T12:00+01:00
""".replace("NORMAL", NORMAL).replace("WHY", "by Dr Wu: Ill.")
ROWS = [[part.strip() for part in line.split("|")] for line in CASES.splitlines() if line and not line.startswith("#")]


def clinic_in(zone: str, number: str = "112") -> Clinic:
    return Clinic("id", "elm", "Elm Street Surgery", "en", zone, number, "https://elm.example/contact/elm")


def read(**texts: str) -> dict:
    """All settings, those that are given with `;` for the end of a line."""
    return {each.name: each.read(texts.get(each.name, each.default).replace("; ", "\n")) for each in hours.settings()}


def moment(text: str, zone: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.astimezone(ZoneInfo(zone)) if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))


def told(settings: dict, zone: str, at: datetime) -> str:
    """What the card says, as the table does."""
    found = hours.availability(settings, clinic_in(zone), "en", at)
    until = f" until {found.changes_at.isoformat('T', 'minutes')}" if found.changes_at else ""
    return ("open" if found.open else "closed") + until


@pytest.mark.parametrize(("zone", "week", "differs", "at", "truth"), ROWS)
def test_the_card_says_whether_it_is_open_and_when_that_changes(zone, week, differs, at, truth):
    settings = read(weekly=week, **dict(part.split("=", 1) for part in differs.split("; ") if part))
    here = moment(at, zone)
    assert told(settings, zone, here) == truth
    calendar, minute = hours.calendar(settings, clinic_in(zone)), int(here.timestamp())
    assert slow(calendar, minute, 1) == [truth.startswith("open")], "the slow clock agrees"
    if (change := calendar.state(minute)[1]) and change - minute < 2 * 86_400:
        assert slow(calendar, minute, int(change - minute) // 60 + 1)[-1] is not truth.startswith("open")


def test_there_are_many_cases():
    assert len(ROWS) >= 80 and len({row[0] for row in ROWS}) >= 8


@pytest.mark.parametrize(("promise", "at", "by"), [
    ("4 hours", "2026-11-23T08:00", "2026-11-23T12:00"),  # to the end of the morning
    ("4 hours", "2026-11-23T09:30", "2026-11-23T15:30"),  # the lunch does not count
    ("4 hours", "2026-11-23T19:00", "2026-11-24T12:00"),  # from the next opening
    ("90 minutes", "2026-11-28T12:30", "2026-11-30T09:00"),  # over a Sunday
    ("30 minutes", "2026-12-24T17:45", "2026-12-28T08:15"),  # over Christmas
    ("1 working day", "2026-11-23T10:30", "2026-11-24T10:30"),
    ("1 working day", "2026-11-23T11:59", "2026-11-24T11:59"),
    ("1 working day", "2026-11-22T12:00", "2026-11-24T08:00"),  # what comes on Sunday came on Monday at 8
    ("1 working day", "2026-11-27T17:00", "2026-11-28T13:00"),  # a short Saturday: by its end
    ("1 working day", "2026-11-27T08:30", "2026-11-28T09:00"),  # it opens later
    ("2 working days", "2026-11-27T12:30", "2026-11-30T14:00"),  # in a lunch break: when it opens again
    ("2 working days", "2026-12-23T10:00", "2026-12-28T10:00"),
    ("1 working day", "2026-03-28T12:30", "2026-03-30T14:00")])
def test_a_promise_counts_open_time(promise, at, by):
    settings, zone = read(weekly=NORMAL, holidays="DE", promise=promise), "Europe/Berlin"
    found = hours.availability(settings, clinic_in(zone), "en", moment(at, zone))
    assert found.promised_at == moment(by, zone)


def test_the_promise_of_two_hours_is_two_hours_in_the_night_in_which_the_clocks_change():
    settings, zone = read(weekly="Mon-Sun 24h", promise="2 hours"), "Europe/Berlin"
    for day, ends in (("2026-03-29", "04:00+02:00"), ("2026-10-25", "02:00+01:00")):
        found = hours.availability(settings, clinic_in(zone), "en", moment(f"{day}T01:00", zone))
        assert found.promised_at.isoformat("T", "minutes") == f"{day}T{ends}"


def test_categories_with_hours_of_their_own():
    zone, settings = "Europe/Berlin", read(
        weekly="Mon-Fri 08:00-18:00; prescription: Mon-Fri 08:00-10:00; urgent: Mon-Sun 24h; billing: Mon-Sun never",
        exceptions="2026-12-24 08:00-09:00; prescription: 2026-12-23 closed; test-result: 2026-11-23 closed",
        promise="4 hours; billing: 2 working days")

    def opens(at: str) -> set[str]:
        found = hours.availability(settings, clinic_in(zone), "en", moment(at, zone))
        assert set(found.categories) == {"prescription", "urgent", "billing", "test-result"}
        return {name for name, there in found.categories.items() if there} | ({"clinic"} if found.open else set())

    assert opens("2026-11-23T09:00") == {"clinic", "prescription", "urgent"}
    assert opens("2026-11-24T11:00") == {"clinic", "urgent", "test-result"} and opens("2026-11-22T11:00") == {"urgent"}
    assert opens("2026-12-24T08:30") == {"clinic", "prescription", "urgent", "test-result"}, "its days narrow all of them"
    assert opens("2026-12-24T09:30") == set() and opens("2026-12-23T09:00") == {"clinic", "urgent", "test-result"}
    at = moment("2026-11-23T12:00", zone).timestamp()
    assert hours.due(settings, clinic_in(zone), "prescription", at) == moment("2026-11-25T10:00", zone).timestamp()
    assert hours.due(settings, clinic_in(zone), "other", at) == at + 4 * 3600
    assert hours.due(settings, clinic_in(zone), "billing", at) is None, "never open: nothing can be promised"


def test_without_hours_nobody_says_whether_it_is_open():
    found = hours.availability(read(), clinic_in("Europe/Berlin"), "en", moment("2026-11-23T03:00", "Europe/Berlin"))
    assert (found.open, found.changes_at, found.promised_at, found.promise, found.categories) == (None, None, None, None, {})
    assert list(hours.notices(read(), clinic_in("Europe/Berlin"), "en", moment("2026-11-23T03:00", "Europe/Berlin"))) == []


@pytest.mark.parametrize(("name", "text", "fault"), [
    ("weekly", "Mon 08:00-12:00; Mom 08:00-12:00", "line 2: “Mom” is no day; days are Mon, Tue"),
    ("weekly", "Mo 08:00-12:00", "line 1: “Mo” is no day"),
    ("weekly", "Mon 8-12", "line 1: “Mon 8-12” is not written like “Mon-Fri 08:00-12:00, 14:00-18:00”"),
    ("weekly", "open", "line 1: “open” is not written like"),
    ("weekly", "Mon 08:00-25:00", "line 1: in “08:00-25:00” stands no time of day; the last is 24:00"),
    ("weekly", "Mon 08:00-11:60", "line 1: in “08:00-11:60” stands no time of day"),
    ("weekly", "Mon 08:00 to noon", "line 1: “08:00 to noon” is not written like “08:00-18:00”"),
    ("weekly", "Mon 08:00-12:00 14:00-18:00", "line 1: “08:00-12:00 14:00-18:00” is not written like"),
    ("weekly", "Mon 08:00-08:00", "line 1: “08:00-08:00” closes when it opens; around the clock is 24h"),
    ("weekly", "Mon 24:00-08:00", "line 1: “24:00-08:00” closes when it opens"),
    ("weekly", "Mon 08:00-12:00, 11:00-14:00", "line 1: in “08:00-12:00, 11:00-14:00” hours overlap"),
    ("weekly", "Mon-Fri 08:00-12:00; Wed 08:00-10:00", "line 2: “Wed” has hours in a line above; put them into one line"),
    ("weekly", "Fri-Mon 08:00-12:00", "line 1: “Fri-Mon” does not go from a day to a later one"),
    ("weekly", "Sun-Holidays 08:00-12:00", "line 1: “Sun-Holidays” does not go from a day to a later one"),
    ("weekly", "# our week; ; Mon 1:00; Tue x", "line 3: “1:00” is not written like “08:00-18:00”; line 4: “Tue x”"),
    ("exceptions", "24.12.2026 closed", "line 1: “24.12.2026” is no day; write 2026-12-24"),
    ("exceptions", "2026-02-30 closed", "line 1: “2026-02-30” is no day"),
    ("exceptions", "9999-12-31 closed", "line 1: “9999-12-31” is no day"),
    ("exceptions", "2026-12-24 to 2026-12-20 closed", "line 1: “2026-12-24 to 2026-12-20” does not go from a day to a later one"),
    ("exceptions", "2026-12-24 to 2036-12-24 closed", "within 400 days"),
    ("exceptions", "2026-12-24 closed; 2026-12-20 to 2026-12-27 closed", "line 2: “2026-12-20 to 2026-12-27” has hours in"),
    ("holidays", "XX", "line 1: of the country “XX” no holidays are known"),
    ("holidays", "DE-ZZ", "line 1: “ZZ” is no part of DE with holidays of its own; such are BB, BE"),
    ("holidays", "my birthday", "line 1: “my birthday” is not written like “DE-BY, FR”"),
    ("pause", "until Monday by Dr Wu: Ill.", "line 1: “until Monday by Dr Wu: Ill.” is not written like “until 2026-12-01 18:00"),
    ("pause", "until 2026-12-01 18:00: Ill.", "is not written like"),
    ("pause", "until 2026-12-01 18:00 by Dr Wu", "is not written like"),
    ("pause", "until 2026-12-32 18:00 by Dr Wu: Ill.", "line 1: “2026-12-32 18:00” is no day"),
    ("promise", "soon", "line 1: “soon” is not written like “4 hours”, “1 working day”"),
    ("promise", "0 hours", "line 1: “0 hours”"),
    ("promise", "4 hours; 5 hours", "line 2: a line above promises something already"),
    ("ladder", "-1 day: assign", "line 1: “-1 day: assign” is not written like “-30 min: assign Ana Ruiz"),
    ("ladder", "0: mail", "line 1: to whom does the mail go?"), ("ladder", "0: urgent Ana", "line 1: “urgent” is for everybody"),
    ("ladder", "0: call Ana", "line 1: “0: call Ana” is not written like"),
    ("away", "Ana Ruiz", "line 1: “Ana Ruiz” is not written like"),
    ("away", "Ana: 2026-12-24 to 2026-12-20", "line 1: it ends before"),
    ("pause", "until 9999-12-31 by Dr Wu: Ill.", "line 1: “9999-12-31” is no day"),
    ("away", "Ana: until 2026-02-30", "line 1: “2026-02-30” is no day")])
def test_every_mistake_is_told_with_its_line(name, text, fault):
    with pytest.raises(ValueError, match=r"^line \d") as told:
        read(**{name: text})
    assert fault in str(told.value)


@pytest.mark.parametrize("text", [
    "Monday-Friday 8:00-18:00", "mon–fri: 08:00–18:00", "Mon, Tue, Wed, Thu, Fri 08:00 - 18:00",
    "# ours; Mon-Fri 08:00-18:00  # all"])
def test_hours_are_read_as_people_write_them(text):
    assert read(weekly=text)["weekly"].found == {"": dict.fromkeys(range(5), ((480, 1080),))}


@pytest.mark.parametrize("name", ["weekly", "exceptions", "holidays", "pause", "promise", "ladder", "away"])
@pytest.mark.parametrize("text", [
    "Mon" + " " * 50_000 + "x", "a" * 50_000, "a-" * 25_000, "Mon 08:00-09:00," * 3_000, "x, " * 16_000, "\t:" * 25_000,
    ("a " * 490 + "\n") * 50, ("until 2026-12-01 by " * 45 + "\n") * 50, "0: assign " + "a, " * 15_000 + ":"])
def test_a_long_text_is_refused_as_quickly_and_told_in_short(name, text):
    before = time.process_time()
    try:
        read(**{name: text})
    except ValueError as error:
        assert len(str(error)) < 500 * len(text.splitlines())
    assert time.process_time() - before < 0.25, "what reading may take"


@pytest.mark.parametrize(("text", "day"), [
    ("de-by", "2027-01-06"), ("DE-Augsburg", "2027-08-08"), ("US", "2026-07-03"), ("DE; CA-NS", "2026-11-11"),
    ("DE, ca-ns,FR", "2026-11-11"), ("AU-nsw", "2027-01-26")])
def test_holidays_of_a_country_a_part_of_it_and_several(text, day):
    settings = read(weekly="Mon-Sun 24h", holidays=text)
    assert told(settings, "Europe/Berlin", moment(f"{day}T12:00", "Europe/Berlin")).startswith("closed until ")


def test_a_text_is_read_once():
    assert read(weekly=NORMAL)["weekly"] is read(weekly=NORMAL)["weekly"]
    berlin, kathmandu = clinic_in("Europe/Berlin"), clinic_in("Asia/Kathmandu")
    assert hours.calendar(read(weekly=NORMAL), berlin) is hours.calendar(read(weekly=NORMAL), berlin)
    assert hours.calendar(read(weekly=NORMAL), berlin) is not hours.calendar(read(weekly=NORMAL), kathmandu)


@pytest.mark.parametrize("language", LANGUAGES)
def test_visitors_read_in_their_language_until_when_it_is_closed(language):
    settings, clinic = read(weekly=NORMAL, promise="1 working day"), clinic_in("Europe/Berlin")
    [notice] = hours.notices(settings, clinic, language, moment("2026-11-22T12:00", "Europe/Berlin"))
    found = hours.availability(settings, clinic, language, moment("2026-11-22T12:00", "Europe/Berlin"))
    assert notice.tone == "closed" and "23" in notice.text and "24" in found.promise
    assert ("closed now" in notice.text) is (language == "en") and ("We answer" in found.promise) is (language == "en")
    assert list(hours.notices(settings, clinic, language, moment("2026-11-23T09:00", "Europe/Berlin"))) == []


def test_a_pause_says_why_and_until_when_and_nothing_new_begins():
    settings, zone = read(weekly=NORMAL, pause="medical until 2026-11-23 17:00 by Dr Wu: Two doctors are ill."), "Europe/Berlin"
    during, after = moment("2026-11-23T09:00", zone), moment("2026-11-23T17:00", zone)
    [notice] = hours.notices(settings, clinic_in(zone), "en", during)
    assert notice.text.startswith("We take no new messages on some topics until Mon, Nov 23, 5:00")
    assert notice.text.endswith("Two doctors are ill.") and "Wu" not in notice.text
    assert hours.availability(settings, clinic_in(zone), "en", during).categories == dict.fromkeys(hours.MEDICAL, False)
    assert list(hours.notices(settings, clinic_in(zone), "en", after)) == []

    def refused(category: str, now: datetime, first: bool = True) -> str | None:
        found = hours.screen(Draft("text", {"text": "x"}, category, "en", first), settings, clinic_in(zone, "999"), "en", now)
        return found and found.refuse

    assert "Two doctors are ill. If this is an emergency, call 999 now." in refused("prescription", during)
    assert refused("billing", during) is None and refused("prescription", after) is None
    assert refused("prescription", during, first=False) is None, "who has a conversation goes on in it"


def test_who_is_away_is_stood_in_for_and_who_stands_in_may_be_away_too():
    away = hours.away("""Ana Ruiz: 2026-12-21 to 2026-12-23, cover Ben Wolf
        Ben Wolf: until 2026-12-22 14:30, cover Cy Young
        Dee: 2026-12-21, cover Eve
        Eve: 2026-12-21 cover Dee
        Finn: 2026-12-22 08:00 to 2026-12-22 09:00""").found

    def present(at: str, *names: str) -> list[str]:
        return hours.present(list(names), away, datetime.fromisoformat(at))

    assert present("2026-12-20T12:00", "Ana Ruiz", "Gus") == ["Ana Ruiz", "Gus"]
    assert present("2026-12-21T12:00", "Ana Ruiz", "Gus") == ["Cy Young", "Gus"]
    assert present("2026-12-22T14:30", "ana ruiz", "Ben Wolf") == ["Ben Wolf"]
    assert present("2026-12-24T00:00", "Ana Ruiz") == ["Ana Ruiz"] and present("2026-12-23T23:59", "Ana Ruiz") == ["Ben Wolf"]
    assert present("2026-12-21T12:00", "Dee", "Eve") == [], "each stands in for the other"
    assert present("2026-12-22T08:59", "Finn") == [] and present("2026-12-22T09:00", "Finn") == ["Finn"]


def test_the_ladder_is_climbed_in_the_order_of_time():
    found = read(ladder="+60min: mail a@b.example, Ana; 0: urgent; -1 h: assign; -30min: assign Ana, Ben")["ladder"].found
    assert [(rung.after, rung.act, rung.to) for rung in found] == [
        (-3600, "assign", ()), (-1800, "assign", ("Ana", "Ben")), (0, "urgent", ()), (3600, "mail", ("a@b.example", "Ana"))]


def test_what_takes_long_to_load_is_there_before_somebody_waits():
    """A new program that has read its settings: what is loaded, and how long the first visitor waits for each language. What
    writes times is loaded by who serves; the process that delivers and the commands name the plugin and do without."""
    run = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True, cwd=ROOT)
    needless, loaded, *milliseconds = run.stdout.split()
    assert (needless, loaded) == ("False", "True") and max(map(float, milliseconds)) < 50, "what a hook may take"


FIRST = """
import sys, time
from datetime import datetime
from zoneinfo import ZoneInfo
from securemsg import LANGUAGES, Clinic
from securemsg.plugins import hours
from securemsg.words import moments
settings = {each.name: each.read({"weekly": "Mon 08:00-12:00", "holidays": "DE-BY", "promise": "4 hours"}.get(each.name, ""))
            for each in hours.settings()}
print("babel" in sys.modules)
moments.load()
print({"babel.dates", "holidays.countries"} <= set(sys.modules))
clinic = Clinic("id", "elm", "Elm", "en", "Europe/Berlin", "112", "https://elm.example")
for language in LANGUAGES:
    before = time.process_time()
    assert hours.availability(settings, clinic, language, datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Europe/Berlin"))).promise
    print((time.process_time() - before) * 1000)
"""


def test_the_card_is_quick():
    weekly = "; ".join([NORMAL, *(f"topic-{number}: Mon-Fri 08:00-1{number}:00" for number in range(7))])
    settings = read(weekly=weekly, holidays="DE-BY", exceptions="2026-12-24 to 2027-01-03 closed", promise="1 working day")
    clinic, best = clinic_in("Europe/Berlin"), 1.0
    for minute in range(20):
        at = datetime.fromtimestamp(1_795_700_000 + minute * 60, UTC).astimezone(ZoneInfo("Europe/Berlin"))
        before = time.perf_counter()
        assert hours.availability(settings, clinic, "en", at).promise
        best = min(best, time.perf_counter() - before)
    assert best < 0.001
