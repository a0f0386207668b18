"""What a clinic says of itself until its owner writes something else: ours, so visitors read it in their own language."""

from securemsg.words import Said, say

LABELS = (
    say("Appointment"), say("Prescription"), say("Test result"), say("Medical question"), say("Billing"), say("New patient"),
    say("Something else"))
EMERGENCY = say("If this is an emergency, call {number} now. Do not wait for an answer here.")
PROMISE = say("We usually answer within two working days.")
CONSENT = say("The clinic's staff read what you write and answer here. It is stored encrypted, and each time it is opened is"
              " recorded. What matters for your care may become part of your health record. Do not use this for emergencies.")
_OURS = {str(text): text for text in (*LABELS, PROMISE, CONSENT)}


def ours(text: str, **values: str) -> Said | None:
    """The same text as a sentence, if it is one of these; None when the clinic wrote it."""
    filled = EMERGENCY.format(**values)
    return filled if text == filled else _OURS.get(text)
