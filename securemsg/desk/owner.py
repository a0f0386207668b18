"""What the owner, or whoever runs the service, can do: add a clinic, edit its card, categories, consent text and origins."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from securemsg.crypto.tokens import SLUG
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import CONTACT_RULES, Clinic, Wording, clinic, forget, sha256_of
from securemsg.desk.colors import readable
from securemsg.desk.defaults import every_language, language_of
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.legible import is_name, is_plain
from securemsg.errors import Conflict, Refused
from securemsg.store import Tx, clinics
from securemsg.store.ids import new_id
from securemsg.words import LANGUAGES

_IMPLIED_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Card:
    """What a clinic says of itself, as a form or a command gives it.

    `categories` are (name, label, open, contact rule); `origins` are exact, like `https://www.clinic.example`.
    """

    profile: dict
    timezone: str
    locale: str
    emergency_number: str
    color: str
    origins: tuple[str, ...]
    categories: tuple[tuple[str, str, bool, str], ...]
    consent: str


def add_clinic(desk: Desk, slug: str, card: Card, now: int) -> Clinic:
    """A new clinic with keys of its own; Refused when the slug is taken or the card has a fault."""
    check_slug(slug)
    card = checked(card)
    id = new_id()
    rows = desk.keys.new_clinic(id)
    written = entry(desk, Who("service", id), "clinic.added", "clinic", id, now)

    def make(tx: Tx) -> bool:
        if not clinics.insert(tx, id, slug, card.timezone, card.locale, card.emergency_number, _text(card.profile),
                              _text(card.origins), _text({"color": card.color}), now):
            return False
        clinics.insert_keys(tx, id, rows, now)
        _write_parts(tx, id, card, (), (), now)
        written.write(tx)
        return True

    if not desk.database.write(make):
        raise Refused(f"There is a clinic {slug} already.")
    return clinic(desk, slug)


def check_slug(slug: str) -> None:
    """Refused unless it can stand in addresses and tokens."""
    if not re.fullmatch(SLUG, slug):
        raise Refused("A clinic's short name has 2 to 41 small letters, digits and hyphens, and begins with a letter or digit.")


def save_card(desk: Desk, who: Who, before: Clinic, card: Card, version: int, now: int) -> None:
    """Replace the card; Conflict when somebody saved another one since `version` was shown."""
    if who.kind != "service":
        require(who, "clinic")
    card = checked(card)
    written = entry(desk, who, "clinic.changed", "clinic", before.id, now)

    def write(tx: Tx) -> bool:
        if not clinics.update(tx, before.id, version, card.timezone, card.locale, card.emergency_number, _text(card.profile),
                              _text(card.origins), _text({"color": card.color})):
            return False
        _write_parts(tx, before.id, card, before.categories, before.consents, now)
        written.write(tx)
        return True

    if not desk.database.write(write):
        raise Conflict("Somebody saved these settings in the meantime. Please look at them again.")
    forget(desk, before.slug)


def card_of(home: Clinic) -> Card:
    """The card as it stands, to change a part of it."""
    categories = tuple((c.name, c.label, c.open, c.contact) for c in home.categories if c.listed)
    return Card(home.profile, home.timezone, home.locale, home.emergency_number, home.color, home.origins, categories,
                home.consent.text)


def checked(card: Card) -> Card:
    """The card with its origins in exact form, or Refused with a sentence for each field that has a fault."""
    errors = {field: ["Please enter a label."] for field, label in _labels(card).items() if not is_name(label)}
    if not is_name(card.profile["name"]):
        errors["name"] = ["Please enter the clinic's name."]
    texts = {**card.profile, "consent_text": card.consent, **_labels(card)}
    for name in (name for name, text in texts.items() if not is_plain("".join(text))):
        errors[name] = ["This text holds a character that cannot be stored."]
    if not re.fullmatch(r"[0-9+*# -]{2,20}", card.emergency_number):
        errors["emergency_number"] = ["Please enter the emergency number people here call, for example 112."]
    if not _is_zone(card.timezone):
        errors["timezone"] = [f"{card.timezone[:40]!r} is no time zone; one is written like Europe/Berlin."]
    if language_of(card.locale) is None:
        errors["language"] = [f"{card.locale[:20]!r} is none of the languages that visitors can be answered in:"
                              f" {', '.join(LANGUAGES)}. A region may follow, as in de-CH."]
    if not card.profile["emergency_text"].strip():
        errors["emergency_text"] = ["Please enter when people should call that number."]
    if not card.categories:
        errors["categories"] = ["Please keep at least one topic that people can write about; it may be closed."]
    if not card.consent.strip():
        errors["consent_text"] = ["Please enter the notice that visitors agree to."]
    if fault := readable(card.color):
        errors["theme_color"] = [fault]
    origins = tuple(dict.fromkeys(_origin(text, errors) for text in card.origins))
    errors |= {f"category-{name}-contact": ["Please choose one of the list."] for name, _, _, contact in card.categories
               if contact not in CONTACT_RULES}
    if errors:
        raise Refused(errors=errors)
    return Card(card.profile, card.timezone, card.locale, card.emergency_number, card.color.lower(), origins, card.categories,
                card.consent.replace("\r\n", "\n").strip())


def _labels(card: Card) -> dict[str, str]:
    """The categories' labels by the names of their fields."""
    return {f"category-{name}-label": label for name, label, *_ in card.categories}


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown; no name of a file below the zones; a folder of them
        return False


def _origin(text: str, errors: dict[str, list[str]]) -> str:
    """Parsed, never pasted: this text goes into a response header."""
    try:
        url = urlsplit(text.strip())
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port = "", None
    plain = re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host)
    if not plain or url.scheme not in ("https", "http") or url.path not in ("", "/") or url.query or url.fragment or url.username:
        errors.setdefault("origins", []).append(f"{text.strip()[:80]} is not an address like https://www.clinic.example.")
        return text
    # As browsers write it: without the port that the scheme implies.
    return f"{url.scheme}://{host}" + (f":{port}" if port and port != _IMPLIED_PORTS[url.scheme] else "")


def _write_parts(tx: Tx, id: str, card: Card, before: tuple, consents: tuple[Wording, ...], now: int) -> None:
    for position, (name, label, is_open, contact) in enumerate(card.categories):
        clinics.put_category(tx, id, name, label, position, is_open, contact)
    for gone in {category.name for category in before} - {name for name, *_ in card.categories}:
        clinics.close_category(tx, id, gone, now)
    _write_consent(tx, id, card, consents, now)


def _write_consent(tx: Tx, id: str, card: Card, before: tuple[Wording, ...], now: int) -> None:
    """A new version when the text is another one; no version is ever changed, a language that is missing is added. Words that
    are ours stand in another language there already when the clinic's is changed."""
    version = before[0].version if before else 0
    there = {wording.locale: wording.text for wording in before if wording.version == version}
    texts = every_language(card.consent, card.locale)
    if not there.items() & texts.items() or there.get(card.locale, texts[card.locale]) != texts[card.locale]:
        version, there = version + 1, {}
    for language, text in texts.items():
        if language not in there:
            clinics.insert_wording(tx, id, "consent", language, version, text, sha256_of(text), now)


def _text(value: object) -> str:
    return orjson.dumps(value).decode()
