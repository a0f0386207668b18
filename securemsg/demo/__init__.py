"""A made-up clinic for the demo: what it says of itself, and its website.

Every person, address and number here is invented; the telephone numbers are from the range kept for fiction.
"""

from typing import Any

from securemsg.desk import defaults

SLUG = "harbour-lane"

CLINIC: dict[str, Any] = {
    "slug": SLUG,
    "name": "Harbour Lane Family Practice",
    "address": "14 Harbour Lane, Port Ellery",
    "phones": ["+1 902 555 0142"],
    "doctors": ["Dr Maren Whitlock", "Dr Tobias Achterberg", "Dr Priya Nandakumar"],
    "timezone": "America/Halifax",
    "locale": "en",
    "hours_text": "Mon–Thu 8:00–17:30, Fri 8:00–15:00",
    # Our own words, which each visitor reads in a language of their own; what a clinic writes itself stays as it is.
    "promise": defaults.PROMISE,
    "emergency": {"number": "911", "text": defaults.EMERGENCY.format(number="911")},
    "categories": [{"id": id, "label": label, "contact": contact} for id, label, _, contact in defaults.CATEGORIES],
    "consent": defaults.CONSENT,
    "theme": {"color": "#0f5c6e"},
}

PLUGINS = "triage hours appointments feedback webhooks"  # email as well, where there is a mail server
PLUGIN_SETTINGS = {"hours": {
    "weekly": "Mon-Thu 08:00-17:30\nFri 08:00-15:00\nHolidays closed", "holidays": "CA-NS", "promise": "4 hours",
    "ladder": "-30 min: assign\n0: urgent"}}

TEMPLATES = (  # ready replies: name, language, text
    ("Opening hours", "en", "Dear {visitor},\n\nwe are here Monday to Thursday from 8:00 to 17:30, on Friday until 15:00. You "
     "can call us on {phone}.\n\nKind regards\n{me}"),
    ("Repeat prescription is ready", "en", "Dear {visitor},\n\nyour prescription is ready from {date} on. Please bring your "
     "health card.\n\nKind regards\n{me}"),
    ("Appointment offered", "en", "Dear {visitor},\n\nwe can see you on {date} at {time}. Does that suit you? If not, write to "
     "us here or call {phone}; your reference is {reference}.\n\n{me}, {clinic}"),
    ("Test result: please come in", "en", "Dear {visitor},\n\nyour result is here, and {doctor} would like to go through it "
     "with you in person. Please call {phone} for a time.\n\n{me}"),
    ("Not for messages", "en", "Dear {visitor},\n\nthis is better talked about than written. Please call us on {phone}. If it "
     "gets worse quickly, call 911.\n\n{me}"),
    ("Terminbestätigung", "de", "Guten Tag {visitor},\n\nIhr Termin ist am {datum} um {uhrzeit}. Wenn etwas dazwischenkommt, "
     "rufen Sie uns bitte an: {phone}.\n\n{me}"),
)
