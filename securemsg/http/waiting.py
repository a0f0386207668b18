"""What people are told who have to wait: why, how long, and that the phone is still there."""

from math import ceil

from securemsg.desk.clinics import Clinic

_WHY = {
    "session": "That was a lot in a short time.",
    "address": "Many requests came from your internet connection in a short time; other people may share it.",
    "device": "That was a lot in a short time.",
    "service": "Very many people are signing in just now.",
    "clinic": "Very many people are writing to the clinic just now.",
}


def sentence(whom: str, seconds: int, home: Clinic | None) -> str:
    """By whom the budget counts that is used up."""
    phones = home.profile["phones"] if home else []
    call = f", or call {home.name}: {phones[0]}" if home and phones else ""
    return f"{_WHY[whom]} Please try again in {span(seconds)}{call}."


def span(seconds: int) -> str:
    """`20 seconds`, `a minute`, `12 minutes`: never less than it takes."""
    if seconds <= 55:
        return f"{5 * ceil(seconds / 5)} seconds"
    minutes = ceil(seconds / 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
