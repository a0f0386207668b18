"""The staff door: link, password, app, session; every way in is used once, every guess costs."""

from threading import Barrier

import pytest

from securemsg.crypto import credentials
from securemsg.desk import people
from securemsg.desk.door import sign_in, staff_sessions
from securemsg.errors import Limited, Refused, Unknown
from securemsg.live import Signal
from securemsg.times import SECOND
from tests.desk.door import PASSWORD, code
from tests.people import code_at
from tests.together import at_once


def test_from_link_to_work(enrolled, visitor):
    session = enrolled.session(enrolled.signs_in(PASSWORD, code(enrolled)))
    assert (session.stage, session.person.id, session.who.roles) == ("signed_in", enrolled.person.id, {"staff"})
    enrolled.who = session.who
    visitor.says("Hello?")
    enrolled.replies("Hello.")
    assert visitor.reads() == ["Hello?", "Hello."]


def test_a_code_counts_once(enrolled):
    used = code(enrolled)
    enrolled.signs_in(PASSWORD, used)
    with pytest.raises(Refused):
        enrolled.signs_in(PASSWORD, used)
    enrolled.clinic.later(seconds=30)
    enrolled.signs_in(PASSWORD, code(enrolled))


def test_a_recovery_code_counts_once_however_it_is_typed(enrolled):
    first, second = enrolled.codes[:2]
    enrolled.signs_in(PASSWORD, first)
    with pytest.raises(Refused):
        enrolled.signs_in(PASSWORD, first)
    enrolled.signs_in(PASSWORD, f" {second.replace('-', '').upper()} ")
    assert len(set(enrolled.codes)) == 10


def test_of_several_at_once_with_one_code_one_gets_in(enrolled, monkeypatch):
    all_have_looked = Barrier(4)
    monkeypatch.setattr(sign_in, "slowly", lambda fn: (all_have_looked.wait(10), fn())[1])
    for used in (code(enrolled), enrolled.codes[0]):
        attempts = at_once(4, lambda number, used=used: enrolled.signs_in(PASSWORD, used))
        assert sorted(type(attempt).__name__ for attempt in attempts) == ["Refused", "Refused", "Refused", "str"]
        enrolled.clinic.later(hours=1)


def test_every_mistake_gets_the_same_sentence(enrolled):
    right, sentences = code(enrolled), set()
    wrong = [(PASSWORD, "000000"), (PASSWORD, ""), ("wrong words here", right), (PASSWORD, right, "nobody@elm.example")]
    for attempt in wrong:
        with pytest.raises(Refused) as refusal:
            enrolled.signs_in(*attempt)
        sentences.add((refusal.value.detail, str(refusal.value.errors)))
    assert sentences == {("The email, password or code is not right.", "None")}
    assert len(enrolled.clinic.rows("audit", action="staff.sign_in_failed", outcome="refused")) == 4


def test_a_wrong_password_does_not_use_up_the_code(enrolled):
    right = code(enrolled)
    with pytest.raises(Refused):
        enrolled.signs_in("wrong words here", right)
    enrolled.signs_in(PASSWORD, right)


def test_for_an_unknown_address_a_hash_is_computed_all_the_same(enrolled, monkeypatch):
    """Or the time an answer takes would tell who works here."""
    checked = []
    real = credentials.Argon2id.verify_phc_encoded

    class Spy:
        verify_phc_encoded = staticmethod(lambda password, phc: checked.append(phc) or real(password, phc))

    invited, gone = enrolled.clinic.hires("Bo Li"), enrolled.clinic.hires("Cy Moss")
    people.disable(enrolled.clinic.desk, enrolled.clinic.service, enrolled.clinic.home, gone.person, enrolled.clinic.clock())
    dummy = credentials.dummy_hash()
    monkeypatch.setattr(credentials, "Argon2id", Spy)
    for email in ("nobody@elm.example", invited.person.email, gone.person.email):
        with pytest.raises(Refused):
            enrolled.signs_in(PASSWORD, "000000", email)
    assert checked == [dummy] * 3


def test_after_five_failures_the_pauses_grow(enrolled):
    def fails():
        with pytest.raises(Refused):
            enrolled.signs_in("wrong words here", "000000")

    def pause():
        enrolled.clinic.clock.at -= SECOND  # at the moment of the failure
        with pytest.raises(Limited) as limited:
            enrolled.signs_in(PASSWORD, code(enrolled))
        enrolled.clinic.later(seconds=limited.value.retry_after_seconds)
        return limited.value.retry_after_seconds

    for _ in range(5):
        fails()
    pauses = []
    for _ in range(12):
        pauses.append(pause())
        fails()
    assert pauses[:6] == sorted(pauses[:6]) and pauses[0] <= 2 and pauses[-1] <= 301 and max(pauses) >= 299
    assert enrolled.clinic.rows("attempts")[0].failures == 17
    pause()
    enrolled.signs_in(PASSWORD, code(enrolled))
    assert not enrolled.clinic.rows("attempts"), "the rightful one is let in after a pause, and begins anew"


def test_an_hour_after_the_first_guess_the_count_begins_anew(enrolled):
    def fails():
        with pytest.raises(Refused):
            enrolled.signs_in("wrong words here", "000000")

    for _ in range(9):
        fails()
        enrolled.clinic.later(minutes=6)
    assert enrolled.clinic.rows("attempts")[0].failures == 9
    enrolled.clinic.later(minutes=6)
    for _ in range(5):
        fails()
    assert enrolled.clinic.rows("attempts")[0].failures == 5


def test_guesses_made_at_once_count_like_guesses_made_one_by_one(enrolled):
    desk, home, who, now = enrolled.clinic.desk, enrolled.clinic.home, enrolled.who, enrolled.clinic.clock.tick()
    email = enrolled.person.email
    guesses = at_once(12, lambda number: sign_in.sign_in(desk, home, email, f"words {number}", "000000", who, now))
    made = [type(guess).__name__ for guess in guesses]
    assert made.count("Refused") == 5 and made.count("Limited") == 7
    assert enrolled.clinic.rows("attempts")[0].failures == 5


def test_guesses_on_one_account_do_not_shut_out_another(enrolled):
    colleague = enrolled.clinic.hires("Bo Li")
    app, _ = colleague.enrols(PASSWORD)
    for _ in range(5):
        with pytest.raises(Refused):
            enrolled.signs_in("wrong words here", "000000")
    enrolled.clinic.later(seconds=60)
    colleague.signs_in(PASSWORD, code_at(app, enrolled.clinic.clock() + SECOND))


def test_a_session_ends_after_a_quarter_of_an_hour_unused(enrolled):
    token = enrolled.signs_in(PASSWORD, code(enrolled))
    for _ in range(4):
        enrolled.clinic.later(minutes=14)
        enrolled.session(token)
    enrolled.clinic.later(minutes=14)
    enrolled.session(token, use=False)  # a stream, or a page that refreshes itself, keeps nobody signed in
    enrolled.clinic.later(minutes=1, seconds=1)
    with pytest.raises(Unknown):
        enrolled.session(token)


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(enrolled):
    token = enrolled.signs_in(PASSWORD, code(enrolled))
    for _ in range(71):
        enrolled.clinic.later(minutes=10)
        enrolled.session(token)
    enrolled.clinic.later(minutes=10)
    with pytest.raises(Unknown):
        enrolled.session(token)


def test_signing_out_ends_this_session_and_its_streams(enrolled):
    here, there = enrolled.signs_in(PASSWORD, code(enrolled)), enrolled.signs_in(PASSWORD, enrolled.codes[0])
    session = enrolled.session(here)
    with enrolled.clinic.desk.live.subscribe(("session", session.id)) as stream:
        staff_sessions.sign_out(enrolled.clinic.desk, session, enrolled.clinic.clock())
        assert stream.next(1) == Signal("end")
    with pytest.raises(Unknown):
        enrolled.session(here)
    assert enrolled.session(there).person.id == enrolled.person.id
    assert [row.subject_id for row in enrolled.clinic.rows("revocations")][-1] == session.id


def test_who_is_disabled_is_out_at_once_and_cannot_return(enrolled):
    clinic, token, link = enrolled.clinic, enrolled.signs_in(PASSWORD, code(enrolled)), enrolled.gets_link()
    session = enrolled.session(token)
    with clinic.desk.live.subscribe(("session", session.id)) as stream:
        people.disable(clinic.desk, clinic.service, clinic.home, enrolled.person, clinic.clock())
        assert stream.next(1) == Signal("end")
    clinic.later(minutes=1)
    with pytest.raises(Unknown):
        enrolled.session(token)
    with pytest.raises(Refused):
        enrolled.signs_in(PASSWORD, code(enrolled))
    with pytest.raises(Refused):
        enrolled.follows(link)


def test_no_password_app_secret_code_or_token_is_kept_as_it_is(enrolled):
    token = enrolled.signs_in(PASSWORD, code(enrolled))
    kept = repr([enrolled.clinic.rows(table) for table in ("credentials", "staff_sessions", "invites", "people")])
    plain = enrolled.codes[0].replace("-", "")
    for secret in (PASSWORD, token, enrolled.codes[0], plain, enrolled.person.email, repr(enrolled.app)[2:-1]):
        assert secret not in kept


def test_an_app_secret_moved_to_another_person_opens_nothing(enrolled):
    thief = enrolled.clinic.hires("Bo Li")
    app, _ = thief.enrols(PASSWORD)
    enrolled.clinic.sql(
        "UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE kind = 'totp' AND person_id = :thief)"
        " WHERE kind = 'totp' AND person_id = :ana", thief=thief.person.id, ana=enrolled.person.id)
    enrolled.clinic.later(minutes=1)
    with pytest.raises(Refused):
        enrolled.signs_in(PASSWORD, code_at(app, enrolled.clinic.clock() + SECOND))
