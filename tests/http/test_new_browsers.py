"""Whoever signs in from a browser that is new is told of on the older ones, until the person has seen it."""

import re

import pytest

from tests.http.people import Staff, new_key
from tests.http.test_where_signed_in import AGENT, signs_in_too

NEWS = "If that was not you"


@pytest.fixture
def ana(house):
    """Ana, at the browser that she works with every day."""
    house.clock.passes(minutes=1)
    return house.staff("Ana")


def says_that_was_me(staff: Staff, page) -> int:
    path = re.search(r"/staff/[^\"]*/noticed", page.text)[0]
    return staff.browser.submit(path, {"key": new_key(), "me": staff.known.id}).status


def test_the_older_browser_is_told_on_every_page_and_the_new_one_is_not(house, ana):
    assert NEWS not in ana.opens().text, "there is no news of one's only browser"
    there = signs_in_too(house, ana, ana.code(60))
    for page in ("", "search?q=flu", "sessions/"):
        assert NEWS in ana.opens(page).text and "from Firefox on Windows" in ana.opens(page).text, page
        assert NEWS not in there.opens(page).text and NEWS not in house.staff("Tomas").opens(page).text, page


def test_once_it_was_seen_it_is_no_news(house, ana):
    there = signs_in_too(house, ana, ana.code(60))
    assert says_that_was_me(ana, ana.opens()) == 303
    assert NEWS not in ana.opens().text and NEWS not in there.opens().text
    third = signs_in_too(house, ana, ana.known.codes[0])
    assert NEWS in ana.opens().text and NEWS in there.opens().text and NEWS not in third.opens().text


def test_whoever_came_in_anew_hides_nothing(house, ana):
    """Neither from the new browser nor by a colleague: that is for the older one alone."""
    there, tomas = signs_in_too(house, ana, ana.code(60)), house.staff("Tomas")
    page = ana.opens()
    assert says_that_was_me(there, page) == 404 and says_that_was_me(tomas, page) == 404
    other = signs_in_too(house, ana, ana.known.codes[0])
    assert NEWS not in there.opens().text and says_that_was_me(other, page) == 404
    assert ana.opens().text.count(NEWS) == 2


def test_the_same_browser_again_is_no_news(house, ana):
    there = signs_in_too(house, ana, ana.code(60))
    assert says_that_was_me(ana, ana.opens()) == 303
    there.browser.submit(there.path("sign-out"), {"key": new_key(), "me": ana.known.id})
    fields = {"email": ana.known.email, "password": "four ducks on a pond", "code": ana.known.codes[0], "key": new_key()}
    assert there.browser.submit(there.path("sign-in"), fields, {"User-Agent": AGENT}).status == 303
    assert NEWS not in ana.opens().text


def test_a_new_one_is_like_the_others_after_a_week(house, ana):
    """The older ones may be lost: then it hears of the next."""
    there = signs_in_too(house, ana, ana.code(60))
    house.clock.passes(minutes=8 * 24 * 60)
    fields = {"email": ana.known.email, "password": "four ducks on a pond", "code": ana.known.codes[0], "key": new_key()}
    assert there.browser.submit(there.path("sign-in"), fields, {"User-Agent": AGENT}).status == 303
    signs_in_too(house, ana, ana.known.codes[1])
    assert there.opens().text.count(NEWS) == 1, "of that one alone"
