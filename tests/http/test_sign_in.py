"""How staff sign in: a password and a code; where they land, and what does not let them in."""

import re

import pytest

from tests.http.house import HARBOUR, PASSWORD
from tests.http.people import Staff

WRONG = "The email, password or code is not right."
INBOX = f"/staff/{HARBOUR}/"


def test_password_and_code_lead_to_the_inbox(ana):
    answer = ana.signs_in(PASSWORD, ana.code(60))
    assert (answer.status, answer.location) == (303, INBOX)
    cookie = answer.cookies[f"securemsg_staff_{HARBOUR}_8000"]
    assert {"httponly", "samesite=lax", "path=/"} <= cookie.says
    assert ana.opens().status == 200


def test_every_mistake_sounds_alike(ana):
    pages = [ana.signs_in("not the password", ana.code(60)), ana.signs_in(PASSWORD, "000000"), ana.signs_in(PASSWORD, ""),
             ana.signs_in(PASSWORD, ana.code(60), email="nobody@harbour-lane.example"),
             ana.signs_in(PASSWORD, ana.code(60), email="eve@hill-road.example")]
    for page in pages:
        assert page.status == 422 and WRONG in page.text and not ana.browser.jar
        assert PASSWORD not in page.text and "not the password" not in page.text
    assert len({re.sub(r'(value|data-now|data-passkey)="[^"]*"', "", page.text) for page in pages}) == 1, "and looks alike"


def test_a_code_counts_once(house, ana):
    digits = ana.code(60)
    assert ana.signs_in(PASSWORD, digits).status == 303
    again = house.staff("Ana")
    again.browser.jar.clear()
    assert again.signs_in(PASSWORD, digits).status == 422


def test_a_recovery_code_counts_once_however_it_is_typed(ana):
    typed = ana.known.codes[0].upper().replace("-", " ")
    assert ana.signs_in(PASSWORD, typed).status == 303
    ana.browser.jar.clear()
    assert ana.signs_in(PASSWORD, ana.known.codes[0]).status == 422
    assert ana.signs_in(PASSWORD, ana.known.codes[1]).status == 303


def test_after_some_failures_one_waits_and_the_right_password_too(house, ana):
    house.clock.stops()
    for _ in range(5):
        assert Staff(house.browser(), HARBOUR).signs_in("wrong password", "000000", ana.known.email).status == 422
    waits = ana.signs_in(PASSWORD, ana.code(60))
    assert waits.status == 429 and int(waits.headers["Retry-After"]) > 0 and "several wrong attempts" in waits.text
    house.clock.passes(minutes=1)
    assert ana.signs_in(PASSWORD, ana.code(120)).status == 303


def test_whoever_comes_from_a_page_goes_back_to_it(house, ana):
    leo = house.visitor()
    leo.opens()
    wanted = ana.path(f"conversations/{leo.conversation}")
    sent = ana.browser.get(wanted)
    assert (sent.status, sent.location) == (303, f"{INBOX}sign-in?next={wanted}")
    page = ana.browser.get(sent.location)
    assert f'name="next" value="{wanted}"' in page.text
    assert ana.signs_in(PASSWORD, ana.code(60), next=wanted).location == wanted


def test_the_list_somebody_wanted_is_kept_with_its_question(ana):
    sent = ana.opens("?view=closed")
    wanted = re.search("next=(.*)", sent.location)[1].replace("%3D", "=").replace("%3F", "?")
    assert ana.signs_in(PASSWORD, ana.code(60), next=wanted).location == f"{INBOX}?view=closed"


@pytest.mark.parametrize("elsewhere", [
    "https://evil.example", "//evil.example", f"//evil.example{INBOX}", "/\\evil.example", f"{INBOX}\\evil",
    "javascript:alert(1)", "/", "", "/staff/hill-road/", f"https://evil.example{INBOX}", f"{INBOX}\r\nSet-Cookie: a=b",
    f" {INBOX}", f"{INBOX}../../contact/x", f"{INBOX}\t/x"])
def test_signing_in_leads_nowhere_else(ana, elsewhere):
    answer = ana.signs_in(PASSWORD, ana.known.codes[0], next=elsewhere)
    assert answer.status == 303
    assert answer.location == INBOX or (answer.location.startswith(INBOX) and ".." not in answer.location), answer.location
    assert set(answer.cookies) == {f"securemsg_{kind}_{HARBOUR}_8000" for kind in ("staff", "device")}
