"""A clinic as everybody may see it: its card, categories, consent text and origins."""

import hashlib
import re
import time
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import orjson

from securemsg.crypto.tokens import SLUG
from securemsg.desk.defaults import shown
from securemsg.desk.desk import Desk
from securemsg.errors import Missing, Unavailable, Unverified
from securemsg.store import Tx, clinics
from securemsg.times import DAY
from securemsg.words import say

_FRESH_SECONDS = 2  # another process may have changed the clinic; in this one a change is seen at once
CONTACT_RULES = ("required", "optional", "none")
_SLUG = re.compile(SLUG)
_NONE = say("There is no such clinic here.")
_ALTERED = say("What this clinic says about itself could not be verified, so it is not shown. Please call the clinic.")
_TEXTS = ("name", "address", "hours_text", "promise", "emergency_text")


@dataclass(frozen=True, slots=True)
class Category:
    """One answer to "What is this about?". `contact` is required, optional or none."""

    id: str
    name: str
    label: str
    open: bool
    contact: str
    listed: bool


UNKNOWN = Category("", "unknown", "Unknown", False, "none", False)


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of an exact text; `replaced_at` is when the next version came, None for the newest."""

    id: str
    version: int
    text: str
    sha256: str
    locale: str
    replaced_at: int | None = None


@dataclass(frozen=True, slots=True)
class Clinic:
    """A tenant. `profile` holds name, address, phones, doctors, hours_text, promise and emergency_text."""

    id: str
    slug: str
    timezone: str
    locale: str
    emergency_number: str
    profile: dict
    origins: tuple[str, ...]
    color: str
    version: int
    categories: tuple[Category, ...]
    consents: tuple[Wording, ...]

    @property
    def name(self) -> str:
        return self.profile["name"]

    @property
    def consent(self) -> Wording:
        """The text shown now."""
        return self.consent_in(self.locale)

    def consent_in(self, language: str | None) -> Wording:
        """The same version in that language if it was stored in it, else in the clinic's."""
        now = {wording.locale: wording for wording in self.consents if wording.version == self.consents[0].version}
        return now.get(language or "") or now.get(self.locale) or self.consents[0]

    def agreed(self, sha256: str, now: int) -> Wording | None:
        """The notice of that hash, if it may be agreed to: the newest, or one that was replaced within a day. Who has read it
        may still be writing, and what waits in a widget to be sent waits no longer."""
        return next((wording for wording in self.consents if wording.sha256 == sha256
                     and (wording.replaced_at is None or now < wording.replaced_at + DAY)), None)

    def category(self, name: str) -> Category | None:
        """A category that can be chosen, by its name."""
        return next((c for c in self.categories if c.name == name and c.listed), None)

    def category_by_id(self, id: str) -> Category:
        """Any category a conversation may have, listed or not; UNKNOWN when its row was altered."""
        return next((c for c in self.categories if c.id == id), UNKNOWN)

    def card(self, language: str | None = None) -> dict:
        """What `/clinics/<clinic>.json` answers: in that language what is still in our words, as the clinic wrote it the rest."""
        profile, consent = self.profile, self.consent_in(language)
        promise, urgent = (shown(profile[name], language, self.emergency_number) for name in ("promise", "emergency_text"))
        return {
            **{name: profile[name] for name in ("name", "address", "phones", "doctors")}, "timezone": self.timezone,
            "hours_text": profile["hours_text"], "open": None, "changes_at": None, "promise": promise,
            "emergency": {"number": self.emergency_number, "text": urgent},
            "categories": [{"id": c.name, "label": shown(c.label, language), "open": c.open, "contact": c.contact}
                           for c in self.categories if c.listed],
            "consent": {"text": consent.text, "sha256": consent.sha256, "version": consent.version, "locale": consent.locale},
            "locales": [self.locale], "theme": {"color": self.color}}


def sha256_of(text: str) -> bytes:
    """What a consent is stored with: the hash of the exact text shown."""
    return hashlib.sha256(text.encode()).digest()


def clinic(desk: Desk, slug: str) -> Clinic:
    """The clinic of that slug, or Missing. While the database is away, as it was last known: help stays in reach."""
    if not _SLUG.fullmatch(slug):  # nor asked of the database: PostgreSQL takes no NUL
        raise Missing(_NONE)
    known = desk.known_clinics.get(slug)
    if known and known[0] > time.monotonic():
        return known[1]
    try:
        found = desk.database.read(lambda tx: _read(tx, slug))
    except Unavailable:
        if known is None:
            raise
        return known[1]
    if found is None:
        raise Missing(_NONE)
    desk.known_clinics[slug] = (time.monotonic() + _FRESH_SECONDS, found)
    return found


def forget(desk: Desk, slug: str) -> None:
    """After a change: read the clinic anew."""
    desk.known_clinics.pop(slug, None)


def _read(tx: Tx, slug: str) -> Clinic | None:
    row = clinics.one(tx, slug)
    if row is None:
        return None
    categories, wordings = clinics.categories(tx, row.id), clinics.wordings(tx, row.id, "consent")
    try:
        return _put_together(row, categories, wordings)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Unverified(_ALTERED) from error


def _put_together(row, categories: list, wordings: list) -> Clinic:
    """The rows as a clinic; an error of any kind when they are not as this service wrote them."""
    profile, origins, color = orjson.loads(row.profile), tuple(orjson.loads(row.origins)), orjson.loads(row.theme)["color"]
    texts = [*(profile[name] for name in _TEXTS), *profile["phones"], *profile["doctors"], *origins, color]
    true = [wording for wording in wordings if sha256_of(wording.body) == wording.body_sha256]
    if not wordings or any(each.version == wordings[0].version and each not in true for each in wordings):
        raise ValueError("nobody shall agree to words that are not those of the hash")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("not as it was written")
    ZoneInfo(row.timezone)
    return Clinic(row.id, row.slug, row.timezone, row.locale, row.emergency_number, profile, origins, color, row.version,
                  tuple(Category(c.id, c.name, c.label, bool(c.open), c.contact, c.closed_at is None) for c in categories),
                  tuple(Wording(w.id, w.version, w.body, w.body_sha256.hex(), w.language, _replaced_at(w, wordings))
                        for w in true))


def _replaced_at(one, wordings: list) -> int | None:
    return min((later.created_at for later in wordings if later.version > one.version), default=None)
