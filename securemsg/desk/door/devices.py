"""Browsers that are known: somebody has signed in with them before, as that person, at that clinic.

A browser keeps the secrets of a few, since people share computers. It lets nobody in; it only has a count of its own
(attempts.py). It is forgotten after half a year unused, with a new one-time link, and when the person's access ends.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from securemsg.crypto import tokens
from securemsg.crypto.envelope import Place, seal
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.people import named, open_value
from securemsg.errors import Unverified
from securemsg.store import Tx, devices
from securemsg.store.ids import new_id
from securemsg.times import DAY

DAYS = 180
_MOST = 20  # of one person: private windows make a new one each time


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser shows at the door: the secrets it keeps, and what it calls itself, like `Firefox on Windows`."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    name: str = ""


NO_BROWSER = Browser()


@dataclass(frozen=True, slots=True)
class Device:
    """A known browser of one person. `secret` is set when it was made just now."""

    id: str
    person_id: str
    write: Callable[[Tx], None] = field(repr=False)
    secret: str = field(default="", repr=False)


def known(desk: Desk, clinic: Clinic, email: str, browser: Browser, now: int) -> Device | None:
    """The browser as one that this address has signed in with; None for all others."""
    if not browser.secrets:
        return None
    person = named(desk, clinic.id, email)
    return _of(desk, clinic, person.id, browser, now) if person else None


def remembered(desk: Desk, clinic: Clinic, person_id: str, browser: Browser, now: int) -> Device:
    """The browser as this person's from now on, once `write` was done."""
    return _of(desk, clinic, person_id, browser, now) or _new(desk, clinic, person_id, browser, now)


def names(desk: Desk, clinic_id: str, person_id: str) -> dict[str, str]:
    """What a person's browsers call themselves, by the devices' ids."""
    rows = desk.database.read(lambda tx: devices.of_person(tx, clinic_id, person_id))
    return {row.id: _name(desk, clinic_id, row) for row in rows}


def _of(desk: Desk, clinic: Clinic, person_id: str, browser: Browser, now: int) -> Device | None:
    held = {tokens.hashed(secret) for secret in browser.secrets}
    for row in desk.database.read(lambda tx: devices.of_person(tx, clinic.id, person_id)):
        real = row.token_sha256 in held and desk.vouched(row.mac, *_facts(clinic.id, row.id, person_id, row.token_sha256))
        if real and row.last_at > now - DAYS * DAY:
            return Device(row.id, person_id, partial(devices.touch, clinic_id=clinic.id, id=row.id, now=now))
    return None


def _new(desk: Desk, clinic: Clinic, person_id: str, browser: Browser, now: int) -> Device:
    id, secret = new_id(), tokens.new_secret()
    hashed = tokens.hashed(secret)
    mac = desk.vouch(*_facts(clinic.id, id, person_id, hashed))
    name = seal(desk.keys.data(clinic.id), Place("devices", "name", clinic.id, id), browser.name.encode())

    def write(tx: Tx) -> None:
        devices.drop(tx, clinic.id, person_id, now, keep=_MOST - 1, unused_since=now - DAYS * DAY)
        devices.insert(tx, clinic.id, id, person_id, name, hashed, mac, now)

    return Device(id, person_id, write, secret)


def _name(desk: Desk, clinic_id: str, row) -> str:
    try:
        return open_value(desk, clinic_id, "devices", "name", row.id, row.name).decode()
    except Unverified:
        return ""


def _facts(clinic_id: str, id: str, person_id: str, sha256: bytes) -> tuple:
    return "devices", clinic_id, id, person_id, sha256
