"""Somebody without the keys writes to the database that nothing ended: blanked columns, and whole rows put back."""

from dataclasses import dataclass

import pytest

from securemsg.desk import people, visits
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.door import staff_sessions
from securemsg.desk.ended import Ended
from securemsg.errors import Refused, Unknown
from securemsg.times import HOUR
from tests.desk.systems import System
from tests.people import Staff, code_at
from tests.service import until


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


def put_back(clinic, table: str, rows: list) -> None:
    """Every column as it was, and rows that went meanwhile."""
    for row in rows:
        clinic.sql(f"DELETE FROM {table} WHERE clinic_id = :clinic_id AND id = :id", clinic_id=row.clinic_id, id=row.id)
        names = ", ".join(row._fields)
        clinic.sql(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in row._fields)})", **row._asdict())


def test_a_staff_session_that_ended_stays_ended_though_its_row_is_put_back(clinic, signed_in):
    staff, token = signed_in
    before = clinic.rows("staff_sessions")
    staff_sessions.sign_out(clinic.desk, staff.session(token), clinic.clock.tick())
    Ledger(clinic.desk).catch_up()
    put_back(clinic, "staff_sessions", before)
    with pytest.raises(Unknown):
        staff.session(token)


def test_who_left_stays_out_though_every_row_is_put_back(clinic, signed_in):
    staff, token = signed_in
    link, tables = staff.gets_link(), ("staff_sessions", "invites", "credentials")
    before = {table: clinic.rows(table) for table in tables}
    roles = clinic.rows("person_roles", person_id=staff.person.id)
    people.disable(clinic.desk, clinic.service, clinic.home, staff.person, clinic.clock.tick())
    Ledger(clinic.desk).catch_up()
    for table in tables:
        put_back(clinic, table, before[table])
    clinic.sql("UPDATE people SET disabled_at = NULL")
    for row in roles:
        clinic.sql("UPDATE person_roles SET mac = :mac WHERE person_id = :id AND role = :role", mac=row.mac, id=row.person_id,
                   role=row.role)
    clinic.desk.known_people.clear()
    known = people.everyone(clinic.desk, clinic.home.id)[staff.person.id]
    assert not known.roles and known.disabled_at
    with pytest.raises(Unknown):
        staff.session(token)
    with pytest.raises(Refused):
        staff.follows(link)
    with pytest.raises(Refused):
        staff.signs_in("four plain words here", code_at(signed_in.secret, clinic.clock() + 60_000_000))


def test_a_visitors_session_and_a_used_recovery_code_stay_ended_though_their_rows_are_put_back(clinic, visitor, signed_in):
    visitor.says("secret")
    before = {table: clinic.rows(table) for table in ("visitor_sessions", "credentials")}
    visits.end(clinic.desk, visitor.visit(), clinic.clock.tick())
    signed_in.staff.signs_in("four plain words here", signed_in.codes[0])
    Ledger(clinic.desk).catch_up()
    for table, rows in before.items():
        put_back(clinic, table, rows)
    with pytest.raises(Unknown):
        visitor.visit()
    with pytest.raises(Refused):
        signed_in.staff.signs_in("four plain words here", signed_in.codes[0])
    assert signed_in.staff.signs_in("four plain words here", signed_in.codes[1])


@pytest.mark.parametrize("ends", ["revoked", "replaced", "replaced, and its time is over"])
def test_a_token_that_ended_stays_ended_though_its_row_is_put_back(clinic, ends):
    system = System.let_in(clinic)
    old, before = system.token, clinic.rows("api_tokens")
    system.revoked() if ends == "revoked" else system.rotated(overlap=HOUR if ends == "replaced" else 0)
    Ledger(clinic.desk).catch_up()
    put_back(clinic, "api_tokens", before)
    with pytest.raises(Unknown):
        system.comes(old)


def test_another_process_hears_of_it_and_a_new_one_reads_it_at_its_start(clinic, visitor):
    visitor.says("secret")
    session = visitor.visit().who.session_id
    other = Ended(clinic.desk.settings.ledger, clinic.desk.ledger_key, clinic.clock)
    assert other.at("session", session) is None
    visits.end(clinic.desk, visitor.visit(), clinic.clock.tick())
    Ledger(clinic.desk).catch_up()
    new = Ended(clinic.desk.settings.ledger, clinic.desk.ledger_key, clinic.clock)
    assert new.at("session", session) == clinic.clock()
    until(lambda: other.at("session", session) is not None, what="what another process wrote down")
    clinic.later(days=300)
    Ledger(clinic.desk).reach()
    new.look()
    assert new.at("session", session) is None, "by now no such session could be alive"


def test_of_a_ledger_that_was_altered_what_stands_before_counts(clinic, visitor, caplog):
    ids = []
    for _ in range(2):
        visitor.opens("secret")
        ids.append(visitor.visit().who.session_id)
        visits.end(clinic.desk, visitor.visit(), clinic.clock.tick())
        Ledger(clinic.desk).catch_up()
    path = clinic.desk.settings.ledger
    path.write_text(path.read_text().replace(ids[1], ids[1][::-1]))
    read = Ended(path, clinic.desk.ledger_key, clinic.clock)
    assert [read.at("session", id) is not None for id in ids] == [True, False] and "cannot be read on" in caplog.text
