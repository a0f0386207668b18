"""What a clinic shows before anybody writes, as JSON: its card, and its words for the safety notice."""

from marshmallow import Schema, fields

from securemsg.http.operations import about
from securemsg.http.shapes import Part
from securemsg.http.shaping import SHA256, flag, many, moment, number, one_of, string, strings, within


class Emergency(Schema):
    number = string("The number to call.", "911")
    text = string("What to do in an emergency.", "Call 911 now.")


class Category(Schema):
    id = string("What `category` is when a conversation is opened.", "appointment")
    label = string("What people read.", "Appointment")
    open = flag("False: nothing can be sent in it just now.")
    contact = one_of("Whether a way to be reached is asked for; `none`: one that is given is not kept.",
                     "required", "required", "optional", "none")
    promise = string("When to expect an answer in it; null: as the clinic promises.", None, allow_none=True)
    promised_at = moment("The moment by which that is; null where none is named.", None, allow_none=True)


class Consent(Schema):
    text = string("The notice that people agree to.", "Staff read what you write.")
    sha256 = string("Its hash, in hex: sent along when a conversation is opened.", SHA256)
    version = number("Its version.", 1, 1)
    locale = string("Its language.", "en")


class Theme(Schema):
    color = string("The clinic's colour.", "#0b6e6e")


class Notice(Schema):
    text = string("A line above the conversation.", "The practice is closed now.")
    tone = one_of("How it is meant.", "closed", "info", "closed", "urgent")


class Offer(Schema):
    label = string("What people read.", "Ask for an appointment")
    part = within(Part)


class Card(Schema):
    name = string("The clinic's name.", "Harbour Lane Family Practice")
    address = string("Where it is.", "14 Harbour Lane")
    phones = strings("Its telephone numbers.", "+1 902 555 0142")
    doctors = strings("Who works there.", "Dr Maren Whitlock")
    timezone = string("IANA name of its time zone.", "America/Halifax")
    hours_text = string("Its hours, in words.", "Mon to Fri 8:00–17:30")
    open = flag("Whether it is open now; null where that is not known.", None, allow_none=True)
    changes_at = moment("When it opens or closes next.", None, allow_none=True)
    promise = string("When to expect an answer.", "We usually answer within one working day.")
    promised_at = moment("The moment by which an answer is promised; null where none is named.", None, allow_none=True)
    emergency = within(Emergency)
    categories = many(Category)
    consent = within(Consent)
    locales = strings("The languages it has.", "en")
    theme = within(Theme)
    notices = many(Notice)
    offers = many(Offer)
    safety = string("Where the words of the clinic's safety notice are, or null.", None, allow_none=True)


class Safety(Schema):
    """The clinic's words for the safety notice: a program looks for them before it sends."""

    version = string("Names these lists.", "5f0c2a91d3b7")
    name = string("What the notice is called.", "Safety notice")
    lists = fields.List(fields.Dict(), required=True, metadata=about(
        "By language: the words of each card, and what takes their meaning away.",
        [{"language": "en", "emergency": ["chest pain"], "crisis": [], "unless": ["no"]}]))
    cards = fields.Dict(required=True, metadata=about("What is shown when words of a list are found, by the list's section.", {
        "emergency": {"heading": "Call 911 now.", "parts": [], "send": "Send my message"}}))


CARD, SAFETY = Card(), Safety()
