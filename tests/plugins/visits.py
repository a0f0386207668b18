"""A small plugin as a clinic's own could be: people ask for a home visit, are offered days, and choose one."""

from datetime import timedelta

from marshmallow import Schema, fields, validate

from securemsg import (
    Availability,
    Choice,
    File,
    Form,
    Kind,
    Link,
    Notice,
    Offer,
    Option,
    SafetyCard,
    SafetyWords,
    Screening,
    Text,
    hookimpl,
    say,
)

DAYS = (Text("We come on one of these days."), Choice("Which day suits you?", "visits.chosen", (
    Option("2026-12-01", "Tue 1 Dec"), Option("2026-12-02", "Wed 2 Dec"))), Link("Our map", "https://maps.example/elm"),
    Form("Ask again", "visits.request"), File("visit.ics", "text/calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"))


class Request(Schema):
    """What a visit is asked for with."""

    reason = fields.String(required=True, validate=validate.Length(max=500), metadata={"label": "Reason", "rows": 3})
    address = fields.String(metadata={"label": "Address", "hint": "Where we shall come to."}, validate=validate.Length(max=120))
    day = fields.Date(metadata={"label": say("Appointment")})
    at = fields.Time(metadata={"label": "Time"})
    when = fields.String(required=True, validate=validate.OneOf(["am", "pm"], ["In the morning", "In the afternoon"]))
    stairs = fields.Integer(validate=validate.Range(0, 20), metadata={"label": "How many stairs"})
    dog = fields.Boolean(metadata={"label": "There is a dog"})


class Chosen(Schema):
    """The day that was chosen."""

    answer = fields.String(required=True, validate=validate.OneOf(["2026-12-01", "2026-12-02"]))


@hookimpl
def personal_data():
    return []


@hookimpl
def kinds():
    yield Kind("visits.request", "Ask for a home visit", Request, lambda data: f"Asks for a home visit: {data['reason']}")
    yield Kind("visits.chosen", "Day of a home visit", Chosen, lambda data: f"Chose {data['answer']}")


@hookimpl
def availability(now):
    is_open = 8 <= now.hour < 18
    changes = now.replace(hour=18 if is_open else 8, minute=0, second=0) + timedelta(days=now.hour >= 18)
    return Availability(is_open, changes, now + timedelta(hours=6), "We answer within six hours.")


@hookimpl
def notices(locale):
    yield Notice(f"We make home visits again. ({locale})")
    yield Notice("Do not wait here when it is urgent.", "urgent")


@hookimpl
def offers():
    yield Offer("Home visit", Form("Home visit", "visits.request"))
    yield Offer("About home visits", Link("Read", "https://elm.example/visits"))
    yield Offer("A trap", Link("Read", "javascript:alert(1)"))


@hookimpl
def safety_words():
    return SafetyWords("Safety notice", (), {"emergency": SafetyCard("Call 911 now.", DAYS[:1], "Send it")})


@hookimpl
def screen(draft):
    if "collapsed" in draft.text:
        return Screening(urgent=True, tags=frozenset({"red flag"}), answer=(Text("Do not wait."), Link("Call 911", "tel:911")))
    if "tomorrow" in draft.text:
        return Screening(refuse="We cannot come tomorrow. Please choose another day.")
    return None
