"""Whose an account at the clinic's provider is: what the provider says is made up here, whom it lets in is not."""

from dataclasses import dataclass

import pytest

from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.door import accounts, away, confirming, elsewhere, halfway, providers, step_up, waiting
from securemsg.desk.door.devices import NO_BROWSER
from securemsg.desk.door.halfway import Halfway
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.door.waiting import Act
from securemsg.errors import BadRequest, Limited, Refused, Unavailable
from securemsg.outbound import openid
from securemsg.outbound.openid import Pending, Shown
from securemsg.store import people as rows
from securemsg.times import MINUTE, SECOND
from tests.clinic import Practice
from tests.people import Staff, code_at

BACK = "https://clinic.example/back"


@dataclass
class Door:
    """A clinic with a provider that says whatever it is told to say."""

    clinic: Practice
    monkeypatch: pytest.MonkeyPatch

    def shows(self, subject: str, email: str, verified: bool = True, at: int | None = None, second_factor: bool = True):
        """A session, or the step before it."""
        desk, home = self.clinic.desk, self.clinic.home
        self.monkeypatch.setattr(openid, "finish", lambda *_: Shown(subject, email, verified, at, second_factor))
        left = away.opened(desk, home, away.leave(desk, home, BACK, "", self.clinic.clock.tick()).kept, self.clinic.clock())
        return elsewhere.finish(desk, home, left, BACK, BACK, Who("staff", home.id), self.clinic.clock.tick(), browser=NO_BROWSER,
                                before="")

    def lets_in(self, subject: str, email: str, verified: bool = True, at: int | None = None) -> str:
        """The token of the session of who shows two factors there."""
        return self.shows(subject, email, verified, at).token

    def hears(self, came: Halfway, code: str) -> str:
        """The token of the session of who has shown one of them, by a code of theirs."""
        desk, home, now = self.clinic.desk, self.clinic.home, self.clinic.clock.tick()
        return halfway.finish(desk, home, came.kept, code, Who("staff", home.id), now, browser=NO_BROWSER, before="")[0].token

    def confirms(self, session: Session, subject: str, ago: int | None = 10, second_factor: bool = True,
                 left_by: Session | None = None) -> Session:
        """Of who is signed in, so many seconds ago."""
        desk, home, now = self.clinic.desk, self.clinic.home, self.clinic.clock.tick()
        at = None if ago is None else now // SECOND - ago
        self.monkeypatch.setattr(openid, "finish", lambda *_: Shown(subject, "", True, at, second_factor))
        left = away.opened(desk, home, confirming.leave(desk, home, left_by or session, BACK, "act", now).kept, now)
        return confirming.finish(desk, home, session, left, BACK, BACK, now)


@pytest.fixture
def boss(clinic) -> Staff:
    return clinic.hires("Ola Nor", None, "owner")


@pytest.fixture
def door(clinic, boss, monkeypatch) -> Door:
    providers.keep(clinic.desk, boss.who, clinic.home, "Login", "https://login.example", "clinic", "secret", clinic.clock.tick())
    monkeypatch.setattr(openid, "begin", lambda *_, **__: ("https://login.example/", Pending("state", "nonce", "verifier")))
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


@pytest.mark.parametrize(("ago", "counts"), [(10, True), (-60, True), (310, False), (-200, False)])
def test_only_a_second_factor_that_was_shown_there_just_now_confirms(clinic, door, staff, ago, counts):
    """As far as two clocks agree."""
    token = door.lets_in("ana", staff.person.email, at=clinic.clock() // SECOND - ago)
    assert step_up.is_recent(staff.session(token), clinic.clock()) is counts


@pytest.mark.parametrize("confirms", [False, True])
def test_it_counts_for_five_minutes_from_when_it_was_shown_there(clinic, door, staff, confirms):
    """Not from when one came back with it."""
    session = staff.session(door.lets_in("ana", staff.person.email, at=clinic.clock() // SECOND - 100))
    if confirms:
        session = door.confirms(session, "ana", ago=100)
    clinic.later(seconds=190)
    assert step_up.is_recent(session, clinic.clock())
    clinic.later(seconds=15)
    assert not step_up.is_recent(session, clinic.clock())


def code(clinic, secret: bytes) -> str:
    clinic.later(seconds=30)
    return code_at(secret, clinic.clock() + SECOND)


def test_a_password_alone_there_needs_a_code_here_and_ties_nobody_before(clinic, door, staff):
    secret, _ = staff.enrols()
    came = door.shows("ana", staff.person.email, second_factor=False)
    assert isinstance(came, Halfway) and not clinic.rows("credentials", person_id=staff.person.id, kind="openid")
    with pytest.raises(Refused):
        door.hears(came, "000000")
    assert not clinic.rows("credentials", kind="openid")
    session = staff.session(door.hears(came, code(clinic, secret)))
    assert session.person.id == staff.person.id and step_up.is_recent(session, clinic.clock())
    assert [row.person_id for row in clinic.rows("credentials", kind="openid")] == [staff.person.id]


def test_who_has_no_code_here_is_told_whom_to_ask(clinic, door, staff):
    with pytest.raises(Refused, match="sign-in link"):
        door.shows("ana", staff.person.email, second_factor=False)
    assert clinic.rows("audit", action="staff.sign_in_failed")[-1].object_id == staff.person.id


def test_guesses_at_the_code_are_slowed_and_a_code_counts_once(clinic, door, staff):
    secret, _ = staff.enrols()
    came, shown = door.shows("ana", staff.person.email, second_factor=False), code(clinic, secret)
    assert door.hears(came, shown)
    with pytest.raises(Refused):
        door.hears(came, shown)
    for _ in range(4):
        with pytest.raises(Refused):
            door.hears(came, "000000")
    clinic.clock.at -= SECOND  # five failures: the next one waits
    with pytest.raises(Limited):
        door.hears(came, "000000")


def test_what_the_browser_kept_counts_for_ten_minutes_and_for_one_step(clinic, door, staff, boss):
    secret, _ = staff.enrols()
    came = door.shows("ana", staff.person.email, second_factor=False)
    pending = away.leave(clinic.desk, clinic.home, BACK, "", clinic.clock()).kept
    with pytest.raises(BadRequest):
        door.hears(Halfway(pending), code(clinic, secret))
    with pytest.raises(BadRequest):
        away.opened(clinic.desk, clinic.home, came.kept, clinic.clock())
    clinic.later(minutes=10)
    with pytest.raises(BadRequest):
        door.hears(came, code(clinic, secret))


def test_a_provider_that_asks_for_a_second_factor_itself_need_not_say_so(clinic, door, staff, boss):
    providers.keep(clinic.desk, boss.who, clinic.home, "Login", "https://login.example", "clinic", "secret", clinic.clock.tick(),
                   asks_second_factor=True)
    signed_in = door.shows("ana", staff.person.email, at=clinic.clock() // SECOND, second_factor=False)
    session = staff.session(signed_in.token)
    assert step_up.is_recent(session, clinic.clock())
    assert step_up.is_recent(door.confirms(session, "ana", second_factor=False), clinic.clock())


def test_nobody_without_the_keys_says_so_for_it(clinic, door, staff):
    """The whole provider counts for nothing then."""
    assert clinic.sql("UPDATE providers SET asks_second_factor = 1") == 1
    assert providers.of_clinic(clinic.desk, clinic.home.id) is None


@pytest.fixture
def ana(clinic, door, staff) -> Session:
    """Signed in elsewhere, six minutes ago, without anything of her own here."""
    token = door.lets_in("ana", staff.person.email, at=clinic.clock() // SECOND)
    clinic.later(minutes=6)
    session = staff.session(token)
    assert not step_up.is_recent(session, clinic.clock())
    return session


def test_who_signs_in_there_confirms_there(clinic, door, ana, boss):
    assert confirming.offered(clinic.desk, clinic.home, ana) and not confirming.has_code(clinic.desk, clinic.home, ana)
    assert step_up.is_recent(door.confirms(ana, "ana"), clinic.clock())
    assert [row.outcome for row in clinic.rows("audit", action="staff.stepped_up")] == ["ok"]


@pytest.mark.parametrize(("how", "sentence"), [
    ({"subject": "boss"}, "somebody else's"), ({"subject": "nobody"}, "somebody else's"), ({"ago": 125}, "not ask you anew"),
    ({"ago": None}, "not ask you anew"), ({"second_factor": False}, "second factor")])
def test_what_confirms_nothing_is_told_and_on_record(clinic, door, ana, boss, how, sentence):
    door.lets_in("boss", boss.person.email)
    with pytest.raises(Refused) as refused:
        door.confirms(ana, **{"subject": "ana"} | how)
    assert sentence in str(refused.value.errors) and clinic.rows("audit", action="staff.step_up_failed")[-1].outcome == "refused"


def test_one_session_confirms_for_no_other(clinic, door, staff, ana):
    other = staff.session(door.lets_in("ana", staff.person.email))
    with pytest.raises(BadRequest):
        door.confirms(ana, "ana", left_by=other)


def test_an_act_waits_as_it_was_typed_and_for_its_session_alone(clinic, door, staff, ana):
    acts = [Act("/staff/elm/people/", [("name", f"Zoë “{number}” & sons"), ("role", "nurse"), ("role", "manager")])
            for number in range(5)]
    ids = [waiting.keep(clinic.desk, clinic.home, ana, act, clinic.clock.tick()) for act in acts]
    found = [waiting.find(clinic.desk, clinic.home, ana, id, clinic.clock()) for id in ids]
    assert found == [None, *acts[1:]], "the newest four"
    assert "Zoë".encode() not in clinic.rows("staff_sessions", id=ana.id)[0].draft
    row = clinic.desk.database.read(lambda tx: rows.one_session(tx, clinic.home.id, ana.who.session_sha256, clinic.clock()))
    assert row.id == ana.id and row.draft is None, "nor is it carried along by each request"
    other = staff.session(door.lets_in("ana", staff.person.email))
    clinic.sql("UPDATE staff_sessions SET draft = (SELECT draft FROM staff_sessions WHERE id = :ana) WHERE id = :other",
               ana=ana.id, other=other.id)
    assert waiting.find(clinic.desk, clinic.home, other, ids[-1], clinic.clock()) is None, "sealed in its place"
    clinic.later(minutes=20)
    assert waiting.find(clinic.desk, clinic.home, ana, ids[-1], clinic.clock()) is None


def test_what_is_asked_about_again_pushes_nothing_else_out(clinic, ana):
    one, other = Act("/staff/elm/people/", [("name", "Zoë")]), Act("/staff/elm/people/", [("name", "Bo")])
    ids = [waiting.keep(clinic.desk, clinic.home, ana, act, clinic.clock.tick()) for act in (one, *[other] * 5, one)]
    assert len(set(ids)) == 2 and ids[0] == ids[-1]
    assert [waiting.find(clinic.desk, clinic.home, ana, id, clinic.clock()) for id in ids[:2]] == [one, other]


def test_two_tabs_at_once_lose_neither_act(clinic, ana, monkeypatch):
    one, other = Act("/staff/elm/people/", [("name", "Zoë")]), Act("/staff/elm/people/", [("name", "Bo")])
    opened, ids = waiting._opened, []

    def meanwhile(*what):
        monkeypatch.setattr(waiting, "_opened", opened)
        ids.append(waiting.keep(clinic.desk, clinic.home, ana, other, clinic.clock()))
        return opened(*what)

    monkeypatch.setattr(waiting, "_opened", meanwhile)
    ids.append(waiting.keep(clinic.desk, clinic.home, ana, one, clinic.clock()))
    assert [waiting.find(clinic.desk, clinic.home, ana, id, clinic.clock()) for id in ids] == [other, one]


def test_nothing_waits_in_a_session_that_has_ended(clinic, ana):
    clinic.desk.database.write(lambda tx: rows.end_session(tx, clinic.home.id, ana.id, clinic.clock()))
    with pytest.raises(Unavailable):
        waiting.keep(clinic.desk, clinic.home, ana, Act("/staff/elm/", []), clinic.clock())
    assert clinic.rows("staff_sessions", id=ana.id)[0].draft is None


def test_what_waits_goes_with_the_session(clinic, ana):
    def draft() -> bytes | None:
        return clinic.rows("staff_sessions", id=ana.id)[0].draft

    waiting.keep(clinic.desk, clinic.home, ana, Act("/staff/elm/", []), clinic.clock.tick())
    clinic.desk.database.write(lambda tx: rows.expire_drafts(tx, clinic.clock()))
    assert draft(), "it is alive"
    clinic.desk.database.write(lambda tx: rows.expire_drafts(tx, clinic.clock() + 16 * MINUTE))
    assert draft() is None
    waiting.keep(clinic.desk, clinic.home, ana, Act("/staff/elm/", []), clinic.clock.tick())
    clinic.desk.database.write(lambda tx: rows.end_session(tx, clinic.home.id, ana.id, clinic.clock()))
    assert draft() is None
