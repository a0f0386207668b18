"""Browsers that are known: who only guesses slows strangers, not the people who work there."""

import pytest

from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.door import attempts, devices, sign_in
from securemsg.desk.door.devices import Browser
from securemsg.errors import Limited, Refused
from securemsg.times import DAY, SECOND
from tests.desk.door import PASSWORD
from tests.people import Staff, code_at

AT_WORK = Browser(name="Firefox on Windows")


def enters(person: Staff, browser: Browser = AT_WORK, password: str = PASSWORD, digits: str = "") -> Browser:
    """Sign in as the page does; the browser as it is afterwards."""
    desk, home, email, now = person.clinic.desk, person.clinic.home, person.person.email, person.clinic.clock.tick()
    known = devices.known(desk, home, email, browser, now)
    signed_in = sign_in.sign_in(desk, home, email, password, digits or code_at(person.app, now), Who("staff", home.id), now,
                                browser=browser, known=known)
    return Browser(((signed_in.device,) if signed_in.device else ()) + browser.secrets, browser.name)


def guesses(person: Staff, times: int, browser: Browser = AT_WORK) -> None:
    """Somebody tries passwords, and waits as told between."""
    for _ in range(times):
        try:
            with pytest.raises(Refused):
                enters(person, browser, "not these words", "000000")
        except Limited as limited:
            person.clinic.later(seconds=limited.retry_after_seconds)


@pytest.fixture
def known(enrolled) -> Browser:
    """The browser that Ana has signed in with."""
    browser = enters(enrolled)
    enrolled.clinic.later(minutes=1)
    return browser


def test_a_strangers_guesses_do_not_slow_who_works_there(enrolled, known):
    guesses(enrolled, 12)
    with pytest.raises(Limited):
        enters(enrolled)  # even with the right password, from a browser nobody knows
    assert enters(enrolled, known) == known


def test_her_own_mistakes_slow_that_browser_alone_and_a_success_clears_them(enrolled, known):
    guesses(enrolled, attempts.FREE_FAILURES, known)
    enrolled.clinic.clock.at -= SECOND  # at the moment of the last
    with pytest.raises(Limited):
        enters(enrolled, known)
    at_home = enters(enrolled)
    enrolled.clinic.later(minutes=1)
    enters(enrolled, known)
    enrolled.clinic.later(minutes=1)
    guesses(enrolled, attempts.FREE_FAILURES - 1, known)
    enters(enrolled, known)
    assert at_home.secrets != known.secrets


def test_a_browser_is_remembered_once_and_used_again(enrolled, known):
    before = enrolled.clinic.rows("devices")
    enters(enrolled, known)
    after = enrolled.clinic.rows("devices")
    assert [row.id for row in after] == [row.id for row in before] and after[-1].last_at > before[-1].last_at
    assert known.secrets[0] not in repr(after) and "Firefox" not in repr(after)


def test_people_who_share_a_computer_are_both_known(enrolled, known):
    tomas = enrolled.clinic.hires("Tomas Berg")
    tomas.app, _ = tomas.enrols(PASSWORD)
    tomas.clinic.later(minutes=1)
    both = enters(tomas, known)
    desk, home, now = tomas.clinic.desk, tomas.clinic.home, tomas.clinic.clock()
    for person in (enrolled, tomas):
        assert devices.known(desk, home, person.person.email, both, now).person_id == person.person.id
    assert devices.known(desk, home, tomas.person.email, known, now) is None, "before, it was Ana's only"
    assert devices.known(desk, home, "nobody@elm.example", both, now) is None


def test_a_browser_lets_nobody_in_by_itself(enrolled, known):
    with pytest.raises(Refused):
        enters(enrolled, known, "not these words")


@pytest.mark.parametrize("ends", ["link", "disable", "half a year"])
def test_what_ends_access_forgets_the_browsers(enrolled, known, ends):
    clinic = enrolled.clinic
    if ends == "link":
        enrolled.gets_link()
    elif ends == "disable":
        people.disable(clinic.desk, clinic.service, clinic.home, enrolled.person, clinic.clock.tick())
    else:
        clinic.clock.at += 181 * DAY
    assert devices.known(clinic.desk, clinic.home, enrolled.person.email, known, clinic.clock()) is None
    gone = [row.subject_id for row in clinic.rows("revocations") if row.subject_kind == "device"]
    assert ends == "half a year" or (gone and not clinic.rows("devices")), "in restored copies too"


def test_a_device_moved_to_another_person_by_somebody_with_sql_is_none(enrolled, known):
    bo = enrolled.clinic.hires("Bo Li")
    assert enrolled.clinic.sql("UPDATE devices SET person_id = :bo", bo=bo.person.id)
    clinic = enrolled.clinic
    for person in (bo, enrolled):
        assert devices.known(clinic.desk, clinic.home, person.person.email, known, clinic.clock()) is None


def test_a_device_of_one_clinic_is_none_at_another(enrolled, known, other_clinic):
    desk, email = enrolled.clinic.desk, enrolled.person.email
    people.add(desk, other_clinic.service, other_clinic.home, "Ana Ruiz", email, None, ("staff",), enrolled.clinic.clock.tick())
    assert devices.known(desk, other_clinic.home, email, known, enrolled.clinic.clock()) is None


def test_private_windows_do_not_pile_up(enrolled):
    for _ in range(25):
        enters(enrolled)
        enrolled.clinic.later(minutes=1)
    assert len(enrolled.clinic.rows("devices")) == 20
