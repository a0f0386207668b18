"""What people are told who have to wait: why, how long, and that the phone is still there."""

from math import ceil

from securemsg.desk.clinics import Clinic

_WHY = (  # what a rule's name holds, the first that does
    ("sign-in-clinic", "Very many people are signing in just now."),
    ("sign-in-service", "Very many people are signing in just now."),
    ("-address-", "Many requests came from your internet connection in a short time; other people may share it."),
    ("-clinic-", "Very many people are writing to the clinic just now."),
    ("", "That was a lot in a short time."))  # a session's or a browser's own


def sentence(rule: str, seconds: int, home: Clinic | None) -> str:
    """By the name of the rule whose budget is used up."""
    phones = home.profile["phones"] if home else []
    call = f", or call {home.name}: {phones[0]}" if home and phones else ""
    why = next(why for part, why in _WHY if part in rule)
    return f"{why} Please try again in {span(seconds)}{call}."


def span(seconds: int) -> str:
    """`20 seconds`, `a minute`, `12 minutes`: never less than it takes."""
    if seconds <= 55:
        return f"{5 * ceil(seconds / 5)} seconds"
    minutes = ceil(seconds / 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
