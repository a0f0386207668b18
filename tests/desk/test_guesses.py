"""Guesses by many at once, over many accounts, by many codes: each one counts, and what is refused counts for nobody else."""

from functools import partial

import pytest

from securemsg.desk.access import Who
from securemsg.desk.door import enrolling, sign_in
from securemsg.desk.door.attempts import Shared
from securemsg.errors import Limited, Refused, Unknown
from securemsg.store import people
from securemsg.times import MINUTE, SECOND
from tests.desk.door import PASSWORD, code
from tests.people import code_at
from tests.together import at_once

ADDRESS, SERVICE = Shared(b"an address", 10, 60), Shared(b"the service", 12, 60)


def guess(clinic, email: str, shared: tuple[Shared, ...] = (), now: int = 0):
    return sign_in.sign_in(clinic.desk, clinic.home, email, "not these words", "000000", Who("staff", clinic.home.id),
                           now or clinic.clock.tick(), shared=shared)


def kinds(results: list) -> dict[str, int]:
    names = [type(result).__name__ for result in results]
    return {name: names.count(name) for name in set(names)}


def test_forty_at_once_on_one_account_count_forty(enrolled):
    """None slips through between the look and the count."""
    email, now = enrolled.person.email, enrolled.clinic.clock.tick()
    results = at_once(40, lambda number: guess(enrolled.clinic, email, now=now))
    assert kinds(results) == {"Refused": 5, "Limited": 35}
    assert enrolled.clinic.rows("attempts")[0].failures == 5


def test_spraying_over_accounts_uses_up_what_an_address_and_the_service_have(enrolled):
    clinic, now = enrolled.clinic, enrolled.clinic.clock.tick()
    spray = at_once(40, lambda number: guess(clinic, f"person-{number}@elm.example", (SERVICE, ADDRESS), now))
    assert kinds(spray) == {"Refused": 10, "Limited": 30}
    assert max(result.retry_after_seconds for result in spray if isinstance(result, Limited)) <= 61
    other = Shared(b"another address", 10, 60)
    elsewhere = at_once(4, lambda number: guess(clinic, f"person-{number + 50}@elm.example", (SERVICE, other), now))
    assert kinds(elsewhere) == {"Refused": 2, "Limited": 2}, "the service's budget: what was refused did not count for it"
    clinic.clock.at = now + MINUTE
    with pytest.raises(Refused):
        guess(clinic, "person-1@elm.example", (SERVICE, ADDRESS))


def test_who_is_refused_for_the_account_uses_up_nothing_of_the_address(enrolled):
    clinic, now = enrolled.clinic, enrolled.clinic.clock.tick()
    for _ in range(5):
        with pytest.raises(Refused):
            guess(clinic, enrolled.person.email, (ADDRESS,), now)
    for _ in range(20):
        with pytest.raises(Limited):
            guess(clinic, enrolled.person.email, (ADDRESS,), now)
    colleagues = [partial(guess, clinic, f"colleague-{number}@elm.example", (ADDRESS,), now) for number in range(6)]
    for colleague in colleagues[:5]:
        with pytest.raises(Refused):
            colleague()
    with pytest.raises(Limited):
        colleagues[5]()


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_of_the_step_before_or_after_counts_once(enrolled, steps):
    """A phone's clock may be half a minute off (RFC 6238, 5.2)."""
    digits = code_at(enrolled.app, enrolled.clinic.clock() + SECOND + steps * 30 * SECOND)
    enrolled.signs_in(PASSWORD, digits)
    with pytest.raises(Refused):
        enrolled.signs_in(PASSWORD, digits)


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_further_off_counts_never(enrolled, steps):
    with pytest.raises(Refused):
        enrolled.signs_in(PASSWORD, code_at(enrolled.app, enrolled.clinic.clock() + SECOND + steps * 30 * SECOND))


def test_after_a_code_none_of_an_earlier_step_counts(enrolled):
    """Who read an earlier code over a shoulder comes too late."""
    now = enrolled.clinic.clock()
    earlier, newest = code_at(enrolled.app, now), code_at(enrolled.app, now + 30 * SECOND)
    enrolled.signs_in(PASSWORD, newest)
    for digits in (earlier, newest):
        with pytest.raises(Refused):
            enrolled.signs_in(PASSWORD, digits)


def test_every_stage_has_a_token_of_its_own_and_ends_the_one_before(staff, quick_hash):
    begun = staff.follows(staff.gets_link())
    session, now = staff.session(begun), staff.clinic.clock.tick()
    digits = code_at(session.totp_secret, now)
    signed_in, _ = enrolling.enrol(staff.clinic.desk, staff.clinic.home, session, PASSWORD, digits, now)
    assert begun != signed_in.token
    with pytest.raises(Unknown):
        staff.session(begun)
    assert staff.session(signed_in.token).stage == "signed_in"


def test_signing_in_ends_the_session_that_the_browser_held(enrolled):
    """A token that somebody planted, or that another person left on a shared computer."""
    clinic, planted = enrolled.clinic, enrolled.signs_in(PASSWORD, code(enrolled))
    clinic.later(minutes=1)
    now = clinic.clock.tick()
    with clinic.desk.live.subscribe(("session", enrolled.session(planted).id)) as stream:
        fresh = sign_in.sign_in(clinic.desk, clinic.home, enrolled.person.email, PASSWORD, code_at(enrolled.app, now),
                                Who("staff", clinic.home.id), now, before=planted)
        assert stream.next(1).kind == "end"
    assert fresh.token != planted and enrolled.session(fresh.token)
    with pytest.raises(Unknown):
        enrolled.session(planted)


@pytest.mark.parametrize("act", ["link", "code", "recovery", "enrolment"])
def test_what_is_used_once_is_used_up_only_with_the_session_it_gives(enrolled, monkeypatch, act):
    """Whatever breaks between the two, the person can try again with the same."""
    clinic, link = enrolled.clinic, enrolled.gets_link()
    clinic.later(minutes=1)
    acts = {"link": lambda: enrolled.follows(link), "code": lambda: enrolled.signs_in(PASSWORD, code(enrolled)),
            "recovery": lambda: enrolled.signs_in(PASSWORD, enrolled.codes[0]),
            "enrolment": lambda: enrolled.enrols("five other plain words", link)}

    def broken(*args, **kwargs):
        raise RuntimeError("the power went")

    before = clinic.rows("credentials")
    with monkeypatch.context() as patched:
        patched.setattr(people, "insert_session", broken)
        with pytest.raises(RuntimeError):
            acts[act]()
    assert clinic.rows("credentials") == before
    assert acts[act]()
