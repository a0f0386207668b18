"""A plugin for the tests of staff's pages: tools that ask and such that do not, a question, a box, settings, a kind."""

import sys

from marshmallow import Schema, fields, validate

from securemsg import Choice, Kind, Option, Panel, PersonalData, Refused, Setting, Text, Tool, hookimpl, say
from securemsg.registry import Registry
from securemsg.times import HOUR


class Times(Schema):
    """What "Suggest moments" asks."""

    times = fields.String(required=True, validate=validate.Length(max=200),
                          metadata={"label": say("Your message"), "rows": 3, "hint": "One a line."})
    day = fields.Date(metadata={"label": "Day"})
    room = fields.String(validate=validate.OneOf(["a", "b"], labels=["Room A", "Room B"]), metadata={"label": "Room"})


class Chosen(Schema):
    """What a choice is answered with."""

    answer = fields.String(required=True)


def _number(text: str) -> int:
    if not text.isdigit():
        raise ValueError("it must be a whole number")
    return int(text)


def _words(text: str) -> list[str]:
    if "wrong" in text:
        raise ValueError("it must not be wrong")
    return text.splitlines()


def _offer(conversation, desk, now, times, day=None, room=None):
    options = tuple(Option(each, each) for each in times.splitlines())
    if len(options) > 5:
        raise Refused("At most five times, please.")
    desk.reply(conversation, "When does it suit you?", Choice("A time", "visits.chosen", options))
    desk.keep(conversation, offered=len(options))


def _phone(conversation, desk, now):
    desk.assign(conversation, "Phone the visitor today.", due=now + HOUR, urgent=True, name="phone")
    desk.assign(conversation, "Prepare the room.")
    desk.tag(conversation, "call back")


def _write(conversation, desk, now):
    desk.mail(desk.visitor(conversation), "An answer", "There is an answer.", about=conversation)
    desk.post("https://ehr.example/hook", "{}", name="EHR", about=conversation)


def _break(conversation, desk, now):
    raise ZeroDivisionError("chest pain")


class Colleague(Schema):
    """Whom "Hand over" asks for."""

    to = fields.String(required=True, metadata={"label": "To"})


def _hand(conversation, desk, now, to):
    desk.assign(conversation, f"Call, {next(each.name for each in desk.staff() if each.id == to)}.", to=to)


@hookimpl
def tools(conversation, kept, staff):
    people = {each.id: each.name for each in staff}
    yield Tool("hand", "Hand over", _hand, Colleague, act="note", about=f"Reference {conversation.reference}",
               choices={"to": people})
    yield Tool("offer", "Suggest moments", _offer, Times)
    yield Tool("phone", "Have them phoned", _phone, act="note")
    yield Tool("write", "Write to everybody", _write)
    yield Tool("break", "Break", _break)


@hookimpl
def panel(kept):
    return Panel("Visits", (Text(f"{kept['offered']} times offered"),)) if kept.get("offered") else None


@hookimpl
def kinds():
    return [Kind("visits.chosen", "A time was chosen", Chosen, lambda data: f"Chose {data['answer']}")]


@hookimpl
def settings():
    return [Setting("rooms", "Room 1", "One a line.", rows=3),
            Setting("length", "20", "How long a visit is.", _number, label="Minutes"),
            Setting("words", "one", "One a line.", _words, rows=9),
            Setting("secret", "", "Signs what is sent out.", secret=True),
            Setting("calendar", "https://calendar.example", "Where the calendar is.", per="service"),
            Setting("token", "", "Opens the calendar.", secret=True, per="service")]


@hookimpl
def personal_data():
    return [PersonalData("Times that suit a visitor", "To agree on one", "the calendar <i>"),
            PersonalData("How many were offered", "To show it to staff")]


@hookimpl
def message_received(message, desk):
    if "at night" in message.text:
        desk.reply(message.conversation, "We are closed until eight.")
        desk.assign(message.conversation, "Phone them in the morning.", urgent=True, name="morning")


def named(house) -> None:
    """Name this plugin in a house of the tests. On a machine that is busy it may be late at times: nobody counts that up."""
    house.desk.settings.of_plugins = {"SECUREMSG_VISITS_TOKEN": "smalltalk"}
    house.desk.registry = Registry.of({"visits": sys.modules[__name__]}, house.desk.settings.of_plugins)
