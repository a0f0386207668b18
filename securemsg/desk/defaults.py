"""What a clinic says of itself until its owner writes something else: ours, so visitors read it in their own language."""

from securemsg.words import LANGUAGES, say

CATEGORIES = (  # name, label, open, contact rule
    ("appointment", say("Appointment"), True, "required"), ("prescription", say("Prescription"), True, "required"),
    ("test-result", say("Test result"), True, "required"), ("medical-question", say("Medical question"), True, "required"),
    ("billing", say("Billing"), True, "required"), ("new-patient", say("New patient"), True, "required"),
    ("other", say("Something else"), True, "optional"))
EMERGENCY = say("If this is an emergency, call {number} now. Do not wait for an answer here.")
PROMISE = say("We usually answer within two working days.")
CONSENT = say("The clinic's staff read what you write and answer here. It is stored encrypted, and each time it is opened is"
              " recorded. What matters for your care may become part of your health record. Do not use this for emergencies.")
_OURS = {str(text): text for text in (*(label for _, label, *_ in CATEGORIES), PROMISE, CONSENT)}


def shown(text: str, language: str | None, number: str = "") -> str:
    """The text in that language, if it is one of these; as the clinic wrote it otherwise. `number`: the one for emergencies."""
    if language is None:
        return text
    urgent = EMERGENCY.format(number=number)
    found = urgent if text == urgent else _OURS.get(text)
    return found.to(language) if found else text


def every_language(text: str, own: str) -> dict[str, str]:
    """A consent as it is stored, by language: in the clinic's `own`, and where the words are ours in all others as well."""
    others = {code: shown(text, code) for code in LANGUAGES if code != own}
    return {own: text} | {code: other for code, other in others.items() if text in _OURS}
