"""Somebody without the keys writes to the database that nothing ended: blanked columns, and whole rows put back."""

from dataclasses import dataclass

import pytest

from securemsg.desk import people, visits
from securemsg.desk.door import staff_sessions
from securemsg.errors import Refused, Unknown
from securemsg.times import HOUR
from tests.desk.systems import System
from tests.people import Staff, code_at


@dataclass(frozen=True)
class Known:
    """Somebody who has signed in, and all that they hold."""

    staff: Staff
    token: str
    secret: bytes
    codes: list[str]

    def __iter__(self):
        return iter((self.staff, self.token))


@pytest.fixture
def signed_in(clinic) -> Known:
    staff = clinic.hires("Bo Li")
    secret, codes = staff.enrols()
    clinic.later(minutes=1)
    return Known(staff, staff.signs_in("four plain words here", code_at(secret, clinic.clock())), secret, codes)


def test_blanking_the_end_of_a_staff_session_does_not_open_it_again(clinic, signed_in):
    staff, token = signed_in
    staff_sessions.sign_out(clinic.desk, staff.session(token), clinic.clock.tick())
    assert clinic.sql("UPDATE staff_sessions SET ended_at = NULL")
    with pytest.raises(Unknown):
        staff.session(token)


def test_blanking_that_somebody_left_gives_nothing_back(clinic, signed_in):
    staff, token = signed_in
    unused = staff.gets_link()
    people.disable(clinic.desk, clinic.service, clinic.home, staff.person, clinic.clock.tick())
    assert clinic.sql("UPDATE people SET disabled_at = NULL") and clinic.sql("UPDATE staff_sessions SET ended_at = NULL")
    clinic.sql("UPDATE invites SET used_at = NULL")
    clinic.desk.known_people.clear()
    assert people.everyone(clinic.desk, clinic.home.id)[staff.person.id].roles == frozenset()
    with pytest.raises(Unknown):
        staff.session(token)
    with pytest.raises(Refused):
        staff.follows(unused)
    with pytest.raises(Refused):
        staff.signs_in("four plain words here", code_at(signed_in.secret, clinic.clock()))


def test_blanking_the_end_of_a_visitors_session_does_not_open_it_again(clinic, visitor):
    visitor.says("secret")
    visits.end(clinic.desk, visitor.visit(), clinic.clock.tick())
    assert clinic.sql("UPDATE visitor_sessions SET ended_at = NULL")
    with pytest.raises(Unknown):
        visitor.visit()


def test_blanking_that_they_were_used_opens_no_ticket_link_or_recovery_code_again(clinic, visitor, signed_in):
    staff, _ = signed_in
    visitor.says("secret")
    ticket, link = visits.ticket(clinic.desk, visitor.visit(), clinic.clock()), staff.gets_link()
    visits.redeem(clinic.desk, clinic.home, ticket, None, clinic.clock())
    staff.follows(link)
    staff.signs_in("four plain words here", signed_in.codes[0])
    for table in ("tickets", "invites", "credentials"):
        assert clinic.sql(f"UPDATE {table} SET used_at = NULL")
    with pytest.raises(Unknown):
        visits.redeem(clinic.desk, clinic.home, ticket, None, clinic.clock())
    with pytest.raises(Refused):
        staff.follows(link)
    with pytest.raises(Refused):
        staff.signs_in("four plain words here", signed_in.codes[0])


def test_blanking_the_end_of_a_token_does_not_open_it_again(clinic):
    revoked, replaced = System.let_in(clinic), System.let_in(clinic)
    revoked.revoked()
    old = replaced.token
    replaced.rotated(overlap=0)
    assert clinic.sql("UPDATE api_tokens SET ended_at = NULL, replaced_by_id = NULL") == 3
    for token in (revoked.token, old):
        with pytest.raises(Unknown):
            revoked.comes(token)
    assert replaced.comes()


def test_a_replaced_token_cannot_be_made_one_that_was_not(clinic):
    system = System.let_in(clinic)
    old = system.token
    system.rotated(overlap=HOUR)
    assert system.comes(old)
    clinic.sql("UPDATE api_tokens SET replaced_by_id = NULL")
    with pytest.raises(Unknown):
        system.comes(old)
