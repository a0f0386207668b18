"""Several clinics in one service: another clinic's ids look like no ids at all."""

from inspect import isfunction, signature
from itertools import product

import pytest

from securemsg.desk import lists, people, reading, visits
from securemsg.desk import staff as staff_desk
from securemsg.desk.clinics import clinic as one_clinic
from securemsg.desk.door import enrolling, staff_sessions
from securemsg.errors import Missing, Refused, Unavailable, Unknown
from securemsg.store.ids import new_id
from tests.clinic import add_practice
from tests.people import new_key

NO_TOKENS = ["", "smv_", "smv_elm_", "smv_elm_short", "smv_nowhere_" + "A" * 43, "smv_elm_" + "A" * 43, "x" * 10_000,
             "smv_elm_" + "A" * 43 + "\n", "smv_../etc_" + "A" * 43]
ACTS = ["opens", "replies", "notes", "claims", "releases", "closes", "reopens", "flags"]


def test_another_clinics_conversation_is_missing_for_every_act(clinic, other_clinic, visitor):
    visitor.says("Hello?")
    stranger = other_clinic.hires("Bo Li", None, "owner", "staff")
    before = {table: clinic.rows(table) for table in ("conversations", "messages", "notes", "audit", "idempotency", "openings")}
    for act, id in product(ACTS, (visitor.conversation, new_id())):
        stranger.looking_at = id
        with pytest.raises(Missing) as missing:
            getattr(stranger, act)(*[id] if act == "opens" else ["text"] if act in ("replies", "notes") else [])
        assert missing.value.detail == "There is no such conversation."
    assert {table: clinic.rows(table) for table in before} == before
    assert not other_clinic.rows("messages") and not other_clinic.rows("idempotency")


def test_every_act_of_staff_is_tried_above():
    verbs = {name: verb for name, verb in (vars(staff_desk) | vars(reading)).items() if isfunction(verb) and name[0] != "_"}
    acts = {name for name, verb in verbs.items() if list(signature(verb).parameters)[:3] == ["desk", "who", "id"]} - {"own"}
    assert acts == {"read", "reply", "note", "claim", "release", "close", "reopen", "flag"} and len(acts) == len(ACTS)


def test_lists_hold_the_own_clinics_conversations_only(clinic, other_clinic, visitor, staff):
    visitor.says("Hello?")
    stranger = other_clinic.hires("Bo Li")
    other_clinic.visitor().says("Hello there?")
    assert staff.inbox() == [visitor.conversation] and visitor.conversation not in stranger.inbox()
    assert lists.counts(clinic.desk, staff.who) == (1, 0, 1)


def test_a_visitors_token_is_nothing_at_another_clinic(clinic, other_clinic, visitor):
    visitor.says("Hello?")
    moved = visitor.token.replace("smv_elm_", "smv_oak_")
    assert moved != visitor.token
    with pytest.raises(Unknown):
        visits.visit(clinic.desk, moved, clinic.clock())


def test_what_is_no_token_is_unknown(clinic):
    for token in NO_TOKENS:
        with pytest.raises(Unknown):
            visits.visit(clinic.desk, token, clinic.clock())


def test_a_ticket_is_nothing_at_another_clinic(clinic, other_clinic, visitor):
    visitor.says("Hello?")
    ticket = visits.ticket(clinic.desk, visitor.visit(), clinic.clock())
    with pytest.raises(Unknown):
        visits.redeem(clinic.desk, other_clinic.home, ticket, None, clinic.clock())


def test_sessions_links_and_passwords_are_nothing_at_another_clinic(clinic, other_clinic, staff):
    staff.enrols("four plain words here")
    with pytest.raises(Refused):
        enrolling.start(clinic.desk, other_clinic.home, staff.gets_link(), other_clinic.service, clinic.clock())
    token = staff.follows(staff.gets_link())
    with pytest.raises(Unknown):
        staff_sessions.session(clinic.desk, other_clinic.home, token, "", None, clinic.clock())


def test_one_address_may_work_at_two_clinics(clinic, other_clinic):
    for home in (clinic, other_clinic):
        people.add(clinic.desk, home.service, home.home, "Ana Ruiz", "ana@example.org", None, ("staff",), clinic.clock())
    assert bytes(clinic.rows("people")[0].email_index) != bytes(other_clinic.rows("people")[0].email_index)
    with pytest.raises(Refused, match="works here already"):
        people.add(clinic.desk, clinic.service, clinic.home, "Ana Ruiz", " ANA@example.org ", None, ("staff",), clinic.clock())


def test_the_same_text_at_two_clinics_is_sealed_by_two_keys(clinic, other_clinic):
    keys = clinic.desk.keys
    uses = product((clinic, other_clinic), ("clinic", "data", "index"))
    assert len({keys.active(each.home.id, purpose).secret for each, purpose in uses}) == 6


def test_a_short_name_is_given_once_and_has_a_form(clinic):
    with pytest.raises(Refused, match="already"):
        add_practice(clinic.desk, "elm")
    for slug in ("", "a", "-elm", "Elm", "elm_street", "elm street", "e" * 42, "elm\n"):
        with pytest.raises(Refused, match="short name"):
            add_practice(clinic.desk, slug)


def test_no_such_clinic_is_missing(clinic):
    with pytest.raises(Missing):
        one_clinic(clinic.desk, "nowhere")


def test_a_database_that_is_away_is_not_taken_for_an_ended_session(clinic, visitor, monkeypatch):
    visitor.says("Hello?", new_key())
    clinic.desk.known_clinics.clear()
    monkeypatch.setattr(clinic.desk.database, "read", lambda fn: (_ for _ in ()).throw(Unavailable()))
    with pytest.raises(Unavailable):
        visitor.visit()
