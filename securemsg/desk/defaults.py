"""What a clinic says of itself until its owner writes something else: ours, so visitors read it in their own language."""

import re

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


def language_of(tag: str) -> str | None:
    """Which of our languages a tag like `de-CH` (BCP 47) names, or None."""
    code = tag.partition("-")[0]
    return code if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag) and code in LANGUAGES else None


def every_language(text: str, own: str) -> dict[str, str]:
    """A consent as it is stored, by language (BCP 47): the clinic's words in its `own`; ours, in whichever language they stand
    there, in that one and all others."""
    if text not in {CONSENT.to(code) for code in LANGUAGES}:
        return {own: text}
    return {own: CONSENT.to(language_of(own) or "en")} | {code: CONSENT.to(code) for code in LANGUAGES if code != own}
