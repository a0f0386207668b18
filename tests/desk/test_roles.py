"""A person's roles are changed: at once, on record, for good."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from securemsg.desk import people
from securemsg.desk.access import ROLES
from securemsg.desk.archive.ledger import Ledger
from securemsg.errors import Forbidden, Refused, Unknown
from securemsg.store import conversations
from tests.clinic import Practice
from tests.people import Staff

ACTS = frozenset().union(*ROLES.values())
_WORKS = {"read", "reply", "note", "claim", "close"}
_RULES = {"audit", "hold", "erase", "people", "clinic", "keys"}
MAY = {
    # what clinics hold to be least privilege: role by role, what nobody else in the team needs
    "front_desk": _WORKS, "nurse": _WORKS | {"break_glass"}, "doctor": _WORKS | {"break_glass"}, "billing": _WORKS,
    "manager": {"claim", "close", "inbox", "counts", "pools"},
    "compliance": {"audit", "review", "inspect", "hold", "erase", "export"},
    "owner": {"clinic", "people", "pools", "counts", "keys"}, "auditor": {"audit"}, "staff": {"read", "reply", "break_glass"}}
NEVER = {
    "front_desk": _RULES | {"break_glass"},
    "nurse": _RULES, "doctor": _RULES, "billing": _RULES | {"break_glass"},
    "manager": {"read", "reply", "note", "notes", "search", "break_glass", "audit", "hold", "erase", "people", "keys"},
    "compliance": {"read", "reply", "note", "claim", "close", "break_glass", "people", "clinic", "keys"},
    "owner": _WORKS | {"inbox", "search", "events", "every_pool", "break_glass", "hold", "erase", "review"},
    "auditor": ACTS - {"card", "audit", "see_people"}, "staff": _RULES}


def gives(by: Staff | Practice, somebody: Staff, *roles: str) -> Staff:
    clinic = somebody.clinic
    who = by.service if isinstance(by, Practice) else by.who
    person = people.everyone(clinic.desk, clinic.home.id)[somebody.person.id]
    people.set_roles(clinic.desk, who, clinic.home, person, roles, clinic.clock.tick())
    return Staff(clinic, people.everyone(clinic.desk, clinic.home.id)[somebody.person.id])


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_it_needs_and_no_more(clinic, role):
    who = clinic.hires("Ana Ruiz", None, role).who
    assert {act for act in ACTS if who.may(act)} == ROLES[role]
    assert MAY[role] <= ROLES[role] and not NEVER[role] & ROLES[role]


def test_roles_that_are_given_count_at_once_and_the_old_ones_no_more(clinic, staff):
    staff.enrols()
    token = staff.signs_in("four plain words here", staff.enrols()[1][0])
    changed = gives(clinic, staff, "manager")
    assert changed.who.may("claim") and not changed.who.may("read")
    with pytest.raises(Unknown):
        staff.session(token)
    row = clinic.rows("audit", action="person.roles_changed")[-1]
    assert (row.object_id, row.outcome) == (staff.person.id, "ok")


def test_only_the_owner_gives_roles(clinic, staff):
    owner = clinic.hires("Ola Nor", None, "owner")
    assert gives(owner, staff, "doctor", "billing").person.roles == {"doctor", "billing"}
    for role in sorted(set(ROLES) - {"owner"}):
        with pytest.raises(Forbidden):
            gives(clinic.hires("Eve Low", None, role), staff, "owner")


def test_the_last_owner_stays_one(clinic):
    owner = hired_owner(clinic, "Ola Nor")
    with pytest.raises(Refused, match="only owner"):
        gives(owner, owner, "doctor")
    colleague = gives(owner, clinic.hires("Pia Oh", None, "staff"), "owner")
    with pytest.raises(Refused, match="only owner"):
        gives(owner, owner, "doctor")
    colleague.enrols()
    clinic.desk.known_people.clear()
    assert gives(owner, owner, "doctor").person.roles == {"doctor"}


@pytest.mark.parametrize("ends", ["roles", "access"])
def test_two_owners_who_send_each_other_away_at_once_leave_one(clinic, monkeypatch, ends):
    owners = [hired_owner(clinic, name) for name in ("Ola Nor", "Pia Oh")]
    clinic.desk.known_people.clear()
    both, write, now = Barrier(2, timeout=10), clinic.desk.database.write, clinic.clock.tick()

    def together(fn, **how):
        """Each has looked who is left before either writes."""
        both.wait()
        return write(fn, **how)

    def goes(by: Staff, leaves: Staff) -> str:
        person = people.everyone(clinic.desk, clinic.home.id)[leaves.person.id]
        try:
            if ends == "roles":
                people.set_roles(clinic.desk, by.who, clinic.home, person, ("nurse",), now)
            else:
                people.disable(clinic.desk, by.who, clinic.home, person, now)
        except Refused as refused:
            return str(refused.detail)
        return "gone"

    monkeypatch.setattr(clinic.desk.database, "write", together)
    with ThreadPoolExecutor(2) as hands:
        said = sorted(hands.map(goes, owners, reversed(owners)), key=len)
    assert said[0] == "gone" and "only owner" in said[1]
    clinic.desk.known_people.clear()
    assert sum("owner" in person.roles for person in people.everyone(clinic.desk, clinic.home.id).values()) == 1


def hired_owner(clinic: Practice, name: str) -> Staff:
    """One who has come."""
    hired = clinic.hires(name, None, "owner")
    hired.enrols()
    clinic.desk.known_people.clear()
    return Staff(clinic, people.everyone(clinic.desk, clinic.home.id)[hired.person.id])


def test_whoever_runs_the_service_may_end_even_the_last_owners_access(clinic):
    owner = hired_owner(clinic, "Ola Nor")
    people.disable(clinic.desk, clinic.service, clinic.home, owner.person, clinic.clock.tick())
    assert people.everyone(clinic.desk, clinic.home.id)[owner.person.id].disabled_at


@pytest.mark.parametrize(("name", "title", "told"), [("Ana\0", None, "person's name"), ("Ana", "Nur\0se", "cannot be used")])
def test_a_name_that_no_database_holds_is_refused_with_a_sentence(clinic, name, title, told):
    with pytest.raises(Refused, match=told):
        people.add(clinic.desk, clinic.service, clinic.home, name, "ana@elm.example", title, ("nurse",), clinic.clock.tick())


def test_a_reference_that_no_database_holds_names_no_conversation(clinic):
    assert clinic.desk.database.read(lambda tx: conversations.one_by_reference(tx, clinic.home.id, "A\0B")) is None


@pytest.mark.parametrize(("roles", "sentence"), [((), "at least one"), (("boss",), "no role 'boss'")])
def test_roles_that_cannot_be_are_refused(clinic, staff, roles, sentence):
    with pytest.raises(Refused, match=sentence):
        gives(clinic, staff, *roles)


def test_who_left_gets_no_roles(clinic, staff):
    people.disable(clinic.desk, clinic.service, clinic.home, staff.person, clinic.clock.tick())
    with pytest.raises(Refused, match="no access"):
        gives(clinic, staff, "doctor")


def test_a_role_that_ended_is_none_in_an_older_copy_either(clinic):
    boss = clinic.hires("Ola Nor", None, "owner")
    clinic.hires("Pia Oh", None, "owner")
    [before] = clinic.rows("person_roles", person_id=boss.person.id)
    gives(clinic, boss, "billing")
    Ledger(clinic.desk).catch_up()
    clinic.desk.ended.look()
    clinic.desk.database.write(lambda tx: tx.insert("person_roles", **before._asdict()))
    clinic.desk.known_people.clear()
    assert people.everyone(clinic.desk, clinic.home.id)[boss.person.id].roles == {"billing"}


def test_a_role_that_somebody_wrote_into_the_database_is_none(clinic, staff):
    clinic.sql("UPDATE person_roles SET role = 'owner' WHERE person_id = :id", id=staff.person.id)
    clinic.sql("UPDATE person_roles SET granted_at = NULL WHERE person_id = :id", id=staff.person.id)
    clinic.desk.known_people.clear()
    assert people.everyone(clinic.desk, clinic.home.id)[staff.person.id].roles == frozenset()
