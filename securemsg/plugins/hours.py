"""When a clinic is open, by when it answers, and who is called before that promise breaks.

What a clinic sets are texts, line by line as people write them. Promises and the ladder count open time alone. Moments are POSIX
seconds.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields, validate

from securemsg import (
    Availability,
    Calendar,
    Clinic,
    Lines,
    Notice,
    PersonalData,
    Promise,
    Screening,
    Setting,
    Tool,
    exceptional_hours,
    hookimpl,
    lines,
    moment,
    moment_of,
    names,
    public_holidays,
    say,
    wall_time,
    weekly_hours,
)

MEDICAL = ("medical-question", "prescription", "test-result")
SECONDS = {"minute": 60, "hour": 3600}
MICRO = 1_000_000
LONG = 400 * 86_400  # seconds: until further notice

_WALL = r"\d{4}-\d\d-\d\d(?: \d?\d:\d\d)?"
_PAUSE = rf"(?:(?P<names>[a-z0-9, -]+?) )?until (?P<until>{_WALL}) by (?P<who>[^:]+): *(?P<reason>.+)"
_PROMISE = r"(?:(?P<of>[a-z][a-z0-9-]*): +)?(?P<number>[1-9]\d{0,2}) (?P<unit>minute|hour|working day)s?"
_RUNG = r"(?:(?P<sign>[+-]?)(?P<number>\d{1,4}) ?(?P<unit>min|h)|0): *(?P<act>assign|urgent|mail)(?: +(?P<to>.+))?"
_AWAY = rf"(?P<who>[^:]+): *(?:until (?P<until>{_WALL})|(?P<first>{_WALL})(?: to (?P<last>{_WALL}))?)(?:,? cover (?P<cover>.+))?"


@dataclass(frozen=True)
class Pause:
    """No new conversations in these categories ("" for all) until then, by the clinic's clocks."""

    names: tuple[str, ...]
    until: datetime
    who: str
    reason: str


@dataclass(frozen=True)
class Rung:
    """What is done that much open time (seconds) after an answer was due, or before: `act` is assign, urgent or mail."""

    after: int
    act: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Away:
    """Who is not there, by the name that colleagues use, and who stands in ("" for nobody)."""

    who: str
    begins: datetime
    ends: datetime
    cover: str


# The clinic's texts
def _add_pause(found: list, line: re.Match) -> None:
    of = tuple(name.strip() for name in (line["names"] or "").split(","))
    found.append(Pause(MEDICAL if of == ("medical",) else of, wall_time(line["until"], end=True), line["who"], line["reason"]))


def _add_promise(found: dict, line: re.Match) -> None:
    if (name := line["of"] or "") in found:
        raise ValueError("a line above promises something already")
    found[name] = int(line["number"]), line["unit"]


def _add_rung(found: list, line: re.Match) -> None:
    to = names(line["to"] or "")
    if line["act"] != "assign" and bool(to) is not (line["act"] == "mail"):
        raise ValueError("to whom does the mail go?" if line["act"] == "mail" else "“urgent” is for everybody, without a name")
    seconds = int(line["number"] or 0) * (60 if line["unit"] == "min" else 3600)
    found.append(Rung(-seconds if line["sign"] == "-" else seconds, line["act"], to))
    found.sort(key=lambda rung: rung.after)


def _known(of: Callable[[Any], Iterable[str]]) -> Callable[[Lines, Clinic], None]:
    """Refuses names of categories that the clinic does not have: what is said of a misspelt one would never count."""
    def check(read: Lines, clinic: Clinic) -> None:
        if unknown := sorted({*of(read.found)} - {"", *clinic.categories}):
            raise ValueError(f"there is no category {', '.join(f'“{each}”' for each in unknown)} here; there are "
                             f"{', '.join(clinic.categories)}")

    return check


def _paused_names(found: list[Pause]) -> Iterator[str]:
    return (name for each in found if each.names != MEDICAL for name in each.names)


def _add_away(found: list, line: re.Match) -> None:
    begins = wall_time(line["first"]) if line["first"] else datetime.min
    ends = wall_time(line["until"] or line["last"] or line["first"], end=True)
    if begins >= ends:
        raise ValueError("it ends before it begins")
    found.append(Away(line["who"], begins, ends, line["cover"] or ""))


pauses = lines(list, _PAUSE, "until 2026-12-01 18:00 by Dr Wu: The computers are down.", _add_pause)
promises = lines(dict, _PROMISE, "4 hours”, “1 working day”, “prescription: 2 working days", _add_promise)
ladder = lines(list, _RUNG, "-30 min: assign Ana Ruiz, Ben Wolf”, “0: urgent”, “+1 h: mail manager@clinic.example", _add_rung)
away = lines(list, _AWAY, "Ana Ruiz: 2026-12-21 to 2027-01-02, cover Ben Wolf”, “Dr Wu: until 2026-12-01 14:30", _add_away)


@hookimpl
def settings():
    """All of them for each clinic, read on its own clocks."""
    yield Setting("weekly", "", "When the clinic is open: “Mon-Fri 08:00-12:00, 14:00-18:00”, “Sat 22:00-02:00” (over midnight), "
                  "“Sun 24h”, “Holidays closed”. Days that are not named are closed. “prescription: Mon-Fri 08:00-10:00” gives a "
                  "category a week of its own, outside which nothing new begins in it.", weekly_hours, rows=7,
                  label="Opening hours", check=_known(iter))
    yield Setting("exceptions", "", "Days that differ: “2026-12-24 08:00-12:00”, “2026-12-27 to 2027-01-02 closed”; of one "
                  "category: “prescription: 2026-12-24 closed”.", exceptional_hours, rows=5,
                  label="Days that differ", check=_known(iter))
    yield Setting("holidays", "", "Whose public holidays count: “CA-NS”, “DE-BY”, “FR”. The clinic is closed on them, unless "
                  "Holidays or the day itself have hours.", public_holidays, label="Public holidays")
    yield Setting("pause", "", "Take no new conversations for a while: “until 2026-12-01 18:00 by Dr Wu: The computers are "
                  "down.” For some categories: “prescription, billing until …”; “medical until …” is for questions, "
                  "prescriptions and results. It ends by itself; visitors read the reason.", pauses, rows=2, label="Pause",
                  check=_known(_paused_names))
    yield Setting("promise", "", "By when visitors are answered, in open time: “4 hours”, “1 working day”, “prescription: 2 "
                  "working days”.", promises, rows=2, label="When answers are promised", check=_known(iter))
    yield Setting("ladder", "", "What is done before that promise breaks, or after, in open time: “-30 min: assign Ana Ruiz, Ben "
                  "Wolf” (the first who is there; by name, title or role), “0: urgent”, “+1 h: mail manager@clinic.example”.",
                  ladder, rows=4, label="Before a promise breaks")
    yield Setting("away", "", "Who is not there, and who stands in: “Ana Ruiz: 2026-12-21 to 2027-01-02, cover Ben Wolf”. Who is "
                  "in a visit says so in any conversation, or here: “Dr Wu: until 2026-12-01 14:30”.", away, rows=4,
                  label="Who is away")


@hookimpl
def personal_data():
    yield PersonalData("When staff are away or in a visit", "No message waits for somebody who is not there")
    yield PersonalData("By when an answer is promised, and until when a visitor was told that the clinic is closed",
                       "It is said once, and the promise is kept")
    yield PersonalData("The reference of a conversation that waits, by mail, and nothing else of it", "Somebody answers",
                       "people of the clinic, addresses that its ladder names")


# What follows from them
def calendar(settings: Mapping[str, Lines], clinic: Clinic, category: str = "") -> Calendar:
    """When a category is open; without hours of its own it is when the clinic is, and without any it always is."""
    return _calendar(clinic.timezone, category, *(settings[name] for name in ("weekly", "exceptions", "holidays", "pause")))


@lru_cache(maxsize=1_000)
def _calendar(timezone: str, category: str, weekly: Lines, exceptions: Lines, free: Lines, pauses: Lines) -> Calendar:
    zone, whole, own = ZoneInfo(timezone), exceptions.found.get("", {}), category in weekly.found
    week = weekly.found.get(category) or weekly.found.get("") or dict.fromkeys(range(8), ((0, 1440),))
    dates = ({} if own else whole) | exceptions.found.get(category, {})
    until = max((moment_of(zone, each.until) for each in pauses.found if {"", category} & {*each.names}), default=0)
    days = tuple(week.get(day, ()) for day in range(8))
    return Calendar(zone, days, dates, whole if own else {}, sum(free.found[1:], free.found[0]) if free.found else (), until)


def due(settings: Mapping[str, Lines], clinic: Clinic, category: str, at: float) -> float | None:
    """By when what comes at a moment is answered; None: nothing is promised."""
    number, unit = settings["promise"].found.get(category) or settings["promise"].found.get("") or (0, "")
    there = calendar(settings, clinic, category)
    if unit == "working day":
        return there.working_days_after(at, number)
    return there.after(at, number * SECONDS[unit]) if number else None


def lasting(settings: Mapping[str, Lines], clinic: Clinic, at: float) -> Iterator[Pause]:
    """The pauses that have not ended."""
    zone = ZoneInfo(clinic.timezone)
    return (each for each in settings["pause"].found if at < moment_of(zone, each.until))


def present(wanted: list[str], away: list[Away], wall: datetime) -> list[str]:
    """Who of them is there, in their order; for who is away whoever stands in, if that one is there."""
    gone = {each.who.casefold(): each.cover for each in away if each.begins <= wall < each.ends}
    for _ in gone:  # who stands in may be away as well
        wanted = [gone.get(name.casefold(), name) for name in wanted]
    return [name for name in dict.fromkeys(wanted) if name and name.casefold() not in gone]


# While somebody waits
@hookimpl
def availability(settings, clinic, locale, now):
    """Of the clinic, and of the categories that have hours or a pause of their own."""
    at, zone = now.timestamp(), now.tzinfo
    paused = {name for each in lasting(settings, clinic, at) for name in each.names}
    states = {name: calendar(settings, clinic, name).state(at)
              for name in {*settings["weekly"].found, *settings["exceptions"].found, *paused}}
    here, changes = states.pop("", (None, None))
    by = due(settings, clinic, "", at)
    own = {name: each for name in {*states, *settings["promise"].found} - {""} if (each := due(settings, clinic, name, at)) != by}
    return Availability(here, datetime.fromtimestamp(changes, zone) if changes else None,
                        datetime.fromtimestamp(by, zone) if by else None, _promise(clinic, by, locale) if by else None,
                        {name: there for name, (there, _) in states.items()},
                        {name: Promise(_promise(clinic, each, locale), datetime.fromtimestamp(each, zone))
                         for name, each in own.items() if each})


@hookimpl
def notices(settings, clinic, locale, now):
    at, whole = now.timestamp(), calendar(settings, clinic)
    pauses = list(lasting(settings, clinic, at))
    yield from (Notice(_paused(clinic, each, locale), "closed") for each in pauses)
    there, changes = whole.state(at)
    if not there and not any("" in each.names for each in pauses):
        yield Notice(_closed(clinic, changes, locale), "closed")


@hookimpl
def screen(draft, settings, clinic, locale, now):
    """While a category is paused nothing new begins in it; who has a conversation goes on in it."""
    if not draft.first:
        return None
    pauses = (each for each in lasting(settings, clinic, now.timestamp()) if {"", draft.category} & {*each.names})
    if each := next(pauses, None):
        return Screening(refuse=f"{_paused(clinic, each, locale)} {_emergency(clinic, locale)}")
    return None


def _closed(clinic: Clinic, changes: float | None, language: str) -> str:
    if changes is None:
        return say("We are closed until further notice.").to(language)
    return say("We are closed now. We read messages again from {when} on.", when=_when(clinic, changes, language)).to(language)


def _paused(clinic: Clinic, each: Pause, language: str) -> str:
    """With the reason as the clinic wrote it."""
    when = _when(clinic, moment_of(ZoneInfo(clinic.timezone), each.until), language)
    if "" in each.names:
        return say("We take no new messages until {when}. {reason}", when=when, reason=each.reason).to(language)
    return say("We take no new messages on some topics until {when}. {reason}", when=when, reason=each.reason).to(language)


def _promise(clinic: Clinic, by: float, language: str) -> str:
    return say("We answer by {when}.", when=_when(clinic, by, language)).to(language)


def _emergency(clinic: Clinic, language: str) -> str:
    return say("If this is an emergency, call {number} now. Do not wait for an answer here.",
               number=clinic.emergency_number).to(language)


def _when(clinic: Clinic, at: float, language: str) -> str:
    return moment(datetime.fromtimestamp(at, ZoneInfo(clinic.timezone)), language)


# After the commit
@hookimpl
def message_received(message, at, desk):
    """Who writes while it is closed is told once, until it opens; from now on the answer is due, if none was."""
    conversation, since = desk.conversation(message.conversation), at / MICRO
    if conversation.waiting_since is None:
        return  # answered already, or closed
    by = due(_settings(desk), desk.clinic, conversation.category, since)
    _tell_closed(desk, conversation, since, by)
    if by and "due" not in desk.kept(conversation):
        desk.promise(conversation, round(by * MICRO))
        desk.keep(conversation, due=by)
        _climb(desk, conversation, 0, since, by)


def _tell_closed(desk, conversation, at: float, by: float | None) -> None:
    there, changes = calendar(_settings(desk), desk.clinic, conversation.category).state(at)
    until = changes or at + LONG
    if there or until <= desk.now / MICRO or at < desk.kept(conversation).get("told", 0):
        return  # open, or by now it is; or they know
    language = conversation.language
    said = [say("Your message has arrived.").to(language), _closed(desk.clinic, changes, language)]
    said += [_promise(desk.clinic, by, language)] if by else []
    desk.reply(conversation, *said, _emergency(desk.clinic, language))
    desk.keep(conversation, told=until)


def _climb(desk, conversation, number: int, since: float, by: float) -> None:
    """Ask to be told when it is time for that rung of the ladder."""
    rungs = desk.setting("ladder").found
    if number < len(rungs):
        there = calendar(_settings(desk), desk.clinic, conversation.category)
        at = there.after(since, max(0.0, there.between(since, by) + rungs[number].after))
        if at is not None:
            desk.schedule(conversation, round(at * MICRO), "ladder", once=True, number=number, since=since, by=by)


@hookimpl
def task_due(task, desk):
    """One rung, if somebody still waits; then the next."""
    rungs, number, by = desk.setting("ladder").found, task.data["number"], task.data["by"]
    if task.conversation.waiting_since is not None and number < len(rungs):
        _act(desk, task.conversation, rungs[number], by)
        _climb(desk, task.conversation, number + 1, task.data["since"], by)


def _act(desk, conversation, rung: Rung, by: float) -> None:
    clinic, people = desk.clinic, _people(desk, conversation, rung)
    text = say("An answer is due by {when}.", when=_when(clinic, by, clinic.locale)).to(clinic.locale)
    letters = [*(name for name in rung.to if "@" in name), *([desk.people(*people)] if people else [])]
    if rung.act == "urgent":
        desk.urgent(conversation)
    elif rung.act == "mail" and letters and desk.can_mail:
        for to in letters:
            desk.mail(to, say("A message waits for an answer").to(clinic.locale), f"{conversation.reference}: {text}",
                      about=conversation)
    else:  # also a mail that nobody could get: to the first who is there, else to everybody
        desk.assign(conversation, text, due=round(by * MICRO), urgent=desk.now >= by * MICRO, name="ladder",
                    to=next(iter(people), None))


def _people(desk, conversation, rung: Rung) -> list[str]:
    """The ids of those of the rung who are there, by their names, titles or roles; where it names nobody, whoever claimed it."""
    staff, wall = desk.staff(), datetime.fromtimestamp(desk.now / MICRO, ZoneInfo(desk.clinic.timezone)).replace(tzinfo=None)
    wanted = [each.name for to in rung.to for each in staff if to.casefold() in each.called]
    wanted = wanted if rung.to else [each.name for each in staff if each.id == conversation.claimed_by]
    busy = desk.kept(None).get("busy", {})
    ids = {each.name.casefold(): each.id for each in staff if busy.get(each.id, 0) <= desk.now}
    return [ids[name.casefold()] for name in present(wanted, desk.setting("away").found, wall) if name.casefold() in ids]


@hookimpl
def reply_sent(message, at, desk):
    """An answer. A message that came after it waits for the next."""
    waits = desk.conversation(message.conversation).waiting_since
    if waits is None or waits > at:
        _answered(desk, message.conversation)


@hookimpl
def conversation_closed(conversation, at, desk):
    _answered(desk, conversation)


def _answered(desk, conversation) -> None:
    if "due" in desk.kept(conversation):
        desk.cancel(conversation, "ladder")
        desk.done(conversation, "ladder")
        desk.promise(conversation, None)
        desk.keep(conversation, due=None)


def _settings(desk) -> dict[str, Lines]:
    return {name: desk.setting(name) for name in ("weekly", "exceptions", "holidays", "pause", "promise")}


# For staff
class Visit(Schema):
    minutes = fields.Integer(required=True, validate=validate.Range(0, 480),
                             metadata={"label": say("For how many minutes? (0: I am back)")})


@hookimpl
def tools(settings):
    if settings["ladder"].found:
        yield Tool("visit", say("I am in a visit"), in_visit, Visit, act="claim")


def in_visit(desk, now, minutes, conversation):
    """The ladder calls somebody else until then."""
    busy = {id: until for id, until in desk.kept(None).get("busy", {}).items() if until > now}
    desk.keep(None, busy=busy | {desk.actor: now + minutes * 60 * MICRO})
