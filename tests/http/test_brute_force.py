"""The sign-in page under attack: by one address, by many, by who planted a cookie; and beside streams that keep their beat."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, pairwise
from threading import Event

import pytest

from securemsg.crypto import credentials
from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from tests.http.house import HARBOUR, HILL, PASSWORD
from tests.http.people import Staff
from tests.http.running import listening
from tests.service import until
from tests.together import at_once

STAFF, DEVICE = f"securemsg_staff_{HARBOUR}_8000", f"securemsg_device_{HARBOUR}_8000"


@pytest.fixture
def house(house):
    """Its clock stands still: what is counted within a minute is, however slow the machine."""
    house.clock.stops()
    return house


def stranger(house, address: str = "") -> Staff:
    return Staff(house.browser(address), HARBOUR)


def test_one_address_is_stopped_whatever_account_it_tries_and_is_told_for_how_long(house, ana):
    attacker = stranger(house)
    answers = [attacker.signs_in("password1234", "000000", f"person{number}@harbour-lane.example") for number in range(15)]
    assert [answer.status for answer in answers] == [422] * 10 + [429] * 5
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60 and "+1 902 555 0142" in answers[-1].text
    assert "Please try again in" in answers[-1].text and "person14@" in answers[-1].text, "what was typed stays"
    assert ana.signs_in(PASSWORD, ana.code(60)).status == 303


def test_guesses_from_everywhere_do_not_shut_out_who_signed_in_before(house, ana):
    assert ana.signs_in(PASSWORD, ana.code(60)).status == 303
    ana.browser.jar = {DEVICE: ana.browser.jar[DEVICE]}
    for _ in range(8):
        stranger(house).signs_in("password1234", "000000", ana.known.email)
    assert stranger(house).signs_in(PASSWORD, ana.known.codes[0], ana.known.email).status == 429
    assert ana.signs_in(PASSWORD, ana.known.codes[0]).status == 303


def test_a_hospitals_address_used_up_by_one_does_not_stop_the_morning_shift(house, ana):
    address = ana.browser.address
    assert ana.signs_in(PASSWORD, ana.code(60)).status == 303
    for number in range(12):
        stranger(house, address).signs_in("password1234", "000000", f"person{number}@harbour-lane.example")
    assert stranger(house, address).signs_in(PASSWORD, ana.known.codes[0], ana.known.email).status == 429
    assert ana.signs_in(PASSWORD, ana.known.codes[0]).status == 303


def test_who_attacks_one_clinic_closes_neither_the_others_nor_anybodys_one_time_link(house, ana, later, monkeypatch):
    monkeypatch.setattr(credentials, "password_fits", lambda *_: False)
    for address in range(30):
        attacker = stranger(house, f"198.51.100.{address}")
        for number in range(10):
            attacker.signs_in("password1234", "000000", f"p{number}.{address}@harbour-lane.example")
    shut = stranger(house).signs_in("password1234", "000000", "new@harbour-lane.example")
    assert shut.status == 429 and "Very many people are signing in just now" in shut.text
    eve = Staff(house.browser(), HILL)
    assert eve.signs_in("password1234", "000000", "eve@hill-road.example").status == 422, "let in as far as the password"
    assert stranger(house).browser.submit(ana.path("start"), {"secret": "x" * 43}).status == 422


def test_made_up_links_from_everywhere_close_no_door(house, ana, later):
    for address in range(32):
        for _ in range(10):
            house.browser(f"198.51.100.{address}").submit(ana.path("start"), {"secret": "x" * 43})
    assert house.browser("198.51.100.1").submit(ana.path("start"), {"secret": "x" * 43}).status == 429
    assert house.browser().submit(ana.path("start"), {"secret": "x" * 43}).status == 422
    assert stranger(house).signs_in(PASSWORD, ana.known.codes[0], ana.known.email).status == 303


def test_the_cookie_of_a_browser_is_kept_from_scripts_and_opens_nothing(house, ana):
    answer = ana.signs_in(PASSWORD, ana.code(60))
    cookie = answer.cookies[DEVICE]
    assert {"httponly", "samesite=lax", "path=/", f"max-age={180 * 86400}"} <= cookie.says
    thief = stranger(house)
    thief.browser.jar = {DEVICE: cookie.value, STAFF: cookie.value}
    assert thief.opens().status == 303 and thief.opens("sessions/").status == 303


@pytest.mark.parametrize("forged", ["x", "." * 200, ".".join("x" * 43 for _ in range(90)), "é", "x" * 43])
def test_a_made_up_cookie_makes_nobody_known(house, ana, forged):
    for _ in range(8):
        attacker = stranger(house)
        attacker.browser.jar = {DEVICE: forged.encode().decode("latin-1")}
        answer = attacker.signs_in("password1234", "000000", ana.known.email)
    assert answer.status == 429


def test_a_planted_token_is_worth_nothing_after_the_sign_in(house, ana):
    """Session fixation: somebody sets the cookie of a browser before its owner signs in."""
    tomas = house.staff("Tomas")
    planted = tomas.browser.jar[STAFF]
    ana.browser.jar[STAFF] = planted
    answer = ana.signs_in(PASSWORD, ana.code(60))
    assert answer.status == 303 and answer.cookies[STAFF].value not in ("", planted)
    assert tomas.opens().status == 303, "and who planted it is out"
    ana.browser.jar[STAFF] = "x" * 43
    assert ana.opens().status == 303


def test_somebody_who_has_not_enrolled_sounds_like_nobody(house, ana):
    """Same status, same page; that the dummy hash runs is tested at the desk."""
    home, who = clinic(house.desk, HARBOUR), Who("service", clinic(house.desk, HARBOUR).id)
    invited = people.add(house.desk, who, home, "Nina Ost", "nina@harbour-lane.example", "Nurse", ("staff",), house.clock())
    pages = []
    for email in ("nobody@harbour-lane.example", ana.known.email, invited.email):
        answer = stranger(house).signs_in("password1234", "000000", email)
        assert answer.status == 422 and not answer.cookies
        pages.append(re.sub(r'(name="key" value|data-now|data-passkey)="[^"]*"', "", answer.text.replace(email, "")))
    assert len(set(pages)) == 1


def test_forty_sign_ins_at_once_and_the_streams_keep_their_beat(steady):
    """Each costs a password hash. Were it computed where the streams live, they would hear nothing until all are done."""
    writers, done = [steady.visitor() for _ in range(8)], Event()
    assert {writer.opens().status for writer in writers} == {201}
    doors = [Staff(steady.browser(), HARBOUR) for _ in range(40)]
    with listening(steady.staff("Ana")) as stream, ThreadPoolExecutor(1) as beside:
        beat = beside.submit(beats, stream, writers, done)
        begun = time.monotonic()
        answers = at_once(40, lambda number: doors[number].signs_in("four wrong words", "000000", f"p{number}@harbour.example"))
        ended = time.monotonic()
        done.set()
        heard = [begun, *(at for at in beat.result() if begun < at < ended), ended]
    assert [answer.status for answer in answers] == [422] * 40
    silence = max(after - before for before, after in pairwise(heard))
    assert silence < (ended - begun) / 2, f"{silence:.2f} s of {ended - begun:.2f} s"


def beats(stream, writers: list, done: Event) -> list[float]:
    """When each word arrived in the stream; the next is written as soon as it has."""
    heard = []
    for writer in cycle(writers):
        if done.is_set():
            return heard
        before = len(stream.events())
        assert writer.says("tick").status == 201
        until(lambda before=before: len(stream.events()) > before, what="the stream's next word")
        heard.append(time.monotonic())
    raise AssertionError("cycle() has no end")
