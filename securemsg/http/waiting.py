"""What people are told who have to wait: why, how long, and that the phone is still there."""

from math import ceil

from securemsg.desk.clinics import Clinic
from securemsg.words import Said, say

_WHY = (  # what a rule's name holds, the first that does
    ("sign-in-clinic", say("Very many people are signing in just now.")),
    ("sign-in-service", say("Very many people are signing in just now.")),
    ("-address-", say("Many requests came from your internet connection in a short time; other people may share it.")),
    ("-clinic-", say("Very many people are writing to the clinic just now.")),
    ("", say("That was a lot in a short time.")))  # a session's or a browser's own


def sentence(rule: str, seconds: int, home: Clinic | None) -> Said:
    """By the name of the rule whose budget is used up."""
    why = next(why for part, why in _WHY if part in rule)
    if home and (phones := home.profile["phones"]):
        return say("{why} Please try again {wait}, or call {clinic}: {phone}.", why=why, wait=wait(seconds), clinic=home.name,
                   phone=phones[0])
    return say("{why} Please try again {wait}.", why=why, wait=wait(seconds))


def wait(seconds: int) -> Said:
    """`in 20 seconds`, `in a minute`, `in 12 minutes`: never less than it takes."""
    if seconds <= 55:
        return say("in {count} seconds", count=5 * ceil(seconds / 5))
    return say("in {count} minutes", count=ceil(seconds / 60))
