"""Where somebody is signed in: listed for its owner alone, ended one by one or all at once, streams with it."""

import re

import pytest

from securemsg.http.browsers import kind_of
from tests.http.house import HARBOUR, PASSWORD
from tests.http.people import Staff, new_key
from tests.http.running import listening

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def signs_in_too(house, somebody: Staff, digits: str) -> Staff:
    """The same person at another computer."""
    other = Staff(house.browser(), somebody.clinic)
    other.known = somebody.known
    fields = {"email": somebody.known.email, "password": PASSWORD, "code": digits, "key": new_key()}
    answer = other.browser.submit(other.path("sign-in"), fields, {"User-Agent": AGENT})
    assert answer.status == 303, answer.text
    return other


@pytest.fixture
def ana(house):
    """Ana, who signed in a minute ago."""
    house.clock.passes(minutes=1)
    return house.staff("Ana")


def ends(staff: Staff, rest: str):
    return staff.browser.submit(staff.path(f"sessions/{rest}"), {"key": new_key(), "me": staff.known.id if staff.known else ""})


def others(page) -> list[str]:
    """The ids that the page offers to end."""
    return re.findall(r"/sessions/([0-9a-f-]{36})/end", page.text)


def test_each_place_is_listed_with_its_browser_time_and_neighbourhood(house, ana):
    there = signs_in_too(house, ana, ana.code(60))
    page = ana.opens("sessions/")
    assert page.status == 200 and page.text.count("Signed in ") == 2 and page.text.count("Here, now") == 1
    neighbourhood = re.sub(r"\d+$", "0/24", there.browser.address)
    assert "Firefox on Windows" in page.text and neighbourhood in page.text
    assert there.browser.address not in page.text.replace(neighbourhood, ""), "coarsely"
    assert len(others(page)) == 1 and others(page) != others(there.opens("sessions/"))
    assert f'href="{ana.path("sessions/")}"' in ana.opens().text


def test_one_is_ended_and_the_others_go_on(house, ana):
    there, elsewhere = (signs_in_too(house, ana, digits) for digits in ana.known.codes[:2])
    [mine] = others(elsewhere.opens("sessions/"))[:1]
    assert ends(elsewhere, f"{mine}/end").location == ana.path("sessions/")
    living = [somebody.opens().status for somebody in (ana, there, elsewhere)]
    assert sorted(living) == [200, 200, 303] and living[2] == 200


def test_all_others_are_ended_at_once(house, ana):
    there = signs_in_too(house, ana, ana.code(60))
    assert ends(there, "end-others").status == 303
    assert (ana.opens().status, there.opens().status) == (303, 200)
    assert "End all but this one" not in there.opens("sessions/").text


def test_nobody_ends_or_sees_what_is_anothers(house, ana):
    tomas, eve = house.staff("Tomas"), house.staff("Eve")
    there = signs_in_too(house, ana, ana.code(60))
    [of_ana] = others(there.opens("sessions/"))
    assert ends(tomas, f"{of_ana}/end").status == 404 and ends(eve, f"{of_ana}/end").status == 404
    assert others(tomas.opens("sessions/")) == [] and "Firefox" not in tomas.opens("sessions/").text
    assert (ana.opens().status, there.opens().status) == (200, 200)
    assert ends(Staff(house.browser(), HARBOUR), f"{of_ana}/end").location.startswith(ana.path("sign-in"))
    assert there.browser.submit(there.path("sessions/end-others"), {}, {"Sec-Fetch-Site": "cross-site"}).status == 403


def test_a_colleagues_older_page_ends_nothing(house, ana):
    """Ana's page is still open where Tomas signed in: it does not sign out Tomas elsewhere."""
    tomas = house.staff("Tomas")
    there = signs_in_too(house, tomas, tomas.code(60))
    ana.browser.jar = dict(tomas.browser.jar)
    refused = ends(ana, "end-others")
    assert refused.status == 409 and "You are signed in as Tomas Berg now" in refused.text and there.opens().status == 200


def test_an_ended_sign_in_hears_no_more_within_a_second(service):
    """Over a port: the stream of the session that was ended closes, the other's does not."""
    ana = service.staff("Ana")
    there = Staff(service.browser(), HARBOUR)
    assert there.signs_in(PASSWORD, ana.known.codes[0], ana.known.email).status == 303
    with listening(ana) as stream, listening(there) as other:
        there.browser.submit(there.path("sessions/end-others"), {"key": new_key(), "me": ana.known.id})
        stream.ends(1)
        assert stream.events()[-1]["event"] == "end" and not other.ended
    assert (ana.opens().status, there.opens().status) == (303, 200)


@pytest.mark.parametrize(("agent", "kind"), [
    (AGENT, "Firefox on Windows"), ("", "A browser"), ("curl/8.0", "A browser"), ("<script>" * 99, "A browser"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148"
     " Safari/604.1", "Safari on iPhone"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
     " Edg/140.0.0.0", "Edge on Mac"),
    ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
     "Chrome on Android")])
def test_a_browser_is_called_what_people_call_it(agent, kind):
    assert kind_of(agent) == kind
