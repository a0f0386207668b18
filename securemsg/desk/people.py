"""Staff as people: names opened for a while, roles, invitations, leaving."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from securemsg.crypto import tokens
from securemsg.crypto.envelope import Place, key_version, seal, unseal
from securemsg.desk.access import ROLES, Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.legible import is_name
from securemsg.desk.roles import by_person, vouch
from securemsg.errors import Missing, Refused, Unverified
from securemsg.live import Signal
from securemsg.store import Row, Tx, clinics, devices, people
from securemsg.store.ids import new_id
from securemsg.times import HOUR
from securemsg.words import say
from securemsg.written import address

FORMER = say("A former colleague")
_FRESH_SECONDS = 5
_INVITE_HOURS = 24


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff. `title` is what visitors see beside the name."""

    id: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    title: str | None
    roles: frozenset[str]
    enrolled_at: int | None
    disabled_at: int | None


def everyone(desk: Desk, clinic_id: str) -> dict[str, Person]:
    """All people of a clinic by id, disabled ones too: they wrote messages."""
    known = desk.known_people.get(clinic_id)
    if known and known[0] > time.monotonic():
        return known[1]
    rows, given = desk.database.read(lambda tx: (people.everyone(tx, clinic_id), people.roles(tx, clinic_id)))
    held = by_person(desk, given)
    found = {row.id: _opened(desk, clinic_id, row, held.get(row.id, frozenset())) for row in rows}
    desk.known_people[clinic_id] = (time.monotonic() + _FRESH_SECONDS, found)
    return found


def at_work(desk: Desk, clinic_id: str) -> frozenset[str]:
    """The ids of who works here now."""
    return frozenset(each.id for each in everyone(desk, clinic_id).values() if not each.disabled_at)


def named(desk: Desk, clinic_id: str, email: str) -> Row | None:
    """Who has this address. Before it is nobody, keys that another process made since are asked for."""
    def found() -> Row | None:
        indexes = desk.keys.blind_indexes(clinic_id, "people.email", normal_email(email))
        return desk.database.read(lambda tx: people.one_by_email(tx, clinic_id, indexes))

    if (row := found()) is None:
        desk.keys.forget(clinic_id)
        row = found()
    return row


def add(desk: Desk, who: Who, clinic: Clinic, name: str, email: str, title: str | None, roles: tuple[str, ...],
        now: int) -> Person:
    """A new person, not signed in yet; Refused when the address is taken or none, or a role unknown."""
    check_name(name)
    check_title(title)
    check_email(email)
    check_roles(roles)
    id, email = new_id(), normal_email(email)
    desk.keys.forget(clinic.id)  # another process may have made an index key since
    index = desk.keys.newest_index(clinic.id, "people.email", email)
    known = desk.keys.blind_indexes(clinic.id, "people.email", email)
    sealed = {column: sealed_value(desk, clinic.id, id, column, value) for column, value in (("name", name), ("email", email))}
    macs = {role: vouch(desk, clinic.id, id, role, now) for role in roles}
    written = entry(desk, who, "person.added", "person", id, now, detail={"roles": roles})

    def write(tx: Tx) -> bool:
        if not people.insert(tx, clinic.id, id, sealed["name"], sealed["email"], index, known, title, now):
            return False
        for role in roles:
            people.insert_role(tx, clinic.id, id, role, macs[role], now)
        written.write(tx)
        return True

    if not desk.database.write(write):
        raise Refused("Somebody with this address works here already.", errors={"email": ["This address is taken."]})
    desk.known_people.pop(clinic.id, None)
    return Person(id, name, email, title, frozenset(roles), None, None)


def set_roles(desk: Desk, who: Who, clinic: Clinic, person: Person, roles: tuple[str, ...], now: int) -> None:
    """A person has these roles from now on, and no others; their sessions end, so no page goes on as if they had the old ones.

    Refused for an unknown role, without any, for who has no access any more, and when nobody would be left who may give roles.
    """
    if who.kind != "service":
        require(who, "people")
    check_roles(roles)
    if person.disabled_at:
        raise Refused(f"{person.name} has no access any more, so roles would open nothing.")
    check_left = (lambda tx: None) if "owner" in roles else _owner_left(desk, clinic, person)
    given_at = now + 1  # what ends at `now` are those of before
    macs = {role: vouch(desk, clinic.id, person.id, role, given_at) for role in roles}
    written = entry(desk, who, "person.roles_changed", "person", person.id, now,
                    detail={"before": sorted(person.roles), "roles": sorted(roles)})

    def write(tx: Tx) -> tuple[str, ...]:
        check_left(tx)
        people.end_roles(tx, clinic.id, person.id, now)
        for role, mac in macs.items():
            people.insert_role(tx, clinic.id, person.id, role, mac, given_at)
        written.write(tx)
        return people.end_sessions(tx, clinic.id, person.id, now, "enrolling", "signed_in")

    end_streams(desk, desk.database.write(write))
    desk.known_people.pop(clinic.id, None)


def check_roles(roles: tuple[str, ...]) -> None:
    """Refused when there is none, or one that is unknown."""
    if unknown := set(roles) - set(ROLES):
        raise Refused(f"There is no role {sorted(unknown)[0]!r}. Known are: {', '.join(ROLES)}.")
    if not roles:
        raise Refused("Please give at least one role. To end somebody's access, disable the person.")


def _owner_left(desk: Desk, clinic: Clinic, person: Person) -> Callable[[Tx], None]:
    """Raises Refused, within a write, where this person is the last owner: two who go at once do so one after the other. One who
    was invited and never came can give no roles, and counts only beside another such."""
    others = [each.id for each in everyone(desk, clinic.id).values()
              if each.id != person.id and "owner" in each.roles and (each.enrolled_at or not person.enrolled_at)]

    def check(tx: Tx) -> None:
        clinics.hold(tx, clinic.id)
        if people.has_role(tx, clinic.id, "owner", [person.id]) and not people.has_role(tx, clinic.id, "owner", others):
            raise Refused(f"{person.name} is the only owner who has signed in. Make somebody else one first: without an owner"
                          " nobody could give roles.")

    return check


def check_name(name: str) -> None:
    """Refused when there is none, or one that people could not go by."""
    if not is_name(name):
        raise Refused("Please give the person's name, in one line that can be seen.")


def check_title(title: str | None) -> None:
    """Refused for one that people could not read."""
    if title and title.strip() and not is_name(title):
        raise Refused("The title holds a character that cannot be used.")


def check_email(email: str) -> None:
    """Refused when it is not one."""
    try:
        address(email.strip())
    except ValueError:
        raise Refused(f"{email[:80]!r} is not an email address.") from None


def invite(desk: Desk, who: Who, clinic: Clinic, person: Person, now: int) -> str:
    """The secret of a one-time link for a first, or a new, sign-in; 24 hours. It ends earlier links, and who used one of them;
    no browser is known any more."""
    if person.disabled_at:
        raise Refused(f"{person.name} has no access any more, so a link would open nothing.")
    secret = tokens.new_secret()
    mac = desk.vouch("invites", clinic.id, tokens.hashed(secret), person.id)
    written = entry(desk, who, "person.invited", "person", person.id, now)

    def write(tx: Tx) -> tuple[str, ...]:
        people.end_invites(tx, clinic.id, person.id, now)
        devices.drop(tx, clinic.id, person.id, now)
        people.insert_invite(tx, clinic.id, person.id, tokens.hashed(secret), mac, now, now + _INVITE_HOURS * HOUR)
        written.write(tx)
        return people.end_sessions(tx, clinic.id, person.id, now, "enrolling")

    end_streams(desk, desk.database.write(write))
    return secret


def disable(desk: Desk, who: Who, clinic: Clinic, person: Person, now: int) -> None:
    """The person works here no more: sessions, streams and links end, browsers, password and app are forgotten, and nobody
    vouches for the roles any more. So a row that says otherwise opens nothing. Refused for the last owner; whoever runs this
    service may end even that access."""
    check_left = _owner_left(desk, clinic, person) if who.kind == "staff" else lambda tx: None
    written = entry(desk, who, "person.disabled", "person", person.id, now)

    def write(tx: Tx) -> tuple[str, ...]:
        check_left(tx)
        people.disable(tx, clinic.id, person.id, now)
        ended = people.end_sessions(tx, clinic.id, person.id, now, "enrolling", "signed_in")
        people.end_invites(tx, clinic.id, person.id, now)
        people.drop_credentials(tx, clinic.id, person.id, now)
        people.spend_roles(tx, clinic.id, person.id)
        devices.drop(tx, clinic.id, person.id, now)
        written.write(tx)
        return ended

    end_streams(desk, desk.database.write(write))
    desk.known_people.pop(clinic.id, None)


def end_streams(desk: Desk, ended: tuple[str, ...]) -> None:
    """After the commit: the streams of these sessions close."""
    for id in ended:
        desk.live.publish(("session", id), Signal("end"))


def by_email(desk: Desk, clinic: Clinic, email: str) -> Person:
    """The person with this address, or Missing."""
    email = normal_email(email)
    found = next((person for person in everyone(desk, clinic.id).values() if person.email == email), None)
    if found is None:
        raise Missing(f"Nobody at {clinic.name} has the address {email}.")
    return found


def normal_email(email: str) -> str:
    """Addresses are compared without case and surrounding space."""
    return email.strip().lower()


def open_value(desk: Desk, clinic_id: str, table: str, column: str, id: str, sealed: bytes) -> bytes:
    """A value sealed under the clinic data key, or, of people, under theirs; Unverified when it was altered or moved."""
    place, version = Place(table, column, clinic_id, id), key_version(sealed)
    if table == "people":
        with suppress(Unverified):  # sealed before people had a key of their own: until the clinic's next rotation
            return unseal(desk.keys.people(clinic_id, version), place, sealed)
    return unseal(desk.keys.data(clinic_id, version), place, sealed)


def sealed_value(desk: Desk, clinic_id: str, id: str, column: str, value: str) -> bytes:
    """A person's name or address, as it is stored."""
    return seal(desk.keys.people(clinic_id), Place("people", column, clinic_id, id), value.encode())


def _opened(desk: Desk, clinic_id: str, row, roles: frozenset[str]) -> Person:
    left_at = row.disabled_at or desk.ended.at("person", row.id)
    gone = {"name": FORMER, "email": ""} if left_at else {}  # of who has left both may be erased, and are, by us
    try:
        name, email = (gone[column] if sealed is None and gone else open_value(
            desk, clinic_id, "people", column, row.id, sealed or b"").decode()
            for column, sealed in (("name", row.name), ("email", row.email)))
    except Unverified:
        name, email, roles = "Could not be verified", "", frozenset()
    return Person(row.id, name, email, row.title, frozenset() if left_at else roles, row.enrolled_at, left_at)
