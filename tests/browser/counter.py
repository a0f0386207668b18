"""A plugin for the tests of the frame: notices, hours, a form with every kind of field, a choice, a safety notice."""

from datetime import timedelta

from marshmallow import Schema, fields, validate

from securemsg import (
    Availability,
    Form,
    Kind,
    Link,
    Notice,
    Offer,
    PersonalData,
    Promise,
    SafetyCard,
    SafetyWords,
    Screening,
    Text,
    hookimpl,
    safety_list,
)

NOTICE, FULL = "The practice is closed now. We read this on Monday.", "That day is full. Please choose another one."
NOON = "Who asks for an appointment is answered by noon."
ANSWER = "This may need help at once. Do not wait for our answer."
WORDS = SafetyWords("Safety notice", (safety_list("en", "[emergency]\nchest pain\n[unless]\nno\n"),), {"emergency": SafetyCard(
    "Call 911 now if this is happening to you.", (Text("Nobody may read your message at once."), Link("Call 911", "tel:911")),
    "Send my message")})


class Request(Schema):
    """What "Ask for an appointment" asks."""

    reason = fields.String(required=True, validate=validate.Length(max=200), metadata={"label": "Reason", "rows": 3})
    day = fields.Date(metadata={"label": "First day", "hint": "If any day does, leave it empty."})
    at = fields.Time(metadata={"label": "Earliest time"})
    part = fields.String(required=True, metadata={"label": "Time of day"},
                         validate=validate.OneOf(["morning", "any"], labels=["In the morning", "Any time"]))
    pain = fields.Boolean(metadata={"label": "I am in pain"})
    people = fields.Integer(validate=validate.Range(max=5), metadata={"label": "For how many"})
    short = fields.String(metadata={"label": "In a few words"})


class More(Schema):
    """What only a message asks, and no offer."""

    more = fields.String(required=True, metadata={"label": "More"})


class Chosen(Schema):
    """What the choice is answered with."""

    answer = fields.String(required=True)


@hookimpl
def kinds():
    return [Kind("counter.request", "An appointment", Request, lambda data: f"Asks for an appointment: {data['reason']}"),
            Kind("counter.more", "More", More, lambda data: data["more"]),
            Kind("counter.chosen", "A time was chosen", Chosen, lambda data: f"Chose {data['answer']}")]


@hookimpl
def availability(now):
    opens = (now + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    return Availability(open=False, changes_at=opens, promised_at=opens + timedelta(hours=2),
                        promises={"appointment": Promise(NOON)})


@hookimpl
def notices():
    return [Notice(NOTICE, "closed"), Notice("The flu jab is here: https://example.org/flu", "info")]


@hookimpl
def offers():
    return [Offer("Ask for an appointment", Form("Your appointment", "counter.request", "Ask")),
            Offer("Find us", Link("Map", "https://example.org/map"))]


@hookimpl
def safety_words():
    return WORDS


@hookimpl
def screen(draft):
    if draft.data.get("reason") == "Friday":
        return Screening(refuse=FULL)
    if WORDS.matches(draft.text):
        return Screening(urgent=True, answer=(Text(ANSWER), Link("Call 911", "tel:911")))
    return None


@hookimpl
def personal_data():
    return [PersonalData("Nothing of its own", "It is there for the tests")]
