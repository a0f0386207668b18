"""What `securemsg init` has to know: each question as a row, with its flag, its default, and what a good answer is."""

import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from securemsg import store
from securemsg.cli.at_hand import opened
from securemsg.cli.clinic import first_card
from securemsg.desk import owner, people
from securemsg.errors import Misconfigured, Refused
from securemsg.setting_values import is_loopback
from securemsg.settings import PREFIX, Settings, load
from securemsg.store import clinics, state
from securemsg.words import LANGUAGES

Answers = dict[str, str]


@dataclass(frozen=True)
class Question:
    """`default` may use earlier answers; None: it must be answered. `check` raises Refused with a sentence."""

    name: str
    ask: str
    help: str
    default: Callable[[Answers], str | None]
    check: Callable[[str, Answers], None]
    asked: Callable[[Answers], bool] = lambda answers: True

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    def checked(self, text: str, answers: Answers) -> str:
        self.check(text, answers)
        return text


def settings(answers: Answers) -> Settings:
    """The settings with the places that were answered."""
    return load({**os.environ, **_told(answers)})


def to_be_set(answers: Answers) -> list[str]:
    """What every later command needs to be told, since it differs from what they would take."""
    return [f"export {name}={shlex.quote(text)}" for name, text in _told(answers).items()]


def clinics_of(settings: Settings) -> list[str]:
    """The clinics that are there already. Nothing is made by looking."""
    if not settings.database_url.startswith("sqlite:"):
        return _listed(settings)
    return _listed(settings) if state.sqlite_file(settings.database_url).exists() else []


def _listed(settings: Settings) -> list[str]:
    database = store.connect(settings)
    try:
        used = state.has_tables(database) and database.read(clinics.any_keys)
    except DBAPIError:
        return []  # away, or no database: whoever makes the tables says so in a sentence
    finally:
        database.close()
    if not used:
        return []
    with opened(settings) as desk:
        return [row.slug for row in desk.database.read(clinics.everyone)]


def _told(answers: Answers) -> dict[str, str]:
    """Places that nobody would look at without being told, as settings."""
    data, key = (str(Path(answers[name]).expanduser().absolute()) for name in ("data", "root_key"))
    return ({PREFIX + "DATA": data} if data != _data_folder({}) else {}) | \
        ({PREFIX + "ROOT_KEY": f"file:{key}"} if key != _key_file(answers) else {}) | _address(answers["public_url"])


def _address(url: str) -> dict[str, str]:
    """The public address; with https, who listens on this computer alone has the proxy there as well."""
    here, (host, _) = load(), load().bind
    if url.rstrip("/") == here.public_url:
        return {}
    beside = url.startswith("https:") and is_loopback(host) and not here.trusted_proxies
    proxy = host.strip("[]").replace("localhost", "127.0.0.1")
    return {PREFIX + "PUBLIC_URL": url} | ({PREFIX + "TRUSTED_PROXIES": proxy} if beside else {})


def _no_default(answers: Answers) -> None:
    return None


def _data_folder(answers: Answers) -> str:
    return str(load().data)


def _key_file(answers: Answers) -> str:
    """Beside the data folder, as when nothing is said. Other providers are set in the environment, and not asked for."""
    data = Path(answers.get("data") or _data_folder(answers)).expanduser().absolute()
    return str(data.with_name(data.name + ".keys") / "root.key")


def _zone(answers: Answers) -> str:
    """This computer's, as far as it says so."""
    zone = os.environ.get("TZ", "").removeprefix(":") or str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    try:
        _card("timezone", timezone=zone)
    except Refused:
        return "UTC"
    return zone


def _is_writable(text: str) -> None:
    path = Path(text).expanduser().absolute()
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    if not text or not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise Refused(f"Nothing can be written to {text!r}: {there} is not a folder that this user may write to.")


def _folder_fits(text: str, answers: Answers) -> None:
    _is_writable(text)


def _key_fits(text: str, answers: Answers) -> None:
    path, data = (Path(part).expanduser().absolute() for part in (text, answers.get("data") or _data_folder(answers)))
    if path.is_dir():
        raise Refused(f"{text!r} is a folder; the root key is a file.")
    if path.is_relative_to(data):
        raise Refused(f"{text!r} lies in the data folder: whoever copies the data would hold the key as well.")
    _is_writable(str(path.parent))


def _address_fits(text: str, answers: Answers) -> None:
    try:
        load({**os.environ, **_address(text)})
    except Misconfigured as error:
        raise Refused(error.detail) from error


def _phone_fits(text: str, answers: Answers) -> None:
    if text and not re.fullmatch(r"\+?[0-9][0-9 ()./-]{2,30}", text):
        raise Refused(f"{text[:40]!r} is not a phone number; one is written like +1 555 0100.")


def _card(field: str, *, name: str = "x", timezone: str = "UTC", number: str = "112", origin: str = "",
          language: str = "en") -> None:
    try:
        owner.checked(first_card(name, timezone, number, (), (origin,) if origin else (), language))
    except Refused as error:
        if field in (error.errors or {}):
            raise Refused((error.errors or {})[field][0]) from error


def _of_card(field: str, argument: str) -> Callable[[str, Answers], None]:
    return lambda text, answers: _card(field, **{argument: text})


PLACE = (
    Question("data", "Data folder", "Data folder (SECUREMSG_DATA).", _data_folder, _folder_fits),
    Question("root_key", "File for the root key", "File for the root key (SECUREMSG_ROOT_KEY with file:).", _key_file, _key_fits,
             asked=lambda _: load().root_key == (f"file:{_key_file({})}",)),
    Question("public_url", "The address people will see, e.g. https://messages.clinic.example",
             "The address people see (SECUREMSG_PUBLIC_URL).", lambda _: load().public_url, _address_fits))
CLINIC = (
    Question("slug", "The clinic's short name, for addresses, e.g. harbour-lane",
             "The clinic's short name: small letters, digits, hyphens.", _no_default, lambda text, _: owner.check_slug(text)),
    Question("name", "The clinic's name, as visitors know it", "The clinic's name as visitors know it.", _no_default,
             _of_card("name", "name")),
    Question("phone", "Its telephone number, as visitors see it (empty: later)", "The clinic's telephone number.", lambda _: "",
             _phone_fits),
    Question("origin", "Its website, e.g. https://www.clinic.example (empty: later)",
             "The address of its website, where the widget stands.", lambda _: "", _of_card("origins", "origin")),
    Question("emergency_number", "The number people there call in an emergency", "The emergency number there; 112 if not given.",
             lambda _: "112", _of_card("emergency_number", "number")),
    Question("timezone", "Its time zone", "An IANA zone like Europe/Berlin; this computer's if not given.", _zone,
             _of_card("timezone", "timezone")),
    Question("language", "The language it writes in", f"What the clinic writes in: {', '.join(LANGUAGES)}; en if not given.",
             lambda _: "en", _of_card("language", "language")),
    Question("owner_name", "The owner's name, as visitors see it beside replies", "The owner's name.", _no_default,
             lambda text, _: people.check_name(text)),
    Question("owner_email", "The owner's email address, for signing in", "The owner's email address, for signing in.",
             _no_default, lambda text, _: people.check_email(text)))
