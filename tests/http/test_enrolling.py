"""How somebody new comes in: the one-time link, a password, the phone; and what of it works only once."""

import re
from base64 import b32decode

import pytest

from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from tests.http.house import HARBOUR, PASSWORD
from tests.http.people import Staff, code, new_key


@pytest.fixture
def nina(house):
    """Somebody new, with the secret of her one-time link, in a browser of her own."""
    home = clinic(house.desk, HARBOUR)
    who = Who("service", home.id)
    person = people.add(house.desk, who, home, "Nina Ost", "nina@harbour-lane.example", "Nurse", ("staff",), house.clock())
    staff = Staff(house.browser(), HARBOUR)
    staff.secret = people.invite(house.desk, who, home, person, house.clock())
    staff.another_link = lambda: people.invite(house.desk, who, home, person, house.clock())
    return staff


def starts(staff: Staff, secret: str = ""):
    return staff.browser.submit(staff.path("start"), {"secret": secret or staff.secret, "key": new_key()})


def totp_of(page) -> bytes:
    return b32decode(re.search(r"[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}", page.text)[0].replace(" ", ""))


def enrols(staff: Staff, secret: bytes, password: str = PASSWORD, digits: str = ""):
    form = {"password": password, "code": digits or code(secret), "key": new_key()}
    return staff.browser.submit(staff.path("enrol"), form)


def test_a_new_colleague_sets_a_password_and_the_phone_and_is_in(nina):
    assert nina.opens("start").status == 200
    assert (starts(nina).status, starts(nina, nina.secret).status) == (303, 422)
    page = nina.opens("enrol")
    assert 'src="data:image/svg+xml' in page.text, "the picture is drawn here, nobody else sees the secret"
    done = enrols(nina, totp_of(page))
    assert done.status == 200 and len(set(re.findall(r"\b[2-9a-z]{5}-[2-9a-z]{5}\b", done.text))) == 10
    assert nina.opens().status == 200 and "Nina Ost" in nina.opens().text


def test_before_the_password_is_set_nothing_else_is_open(nina):
    starts(nina)
    for rest in ("", "clinic", f"conversations/{'0' * 8}-0000-7000-8000-{'0' * 12}"):
        assert nina.opens(rest).location.startswith(nina.path("sign-in")), rest
    assert nina.browser.ask("GET", nina.path("events")).status == 401


def test_opening_the_link_uses_nothing_up(nina):
    for _ in range(3):
        assert nina.opens("start").status == 200
    assert starts(nina).status == 303


def test_a_link_works_once_for_a_day_and_only_the_newest(house, nina):
    first, nina.secret = nina.secret, nina.another_link()
    old = starts(nina, first)
    assert old.status == 422 and "used already or is too old" in old.text and not nina.browser.jar
    house.clock.passes(minutes=24 * 60 + 1)
    assert starts(nina).status == 422


def test_somebody_elses_clinic_does_not_take_the_link(house, nina):
    elsewhere = Staff(house.browser(), "hill-road")
    elsewhere.secret = nina.secret
    assert starts(elsewhere).status == 422
    assert starts(nina).status == 303, "and it is not used up by that"


@pytest.mark.parametrize(("password", "sentence"), [
    ("short", "at least 12 characters"), ("x" * 257, "at most 256"), ("aaaaaaaaaaaaaa", "easy to guess"),
    ("nina nina nina", "easy to guess"), ("harbour-lane 2026", "easy to guess"), ("passwordpassword", "easy to guess")])
def test_a_password_that_is_easily_guessed_is_refused(nina, password, sentence):
    starts(nina)
    refused = enrols(nina, totp_of(nina.opens("enrol")), password)
    assert refused.status == 422 and sentence in refused.text and password not in refused.text


def test_a_wrong_code_at_the_start_is_said_and_the_secret_stays(nina):
    starts(nina)
    secret = totp_of(nina.opens("enrol"))
    refused = enrols(nina, secret, digits="000000")
    assert refused.status == 422 and "code does not fit" in refused.text and totp_of(refused) == secret
    assert enrols(nina, secret).status == 200
