"""Somebody writes to the database without the keys: rows that open something count only as the service wrote them."""

import pytest

from securemsg.crypto import tokens
from securemsg.desk import people, visits
from securemsg.desk.door import enrolling, staff_sessions
from securemsg.errors import Refused, Unknown


def test_a_session_cannot_be_given_to_another_conversation(clinic, visitor):
    victim = clinic.visitor()
    victim.says("secret")
    visitor.says("hello")
    clinic.sql("UPDATE visitor_sessions SET conversation_id = :theirs WHERE conversation_id = :mine",
               theirs=victim.conversation, mine=visitor.conversation)
    with pytest.raises(Unknown):
        visitor.visit()


def test_a_ticket_cannot_be_given_to_another_session(clinic, visitor):
    victim = clinic.visitor()
    victim.says("secret")
    visitor.says("hello")
    ticket = visits.ticket(clinic.desk, visitor.visit(), clinic.clock())
    clinic.sql("UPDATE tickets SET session_id = :theirs", theirs=victim.visit().who.session_id)
    with pytest.raises(Unknown):
        visits.redeem(clinic.desk, clinic.home, ticket, None, clinic.clock())


def test_nobody_signs_in_by_writing_a_session(clinic, staff):
    clinic.sql("UPDATE staff_sessions SET token_sha256 = :own", own=tokens.hashed("made up"))
    with pytest.raises(Unknown):
        staff_sessions.session(clinic.desk, clinic.home, "made up", "", None, clinic.clock())


def test_nobody_becomes_owner_by_writing_a_role(clinic, staff):
    clinic.sql("INSERT INTO person_roles (clinic_id, person_id, role, mac) VALUES (:clinic, :person, 'owner', :mac)",
               clinic=clinic.home.id, person=staff.who.id, mac=b"\0" * 32)
    clinic.desk.known_people.clear()
    assert "owner" not in people.everyone(clinic.desk, clinic.home.id)[staff.who.id].roles


def test_a_link_cannot_be_given_to_another_person(clinic, staff):
    from securemsg.desk.access import Who

    colleague = people.add(clinic.desk, Who("service", clinic.home.id), clinic.home, "Bo Li", "bo@example.org", None, ("staff",),
                           clinic.clock())
    secret = people.invite(clinic.desk, Who("service", clinic.home.id), clinic.home, colleague, clinic.clock())
    clinic.sql("UPDATE invites SET person_id = :other", other=staff.who.id)
    with pytest.raises(Refused):
        enrolling.start(clinic.desk, clinic.home, secret, Who("staff", clinic.home.id), clinic.clock())


def test_a_missing_note_name_or_contact_is_noticed(clinic, visitor, staff):
    visitor.opens("hello", name="Leo", contact=("email", "leo@example.org"))
    staff.opens(visitor)
    staff.notes("allergic to penicillin")
    staff.notes("called back")
    seen = staff.opens(visitor)
    clinic.sql("DELETE FROM notes WHERE seq = 1")
    clinic.sql("DELETE FROM contacts")
    clinic.sql("UPDATE conversations SET name = NULL")
    opened = staff.opens(visitor)
    assert [note.text for note in seen.notes] == ["allergic to penicillin", "called back"]
    assert [note.text for note in opened.notes] == [None, "called back"]
    assert (opened.name, opened.contact and opened.contact[1]) == ("Could not be verified",) * 2
