"""Whose an account at the clinic's provider is: what the provider says is made up here, whom it lets in is not."""

from dataclasses import dataclass

import pytest

from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.door import accounts, elsewhere, providers, step_up
from securemsg.desk.door.devices import NO_BROWSER
from securemsg.errors import Refused
from securemsg.outbound import openid
from securemsg.outbound.openid import Pending, Shown
from securemsg.times import SECOND
from tests.clinic import Practice
from tests.people import Staff

BACK = "https://clinic.example/back"


@dataclass
class Door:
    """A clinic with a provider that says whatever it is told to say."""

    clinic: Practice
    monkeypatch: pytest.MonkeyPatch

    def lets_in(self, subject: str, email: str, verified: bool = True, at: int | None = None, second_factor: bool = False) -> str:
        """The token of the session."""
        desk, home = self.clinic.desk, self.clinic.home
        self.monkeypatch.setattr(openid, "finish", lambda *_: Shown(subject, email, verified, at, second_factor))
        kept = elsewhere.begin(desk, home, BACK, "", self.clinic.clock.tick()).kept
        signed_in, _ = elsewhere.finish(desk, home, BACK, BACK, kept, Who("staff", home.id), self.clinic.clock.tick(),
                                        browser=NO_BROWSER, before="")
        return signed_in.token


@pytest.fixture
def boss(clinic) -> Staff:
    return clinic.hires("Ola Nor", None, "owner")


@pytest.fixture
def door(clinic, boss, monkeypatch) -> Door:
    providers.keep(clinic.desk, boss.who, clinic.home, "Login", "https://login.example", "clinic", "secret", clinic.clock.tick())
    monkeypatch.setattr(openid, "begin", lambda *_: ("https://login.example/", Pending("state", "nonce", "verifier")))
    return Door(clinic, monkeypatch)


def test_an_account_that_is_somebodys_opens_nobody_else_whatever_address_it_shows(clinic, door, staff, boss):
    assert staff.session(door.lets_in("ana", staff.person.email)).person.id == staff.person.id
    for email in (boss.person.email, boss.person.email.upper()):
        with pytest.raises(Refused, match="Nobody with this account"):
            door.lets_in("ana", email)
    assert not clinic.rows("credentials", person_id=boss.person.id)
    with pytest.raises(Refused):
        door.lets_in("another", staff.person.email)
    assert boss.session(door.lets_in("boss", boss.person.email)).person.id == boss.person.id


@pytest.mark.parametrize(("email", "verified"), [("married@elm.example", True), ("married@elm.example", False), ("", False)])
def test_who_is_known_there_comes_in_under_an_address_that_has_changed(door, staff, email, verified):
    door.lets_in("ana", staff.person.email)
    assert staff.session(door.lets_in("ana", email, verified)).person.id == staff.person.id


def test_an_address_that_the_provider_has_not_verified_ties_nobody(clinic, door, staff):
    with pytest.raises(Refused, match="has verified your email address"):
        door.lets_in("ana", staff.person.email, verified=False)
    assert not clinic.rows("credentials", person_id=staff.person.id)
    assert clinic.rows("audit", action="staff.sign_in_failed")[-1].outcome == "refused"


def test_of_two_first_sign_ins_with_one_account_the_second_comes_too_late(clinic, door, staff, boss):
    seen = accounts.account(clinic.desk, clinic.home.id, "https://login.example", "ana")
    door.lets_in("ana", staff.person.email)
    person = accounts.owner(clinic.desk, clinic.home.id, seen, boss.person.email)
    assert not clinic.desk.database.write(accounts.tie(clinic.desk, clinic.home.id, seen, person, clinic.clock.tick()))


def test_a_row_that_somebody_else_wrote_ties_nobody(clinic, door, staff, boss):
    door.lets_in("ana", staff.person.email)
    clinic.sql("UPDATE credentials SET person_id = :boss WHERE person_id = :ana", boss=boss.person.id, ana=staff.person.id)
    with pytest.raises(Refused):
        door.lets_in("ana", "unknown@elm.example")


def test_who_left_comes_in_no_more(clinic, door, staff):
    door.lets_in("ana", staff.person.email)
    people.disable(clinic.desk, clinic.service, clinic.home, staff.person, clinic.clock.tick())
    with pytest.raises(Refused):
        door.lets_in("ana", staff.person.email)


@pytest.mark.parametrize(("second_factor", "ago", "counts"), [(True, 10, True), (False, 10, False), (True, 301, False)])
def test_only_a_second_factor_that_was_shown_there_just_now_confirms(clinic, door, staff, second_factor, ago, counts):
    token = door.lets_in("ana", staff.person.email, at=clinic.clock() // SECOND - ago, second_factor=second_factor)
    assert step_up.is_recent(staff.session(token), clinic.clock()) is counts
