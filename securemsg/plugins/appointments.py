"""A visitor asks for an appointment, staff offer times, the visitor picks one, and a calendar entry comes with it.

A time of one person is had by one conversation: of two who pick it at the same moment one is told that somebody was quicker.
The calendar entry says when, and not why: calendars are shared, synchronised and shown on locked screens. It is an iTIP message
(RFC 5546): REQUEST, the same UID with a higher SEQUENCE when it is moved, CANCEL when it is off.
"""

import re
import unicodedata
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validate

from securemsg import (
    Choice,
    File,
    Form,
    Kind,
    Offer,
    Option,
    Panel,
    PersonalData,
    Refused,
    Setting,
    Text,
    Tool,
    hookimpl,
    moment,
    moment_of,
    say,
    wall_time,
)

SECOND = 1_000_000  # of the microseconds in which the service counts
CELL = 5 * 60  # seconds: appointments begin and end on these, so that two never overlap unseen
MOST_TIMES = 8
NONE = "none"
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d[05]")
_PARTS_OF_DAY = {"any": say("Any time"), "morning": say("In the morning"), "afternoon": say("In the afternoon")}


class Request(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 1_000), metadata={
        "label": say("What is it for?"), "rows": 3})
    when = fields.String(load_default="any", validate=validate.OneOf(_PARTS_OF_DAY, list(_PARTS_OF_DAY.values())), metadata={
        "label": say("When suits you?")})


class Chosen(Schema):
    answer = fields.String(required=True, validate=validate.Length(1, 40), metadata={"label": say("Your answer")})


class Cancelled(Schema):
    """Which appointment, by the UID of its calendar entry."""

    answer = fields.String(required=True, validate=validate.Length(1, 40), metadata={"label": say("Your answer")})


def _each_time(text: str) -> None:
    times = text.split("\n")
    if not 1 <= len(times) <= MOST_TIMES or not all(_TIME.fullmatch(each.strip()) for each in times):
        raise ValidationError(say("Please write up to {most} times, each on a line of its own, as {example}.", most=MOST_TIMES,
                                  example="2026-12-01 10:05"))


class Times(Schema):
    """What staff offer."""

    times = fields.String(required=True, validate=_each_time, metadata={
        "label": say("Times, each on a line of its own"), "rows": 4, "hint": "2026-12-01 10:05"})
    whom = fields.String(required=True, validate=validate.Length(1, 200), metadata={"label": say("With whom")})
    minutes = fields.Integer(load_default=20, strict=True, validate=validate.Range(5, 480), metadata={
        "label": say("How many minutes?")})


class Off(Schema):
    """That staff call it off."""

    reason = fields.String(load_default="", validate=validate.Length(max=500), metadata={
        "label": say("Why? The visitor reads it"), "rows": 2})
    sure = fields.Boolean(required=True, validate=validate.Equal(True), metadata={"label": say("Yes, cancel this appointment")})


def _hours(text: str) -> tuple[int, ...]:
    found = text.replace(",", " ").split()
    if not all(each.isascii() and each.isdigit() and 1 <= int(each) <= 336 for each in found):
        raise ValueError("it must be hours before the appointment, from 1 to 336, as 48, 3")
    return tuple(sorted({int(each) for each in found}, reverse=True))


def _names(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(" ".join(each.split()) for each in text.split("\n") if each.strip()))
    if any(len(each) > 80 for each in found):
        raise ValueError("each line must be one name of at most 80 characters")
    return found


def _one_line(text: str) -> str:
    if len(text) > 80 or not text.isprintable():
        raise ValueError("it must be one line of at most 80 characters")
    return text.strip()


@hookimpl
def settings():
    yield Setting("remind_hours", "24", "How many hours before an appointment the visitor is reminded: one or several, as "
                  "`48, 3`; empty for never.", _hours, label="Reminders, hours before")
    yield Setting("people", "", "With whom appointments can be, each on a line of its own: names, titles or roles of people who "
                  "work there, or other names, as `Room 3`. Empty: everybody who works in the pool that a conversation is with; "
                  "in the clinic, where it is with none.", _names, rows=3, label="With whom")
    yield Setting("title", "", "What the entry in the visitor's calendar is called. Empty: “Appointment”, in the visitor's "
                  "language. Others may read it there: it should not say why.", _one_line, label="Its title in a calendar")


@hookimpl
def personal_data():
    yield PersonalData("when somebody has an appointment, with whom, and why they asked", "kept in the conversation")
    yield PersonalData("that a time is taken", "under a keyed hash, so that nobody else is given it")
    yield PersonalData("when the appointment is, and the clinic's own title for it", "a file that the visitor may put into a "
                       "calendar", "wherever the visitor saves it")


@hookimpl
def kinds():
    yield Kind("appointments.request", say("Ask for an appointment"), Request, _asks)
    yield Kind("appointments.chosen", say("Choose a time"), Chosen, _chooses, quiet=True)
    yield Kind("appointments.cancelled", say("Cancel the appointment"), Cancelled, lambda _: say("Cancel the appointment"),
               quiet=True)


def _asks(data) -> str:
    return say("Ask for an appointment: {reason} ({when})", reason=data["reason"], when=_PARTS_OF_DAY[data["when"]])


def _chooses(data) -> str:
    return say("None of these") if data["answer"] == NONE else data["answer"]


@hookimpl
def offers(locale):
    title = say("Ask for an appointment").to(locale)
    yield Offer(title, Form(title, "appointments.request", say("Send").to(locale)))


# What staff do
@hookimpl
def tools(conversation, kept, settings, staff):
    booked, people = kept.get("booked"), _people(settings["people"], sorted(staff, key=lambda each: (
        each.id != conversation.claimed_by, each.name.casefold())))
    yield Tool("offer", say("Offer other times") if booked else say("Offer times"), offer, Times,
               choices={"whom": people} if people else {})
    if booked:
        yield Tool("cancel", say("Cancel the appointment"), cancel, Off,
                   about=say("Booked: {when}, {whom}", when=booked["wall"], whom=booked["whom"]))


def _people(named: tuple[str, ...], staff) -> dict[str, str]:
    """With whom it can be, and what colleagues call them; where nobody is named, everybody whom the conversation concerns."""
    those = [(each, [one for one in staff if each.casefold() in one.called]) for each in named] or [("", _concerned(staff))]
    return {name: label for each, found in those for name, label in (
        [(one.name, ", ".join(filter(None, (one.name, one.title)))) for one in found] or [(each, each)])}


def _concerned(staff) -> list:
    """Who is in the conversation's pool; everybody, where nobody is yet."""
    return [one for one in staff if one.in_pool] or staff


def offer(conversation, desk, now, times, whom, minutes):
    """Times that are still to come and free, for the visitor to choose one."""
    offered = {}
    for each in times.split("\n"):
        begins = moment_of(ZoneInfo(desk.clinic.timezone), wall_time(each))
        slot = {"wall": each.strip(), "begins": begins, "ends": begins + minutes * 60,
                "whom": " ".join(unicodedata.normalize("NFKC", whom).split())}
        if begins * SECOND <= now:
            raise Refused(errors={"data.times": [say("{time} has gone by.", time=each.strip())]})
        if any(desk.taken(cell) not in (None, conversation.id) for cell in _cells(slot)):
            raise Refused(errors={"data.times": [say("{time} is taken already.", time=each.strip())]})
        offered[slot["wall"]] = slot
    desk.keep(conversation, offered=offered)
    desk.reply(conversation, _choice(desk, conversation, offered), alert=True)


def cancel(conversation, desk, now, reason, sure):
    booked = desk.kept(conversation).get("booked")
    if booked:
        _call_off(desk, conversation, booked, None, reason)


# What visitors do
@hookimpl
def message_received(message, at, desk):
    conversation = desk.conversation(message.conversation) if message.kind.startswith("appointments.") else None
    if message.kind == "appointments.chosen":
        _choose(desk, conversation, message, at)
    if message.kind == "appointments.cancelled":
        _cancelled(desk, conversation, message)


def _cancelled(desk, conversation, message) -> None:
    """By the button of that very appointment: an older one's does nothing to what was booked since."""
    booked = desk.kept(conversation).get("booked")
    if booked is None or booked["uid"] != message.data["answer"]:
        desk.reply(conversation, say("This appointment is not booked any more.").to(conversation.language), answers=message)
        return
    _call_off(desk, conversation, booked, message)
    desk.assign(conversation, say("The visitor cancelled the appointment.").to(desk.clinic.locale), name="appointment")


def _choose(desk, conversation, message, at: int) -> None:
    kept, language, answer = desk.kept(conversation), conversation.language, message.data["answer"]
    offered, before = kept.get("offered", {}), _to_come(kept.get("booked"), max(at, desk.now))
    if answer == NONE:
        desk.assign(conversation, say("None of the times suits the visitor.").to(desk.clinic.locale), name="appointment")
        desk.reply(conversation, say("We will look for other times.").to(language), answers=message)
        return
    slot = _to_come(offered.get(answer), max(at, desk.now))
    if slot is None:
        desk.reply(conversation, say("This time is not offered any more.").to(language), answers=message)
    elif not _take(desk, conversation, slot, before):
        left = {value: each for value, each in offered.items() if value != answer}
        desk.keep(conversation, offered=left)
        desk.reply(conversation, say("Somebody else was quicker.").to(language), _choice(desk, conversation, left),
                   answers=message)
    else:
        _book(desk, conversation, slot, before, message)


def _to_come(slot: dict | None, now: int) -> dict | None:
    """One that was is over: what follows is another appointment, and moves no entry of a calendar."""
    return slot if slot and now < slot["begins"] * SECOND else None


def _take(desk, conversation, slot: dict, booked: dict | None) -> bool:
    """All of it, or nothing; what was booked before is let go when the new one is had."""
    cells, before = _cells(slot), _cells(booked) if booked else []
    got: list[str] = []
    for cell in cells:
        if not desk.take(conversation, cell):
            for each in got:
                if each not in before:
                    desk.give(conversation, each)
            return False
        got.append(cell)
    for cell in before:
        if cell not in cells:
            desk.give(conversation, cell)
    return True


def _book(desk, conversation, slot: dict, before: dict | None, message) -> None:
    booked = {**slot, "uid": before["uid"] if before else str(uuid4()), "sequence": before["sequence"] + 1 if before else 0}
    desk.keep(conversation, booked=booked, offered=None)
    desk.done(conversation, "appointment")
    language = conversation.language
    desk.reply(conversation, Text(say("Your appointment: {when}, with {whom}.", when=_when(desk, slot, language),
                                      whom=slot["whom"]).to(language)),
               _file(desk, conversation, booked, "REQUEST"), _to_cancel(desk, booked, language), answers=message)
    _remind(desk, conversation, booked)


def _call_off(desk, conversation, booked: dict, message, reason: str = "") -> None:
    language = conversation.language
    for cell in _cells(booked):
        desk.give(conversation, cell)
    desk.keep(conversation, booked=None)
    desk.cancel(conversation, "remind")
    desk.reply(conversation, Text(say("Cancelled: {when}, with {whom}.", when=_when(desk, booked, language),
                                      whom=booked["whom"]).to(language)),
               *([Text(reason)] if reason.strip() else []),
               _file(desk, conversation, {**booked, "sequence": booked["sequence"] + 1}, "CANCEL"),
               alert=message is None, answers=message)


# Before it
def _remind(desk, conversation, booked: dict) -> None:
    desk.cancel(conversation, "remind")
    for hours in desk.setting("remind_hours"):
        at = (booked["begins"] - hours * 3600) * SECOND
        if at > desk.now:
            desk.schedule(conversation, at, "remind", begins=booked["begins"])


@hookimpl
def task_due(task, at, desk):
    """Of an appointment that still is, and is still to come, also when the worker was away."""
    booked = desk.kept(task.conversation).get("booked")
    if booked and booked["begins"] == task.data["begins"] and desk.now < booked["begins"] * SECOND:
        language = task.conversation.language
        desk.reply(task.conversation, say("Please remember your appointment: {when}, with {whom}.",
                                          when=_when(desk, booked, language), whom=booked["whom"]).to(language),
                   _to_cancel(desk, booked, language), alert=True)


@hookimpl
def panel(conversation, kept, settings):
    booked, offered = kept.get("booked"), kept.get("offered")
    told = [Text(say("Booked: {when}, {whom}", when=booked["wall"], whom=booked["whom"]))] if booked else []
    told += [Text(say("Offered: {times}", times=", ".join(offered)))] if offered else []
    return Panel(say("Appointment"), tuple(told)) if told else None


def _choice(desk, conversation, slots: dict) -> Choice:
    language = conversation.language
    options = [Option(value, f"{_when(desk, slot, language)}, {slot['whom']}") for value, slot in slots.items()]
    return Choice(say("Which time suits you?").to(language), "appointments.chosen",
                  (*options, Option(NONE, say("None of these").to(language))))


def _to_cancel(desk, booked: dict, language: str) -> Choice:
    title, sure = say("Cancel the appointment"), say("Cancel this appointment? {when}, with {whom}",
                                                     when=_when(desk, booked, language), whom=booked["whom"])
    return Choice(say("You cannot come?").to(language), "appointments.cancelled",
                  (Option(booked["uid"], title.to(language), sure.to(language)),))


def _cells(slot: dict) -> list[str]:
    """Every five minutes that it takes up, each under the name of who gives them: "Dr Wu" and "dr. wu" are one."""
    whom = " ".join(re.findall(r"\w+", slot["whom"].casefold()))
    return [f"{whom} {at}" for at in range(slot["begins"], slot["ends"], CELL)]


def _when(desk, slot: dict, language: str) -> str:
    return moment(datetime.fromtimestamp(slot["begins"], ZoneInfo(desk.clinic.timezone)), language, with_year=True)


def _file(desk, conversation, booked: dict, method: str) -> File:
    from icalendar import Calendar, Event

    title = desk.setting("title") or say("Appointment").to(conversation.language)
    event = Event()
    event.add("UID", booked["uid"])
    event.add("SEQUENCE", booked["sequence"])
    event.add("SUMMARY", title)
    event.add("STATUS", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("DTSTAMP", datetime.fromtimestamp(desk.now // SECOND, UTC))
    event.add("DTSTART", datetime.fromtimestamp(booked["begins"], UTC))
    event.add("DTEND", datetime.fromtimestamp(booked["ends"], UTC))
    event["ORGANIZER"] = event["ATTENDEE"] = "invalid:nomail"  # both must be there; nobody is to answer by mail
    calendar = Calendar()
    calendar.add("PRODID", "-//securemsg//appointments//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    calendar.add_component(event)
    name = "appointment-cancelled.ics" if method == "CANCEL" else "appointment.ics"
    return File(name, f"text/calendar; method={method}", calendar.to_ical().decode())
