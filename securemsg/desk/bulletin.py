"""What a clinic shows just now, as plugins say: open or closed and until when, the promise, notices, what can be started.

Known for two seconds, like the clinic, and never beyond the moment at which it changes. Without plugins it costs nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from securemsg.answers import Availability, Notice, Offer
from securemsg.desk import plugin_settings
from securemsg.desk.asking import ask, there
from securemsg.desk.clinics import Clinic
from securemsg.desk.defaults import language_of
from securemsg.desk.desk import Desk
from securemsg.errors import Unavailable
from securemsg.safety import SafetyWords
from securemsg.times import SECOND
from securemsg.words import in_language

_FRESH = 2 * SECOND
_HOOKS = ("availability", "notices", "offers", "safety_words")
_TONES = ("info", "closed", "urgent")


@dataclass(frozen=True, slots=True)
class Bulletin:
    """`open` None: nobody says. Times are microseconds since 1970 UTC; `categories` and
    `promises` (the sentence and the moment) are by name, of those that plugins speak of."""

    open: bool | None = None
    changes_at: int | None = None
    promise: str | None = None
    promised_at: int | None = None
    categories: Mapping[str, bool] = field(default_factory=dict)
    promises: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    offers: tuple[Offer, ...] = ()
    safety: SafetyWords | None = None

    def promised_in(self, category: str) -> int | None:
        """The moment by which an answer is promised to who writes in that category."""
        return self.promises[category][1] if category in self.promises else self.promised_at


NOTHING = Bulletin()


@dataclass(frozen=True, slots=True)
class _Known:
    bulletin: Bulletin
    made_of: list[object]
    since: int
    until: int

    def holds(self, made_of: list[object], now: int) -> bool:
        """Whether nothing was changed since: these are the very things that it was made of, not their like."""
        return list(map(id, made_of)) == list(map(id, self.made_of)) and self.since <= now < self.until


def bulletin(desk: Desk, clinic: Clinic, language: str, now: int) -> Bulletin:
    """In that language (BCP 47). NOTHING while the clinic's settings cannot be read: rather none than what was true once."""
    if not any(desk.registry.listeners(hook) for hook in _HOOKS):
        return NOTHING
    code = language_of(language) or "en"
    known = desk.known_bulletins.get((clinic.id, code))
    try:
        made_of = [desk.registry, clinic, *(plugin_settings.of(desk, clinic.id, plugin) for plugin in desk.registry.names)]
        if known and known.holds(made_of, now):
            return known.bulletin
        made = _made(desk, clinic, code, now)
    except Unavailable:
        return NOTHING
    until = min(now + _FRESH, made.changes_at or now + _FRESH)
    desk.known_bulletins[clinic.id, code] = _Known(made, made_of, now, until)
    return made


def _made(desk: Desk, clinic: Clinic, code: str, now: int) -> Bulletin:
    asked: dict[str, Any] = {"locale": code, "now": there(clinic, now)}
    said: list[Any] = [value for _, value in ask(desk, "availability", clinic, now, **asked)]
    notices, offers = (_all(ask(desk, hook, clinic, now, **asked)) for hook in ("notices", "offers"))
    safety: list[Any] = [value for _, value in ask(desk, "safety_words", clinic, now, locale=code)]
    changes_at, promised_at = (_moment(_first(said, name), clinic, now) for name in ("changes_at", "promised_at"))
    promise = _first(said, "promise")
    return Bulletin(
        _first(said, "open"), changes_at, promise and str(in_language(promise, code)), promised_at,
        _of_categories(clinic, [each.categories for each in said]), _promises(clinic, said, code, now),
        tuple(Notice(str(in_language(each.text, code)), each.tone if each.tone in _TONES else "info") for each in notices),
        tuple(Offer(str(in_language(each.label, code)), each.part) for each in offers), next(iter(safety), None))


def _all(found: Iterable[tuple[str, Any]]) -> list[Any]:
    return [value for _, values in found for value in values]


def _first(said: list[Availability], name: str) -> Any:
    """What the first of them says who says anything of it."""
    return next((value for each in said if (value := getattr(each, name)) is not None), None)


def _moment(at: datetime | None, clinic: Clinic, now: int) -> int | None:
    """A time without a zone is one on the clinic's clocks. What is past changes nothing any more, and is promised to nobody."""
    if at is None:
        return None
    found = int((at if at.tzinfo else at.replace(tzinfo=ZoneInfo(clinic.timezone))).timestamp()) * SECOND
    return found if found > now else None


def _promises(clinic: Clinic, said: list[Availability], code: str, now: int) -> dict[str, tuple[str, int | None]]:
    return {name: (str(in_language(each.text, code)), _moment(each.at, clinic, now))
            for name, each in _of_categories(clinic, [each.promises for each in said]).items()}


def _of_categories(clinic: Clinic, said: list[Mapping[str, Any]]) -> dict[str, Any]:
    """By name, whichever of name and id a plugin knows them by; the first who speaks of one counts."""
    told = {key: value for each in reversed(said) for key, value in each.items()}
    return {each.name: told[key] for each in clinic.categories for key in (each.id, each.name) if key in told}
