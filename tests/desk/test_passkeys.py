"""Passkeys and confirming on both databases: rows count as this service wrote them, once, and for whom they were made."""

import pytest

from securemsg.desk.access import Who
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.door import passkeys, providers, sign_in, step_up
from securemsg.errors import Refused, StepUpNeeded, Unknown, Unverified
from tests.authenticator import Authenticator
from tests.desk.door import PASSWORD, code
from tests.people import Staff


@pytest.fixture
def ana(enrolled) -> Staff:
    """Ana, who signed in a moment ago, and her telephone."""
    enrolled.token = enrolled.signs_in(PASSWORD, code(enrolled))
    enrolled.phone = Authenticator(enrolled.clinic.desk.settings.public_url)
    adds(enrolled)
    return enrolled


def adds(staff) -> None:
    clinic, session = staff.clinic, staff.session(staff.token)
    asked = passkeys.to_make(clinic.desk, clinic.home, session, clinic.clock.tick())
    passkeys.add(clinic.desk, clinic.home, session, "My phone", staff.phone.makes(asked), clinic.clock.tick())


def by_passkey(staff, sent: str = "") -> str:
    """The token of a session that a passkey began."""
    clinic = staff.clinic
    sent = sent or staff.phone.uses(passkeys.to_sign_in(clinic.desk, clinic.home, clinic.clock()))
    return sign_in.by_passkey(clinic.desk, clinic.home, sent, Who("staff", clinic.home.id), clinic.clock.tick()).token


def test_one_signs_in_by_it_again_and_again_and_by_each_answer_once(ana):
    assert [ana.session(by_passkey(ana)).person.id for _ in range(2)] == [ana.person.id] * 2
    sent = ana.phone.uses(passkeys.to_sign_in(ana.clinic.desk, ana.clinic.home, ana.clinic.clock()))
    by_passkey(ana, sent)
    with pytest.raises(Refused):
        by_passkey(ana, sent)


def test_one_that_does_not_count_is_as_good(ana):
    ana.phone = Authenticator(ana.clinic.desk.settings.public_url, counts=False)
    adds(ana)
    assert by_passkey(ana) and by_passkey(ana)


def test_a_session_is_confirmed_for_five_minutes_by_code_and_by_passkey(ana):
    clinic = ana.clinic
    for confirm in (lambda me: step_up.by_code(clinic.desk, clinic.home, me, ana.codes[0], clinic.clock.tick()),
                    lambda me: passkeys.confirm(clinic.desk, clinic.home, me, ana.phone.uses(
                        passkeys.to_confirm(clinic.desk, clinic.home, me, clinic.clock())), clinic.clock.tick())):
        clinic.later(minutes=6)
        me = ana.session(ana.token)
        with pytest.raises(StepUpNeeded):
            step_up.require_recent(clinic.desk, me, clinic.clock())
        step_up.require_recent(clinic.desk, confirm(me), clinic.clock())
        step_up.require_recent(clinic.desk, ana.session(ana.token), clinic.clock())


def test_nobody_confirms_by_writing_it_down(ana):
    ana.clinic.sql("UPDATE staff_sessions SET step_up_at = :now", now=ana.clinic.clock())
    with pytest.raises(Unknown):
        ana.session(ana.token)


def test_a_passkey_cannot_be_given_to_another_person(ana):
    victim = ana.clinic.hires("Bo Li", "Doctor", "owner")
    ana.clinic.sql("UPDATE credentials SET person_id = :victim WHERE kind = 'passkey'", victim=victim.person.id)
    with pytest.raises(Refused):
        by_passkey(ana)


def test_one_that_was_removed_and_put_back_opens_nothing(ana):
    desk, [row] = ana.clinic.desk, ana.clinic.rows("credentials", kind="passkey")
    passkeys.remove(desk, ana.clinic.home, ana.session(ana.token), row.id, ana.clinic.clock.tick())

    Ledger(desk).catch_up()
    values = row._asdict()
    ana.clinic.sql(f"INSERT INTO credentials ({', '.join(values)}) VALUES ({', '.join(':' + name for name in values)})", **values)
    assert passkeys.of_person(desk, ana.clinic.home.id, ana.person.id) == []
    with pytest.raises(Refused):
        by_passkey(ana)


def test_a_challenge_for_one_session_confirms_no_other(ana):
    clinic, me = ana.clinic, ana.session(ana.token)
    other = ana.session(by_passkey(ana))
    sent = ana.phone.uses(passkeys.to_confirm(clinic.desk, clinic.home, other, clinic.clock()))
    with pytest.raises(Refused):
        passkeys.confirm(clinic.desk, clinic.home, me, sent, clinic.clock.tick())
    with pytest.raises(Unverified):
        passkeys.shown(clinic.desk, clinic.home, "sign-in", "", sent, clinic.clock.tick())


def test_a_provider_counts_as_the_owner_set_it_and_takes_the_place_of_the_one_before(clinic):
    owner = clinic.hires("Bo Li", "Doctor", "owner")
    for name in ("First", "Second"):
        providers.keep(clinic.desk, owner.who, clinic.home, name, "https://login.example", "clinic", "secret",
                       clinic.clock.tick())
    assert providers.of_clinic(clinic.desk, clinic.home.id).name == "Second" and len(clinic.rows("providers")) == 1
    clinic.sql("UPDATE providers SET issuer = 'https://attacker.example'")
    assert providers.of_clinic(clinic.desk, clinic.home.id) is None
