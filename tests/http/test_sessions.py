"""How a sign-in ends: by itself, by leaving, by being sent away."""

from securemsg.desk import people
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from securemsg.times import MINUTE
from tests.http.house import HARBOUR, PASSWORD
from tests.http.people import new_key

COOKIE = f"securemsg_staff_{HARBOUR}_8000"


def is_in(staff) -> bool:
    return staff.opens().status == 200


def test_fifteen_idle_minutes_end_it(house):
    ana = house.staff("Ana")
    house.clock.passes(minutes=14)
    assert is_in(ana)
    house.clock.passes(minutes=14)
    assert is_in(ana), "each act begins the quarter of an hour anew"
    house.clock.passes(minutes=15.1)
    assert not is_in(ana)


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(house):
    ana = house.staff("Ana")
    for _ in range(3):
        house.clock.passes(minutes=4.5)
        assert ana.opens(headers={"Securemsg-Live": "1"}).status == 200
    house.clock.passes(minutes=1.6)
    assert not is_in(ana)


def test_twelve_hours_end_it_however_busy(house):
    ana = house.staff("Ana")
    for _ in range(59):
        house.clock.passes(minutes=12)
        assert is_in(ana)
    house.clock.passes(minutes=12.1)
    assert not is_in(ana)


def ends_in_minutes(house, staff, answer=None) -> float:
    """When the service says that the session ends by itself."""
    told = (answer or staff.opens("sessions/here")).json
    assert told.keys() == {"idle", "latest"} and told["idle"] <= told["latest"]
    return round((told["idle"] - house.clock()) / MINUTE, 1)


def stays(staff, me: str = ""):
    return staff.browser.submit(staff.path("sessions/here"), {"me": me or staff.known.id}, {"Accept": "application/json"})


def test_asking_when_it_ends_keeps_nobody_signed_in_and_saying_that_one_stays_does(house):
    ana = house.staff("Ana")
    ana.opens()
    house.clock.passes(minutes=13)
    assert ends_in_minutes(house, ana) == ends_in_minutes(house, ana) == 2.0
    assert ends_in_minutes(house, ana, stays(ana)) == 15.0
    house.clock.passes(minutes=14)
    page = ana.opens(headers={"Securemsg-Live": "1"}).text
    assert f'data-ends="{ana.opens("sessions/here").json["idle"]}"' in page
    assert ends_in_minutes(house, ana) == 1.0, "a page that refreshes itself is no work"
    house.clock.passes(minutes=1.1)
    assert ana.opens("sessions/here").status == stays(ana).status == 401


def test_nobody_stays_longer_than_twelve_hours_and_the_page_says_when_that_is(house):
    ana = house.staff("Ana")
    for _ in range(59):
        house.clock.passes(minutes=12)
        assert stays(ana).status == 200
    told = stays(ana).json
    assert told["idle"] == told["latest"] and f'data-latest="{told["latest"]}"' in ana.opens().text
    house.clock.passes(minutes=12.1)
    assert stays(ana).status == 401


def test_a_colleagues_older_page_keeps_nobody_signed_in(house):
    ana, tomas = house.staff("Ana"), house.staff("Tomas")
    assert stays(ana, tomas.known.id).status == 409 and stays(ana, " ").status == 409
    assert ana.browser.submit(ana.path("sessions/here"), {}).status == 400


def test_whoever_was_signed_out_while_away_is_told_and_comes_back_to_the_same_page(house):
    ana = house.staff("Ana")
    house.clock.passes(minutes=16)
    sent = ana.opens("?view=mine")
    page = ana.browser.get(sent.location).text
    assert "ended=1" in sent.location and "Your session has ended" in page and f'value="{ana.path("?view=mine")}"' in page
    assert "Your session has ended" not in house.browser().get(ana.path("sign-in")).text


def test_signing_out_ends_the_session_and_not_only_the_cookie(house):
    ana = house.staff("Ana")
    jar = dict(ana.browser.jar)
    out = ana.browser.submit(ana.path("sign-out"), {"key": new_key()})
    assert out.status == 303 and "max-age=0" in out.cookies[COOKIE].says and not ana.browser.jar
    assert "You have been signed out." in ana.browser.get(out.location).text
    ana.browser.jar = jar
    assert not is_in(ana), "the cookie, kept by somebody, is worth nothing"
    assert ana.browser.submit(ana.path("sign-out"), {"key": new_key()}).status == 303, "and signed out is signed out"


def test_a_disabled_person_is_out_at_once_and_stays_out(house):
    ana, tomas = house.staff("Ana"), house.staff("Tomas")
    home = clinic(house.desk, HARBOUR)
    people.disable(house.desk, Who("service", home.id), home, people.by_email(house.desk, home, ana.known.email), house.clock())
    assert not is_in(ana) and is_in(tomas)
    house.clock.passes(minutes=1)
    assert ana.signs_in(PASSWORD, ana.code(60)).status == 422


def test_signing_in_anew_leaves_the_session_on_another_computer(house):
    house.clock.passes(minutes=1)
    at_home, at_work = house.staff("Ana"), house.staff("Ana")
    at_home.browser.jar.clear()
    assert at_home.signs_in(PASSWORD, at_home.code(60)).status == 303
    assert is_in(at_home) and is_in(at_work)
    at_home.browser.submit(at_home.path("sign-out"), {"key": new_key()})
    assert not is_in(at_home) and is_in(at_work)
