"""Confirming at the clinic's own OpenID provider, a real one: asked anew there, back to the act, and nothing typed is lost."""

import html

import pytest

from securemsg.desk.door import staff_sessions
from securemsg.store import people
from securemsg.times import MINUTE
from tests.http.forms import every_form, fields
from tests.http.people import new_key
from tests.http.test_elsewhere import Comer, house, issuer, sets  # noqa: F401
from tests.provider import SECRET, asked, provider

MAREN = "maren@harbour-lane.example"
TYPED = {"name": "Zoë “Z” Ångström & son", "email": "zoe@harbour-lane.example", "title": "Nurse", "role": "nurse"}


@pytest.fixture
def maren(house, issuer) -> Comer:  # noqa: F811
    """The owner, who signed in elsewhere a while ago."""
    maren = Comer(house, issuer)
    assert maren.signs_in(MAREN).status == 303
    aged(house)
    return maren


def aged(house) -> None:  # noqa: F811
    """Nobody confirmed within the last minutes; the provider's clock goes on as it does."""
    def write(tx) -> None:
        for row in tx.everywhere.all("SELECT * FROM staff_sessions WHERE ended_at IS NULL AND step_up_at IS NOT NULL"):
            at = row.step_up_at - 6 * MINUTE
            mac = house.desk.vouch(*staff_sessions.facts(row.clinic_id, row.id, row.token_sha256, row.person_id, row.stage, at))
            tx.everywhere.run("UPDATE staff_sessions SET step_up_at = :at, mac = :mac WHERE id = :id", at=at, mac=mac, id=row.id)

    house.desk.database.write(write)


def adds(maren: Comer, **changes: str):
    form = TYPED | {"key": new_key(), "me": maren.house.staff("Maren").known.id}
    return maren.staff.browser.submit(maren.staff.path("people/"), form | changes)


def leaves(maren: Comer, asking) -> str:
    """By the link on the page; the address of the provider."""
    [path] = [part.partition('"')[0] for part in asking.text.split('href="') if "/step-up/elsewhere/" in part.partition('"')[0]]
    answer = maren.staff.browser.get(path)
    assert answer.status == 303, answer.text
    return answer.location


def typed(answer) -> dict[str, str]:
    form = fields(answer, "/people/")
    return {name: form[name] for name in TYPED}


def test_one_confirms_there_and_the_act_is_one_press_away(maren):
    asking = adds(maren)
    assert asking.status == 401 and "Confirm at Harbour Login" in asking.text
    url = leaves(maren, asking)
    assert (asked(url)["prompt"], asked(url)["max_age"]) == ("login", "0")
    answer = maren.comes_back(maren.guest.signs_in(url, MAREN))
    assert answer.status == 303 and answer.location.startswith(maren.staff.path("step-up/acts/"))
    page = maren.staff.browser.get(answer.location)
    assert page.status == 200 and "You have confirmed" in page.text and typed(page) == TYPED
    assert "step_up_code" not in fields(page, "/people/")
    [(action, form)] = [(to, form) for to, form in every_form(page) if "email" in form]
    added = maren.staff.browser.submit(action, form)
    assert added.status == 200 and "A link for" in added.text
    assert TYPED["name"] in html.unescape(maren.staff.opens("people/").text)


def test_who_is_signed_in_there_is_asked_anew_all_the_same(maren):
    url = leaves(maren, adds(maren))
    path = url.removeprefix(maren.guest.browser.url)
    answer = maren.guest.browser.get(path)
    while answer.status in (302, 303):
        answer = maren.guest.browser.get(answer.location.removeprefix(maren.guest.browser.url))
    assert 'name="password"' in answer.text


def test_a_provider_that_asked_nobody_anew_confirms_nothing(maren, house):  # noqa: F811
    """Somebody at a browser that was left open changes the address on the way: the provider answers without a word."""
    house.clock.passes(minutes=3)
    url = leaves(maren, adds(maren)).replace("prompt=login", "prompt=").replace("max_age=0", "max_age=43200")
    assert asked(url)["max_age"] == "43200" and "prompt" not in asked(url)
    answer = maren.comes_back(maren.guest.signs_in(url, MAREN))
    assert answer.status == 422 and "did not ask you anew" in answer.text and adds(maren).status == 401


def test_a_link_goes_on_by_itself(maren):
    asking = maren.staff.opens(f"step-up?next={maren.staff.path('people/')}")
    answer = maren.comes_back(maren.guest.signs_in(leaves(maren, asking), MAREN))
    assert maren.staff.browser.get(answer.location).location == maren.staff.path("people/")


@pytest.mark.parametrize(("account", "refuses", "sentence"), [
    ("ana@harbour-lane.example", False, "somebody else's account"), (MAREN, True, "was not finished")])
def test_what_confirms_nothing_loses_nothing(maren, account, refuses, sentence):
    answer = maren.comes_back(maren.guest.signs_in(leaves(maren, adds(maren)), account, refuses))
    assert answer.status == 422 and sentence in html.unescape(answer.text) and typed(answer) == TYPED
    assert adds(maren).status == 401
    again = maren.comes_back(maren.guest.signs_in(leaves(maren, answer), MAREN))
    assert typed(maren.staff.browser.get(again.location)) == TYPED


def test_a_password_alone_confirms_nothing_unless_the_owner_vouches_for_the_provider(house, issuer):  # noqa: F811
    known, account, maren = house.staff("Maren"), f"password+{MAREN}", Comer(house, issuer)
    house.clock.passes(minutes=1)
    assert maren.signs_in(account).location == maren.staff.path("sign-in/code")
    assert maren.staff.browser.submit(maren.staff.path("sign-in/code"), {"code": known.code(60), "key": new_key()}).status == 303
    aged(house)
    answer = maren.comes_back(maren.guest.signs_in(leaves(maren, adds(maren)), account))
    assert answer.status == 422 and "second factor" in answer.text and typed(answer) == TYPED
    house.clock.passes(minutes=1)
    known.steps_up()
    assert sets(known, issuer, asks_second_factor="1").status == 303
    assert maren.comes_back(maren.guest.signs_in(leaves(maren, adds(maren)), account)).status == 303


def test_another_persons_way_there_brings_nobody_back(maren, house):  # noqa: F811
    ana = Comer(house, maren.guest.browser.url)
    assert ana.signs_in().status == 303
    url = maren.guest.signs_in(leaves(maren, adds(maren)), MAREN)
    ana.staff.browser.jar |= {name: value for name, value in maren.staff.browser.jar.items() if "away_" in name}
    assert ana.comes_back(url).status == 400
    assert ana.staff.browser.get(asked_for(adds(maren))).status == 404, "another session's act"


def asked_for(asking) -> str:
    return next(part.partition('"')[0] for part in asking.text.split('href="') if "/step-up/elsewhere/" in part)


def test_the_provider_away_is_told_and_what_was_typed_stays(maren, house, tmp_path):  # noqa: F811
    known = house.staff("Maren")
    known.steps_up()
    with provider(tmp_path) as gone:
        assert sets(known, gone, secret=SECRET).status == 303
    aged(house)
    answer = maren.staff.browser.get(asked_for(adds(maren)))
    assert answer.status == 503 and "does not answer" in answer.text and typed(answer) == TYPED


@pytest.mark.parametrize("path", ["acts", "elsewhere"])
def test_an_act_that_does_not_wait_sends_nobody_away_and_has_a_way_on(maren, path):
    there = maren.staff.path(f"step-up/{path}/0192f0a0-0000-7000-8000-000000000000")
    answer = maren.staff.browser.get(there)
    assert answer.status == 404 and "does not wait here any more" in answer.text
    assert f'class="button" href="{maren.staff.path()}"' in answer.text
    problem = maren.staff.browser.get(there, {"Accept": "application/json"})
    assert (problem.status, problem.json["type"].rpartition("/")[2]) == (404, "missing")


def test_two_tabs_there_at_once_both_come_back(maren):
    one, other = TYPED, TYPED | {"name": "Bo", "email": "bo@harbour-lane.example"}
    urls = [maren.guest.signs_in(leaves(maren, adds(maren, **form)), MAREN) for form in (one, other)]
    for url, form in zip(urls, (one, other), strict=True):
        answer = maren.comes_back(url)
        assert answer.status == 303 and typed(maren.staff.browser.get(answer.location)) == form
    assert kept_by(maren) == [], "and nothing is kept any more"


def kept_by(maren: Comer) -> list[str]:
    return [name for name in maren.staff.browser.jar if "away_" in name]


def test_a_browser_keeps_the_newest_few_ways_there(maren):
    asking = adds(maren)
    urls = [leaves(maren, asking) for _ in range(6)]
    assert len(kept_by(maren)) == 4
    assert maren.comes_back(maren.guest.signs_in(urls[0], MAREN)).status == 400
    assert maren.comes_back(maren.guest.signs_in(urls[-1], MAREN)).status == 303


def test_an_address_that_nobody_left_by_makes_nothing_forgotten_and_asks_for_no_password(maren):
    url = maren.guest.signs_in(leaves(maren, adds(maren)), MAREN)
    for made_up in ("sign-in/back?state=x", "sign-in/back"):
        answer = maren.staff.opens(made_up)
        assert answer.status == 400 and "Please begin again" in answer.text and 'name="password"' not in answer.text
    assert maren.comes_back(url).status == 303


def test_who_comes_back_too_late_is_asked_again_beside_what_they_typed(maren, house):  # noqa: F811
    url = maren.guest.signs_in(leaves(maren, adds(maren)), MAREN)
    house.clock.passes(minutes=11)
    answer = maren.comes_back(url)
    assert answer.status == 400 and "too late" in answer.text and typed(answer) == TYPED and adds(maren).status == 401


def test_a_session_that_changed_meanwhile_loses_nothing(maren, monkeypatch):
    """Another tab was quicker."""
    monkeypatch.setattr(people, "step_up", lambda *_: False)
    answer = maren.comes_back(maren.guest.signs_in(leaves(maren, adds(maren)), MAREN))
    assert answer.status == 409 and "Something changed" in answer.text and typed(answer) == TYPED


def test_pages_that_ask_again_push_no_act_out(maren, house):  # noqa: F811
    """Neither by wrong codes nor by being loaded anew."""
    asking = adds(maren)
    wrong = adds(maren, name="Bo")
    for _ in range(4):
        wrong = maren.staff.browser.submit(maren.staff.path("people/"), fields(wrong, "/people/") | {"step_up_code": "000000"})
        assert wrong.status == 401 and maren.staff.opens("step-up").status == 200
    answer = maren.comes_back(maren.guest.signs_in(leaves(maren, asking), MAREN))
    assert typed(maren.staff.browser.get(answer.location)) == TYPED


def test_an_act_that_was_pushed_out_sends_nobody_away_for_nothing(maren):
    asking, others = adds(maren), [adds(maren, name=f"Bo {number}") for number in range(4)]
    answer = maren.staff.browser.get(asked_for(asking))
    assert answer.status == 404 and "begun several other things" in answer.text
    assert maren.staff.browser.get(asked_for(others[0])).status == 303


def test_a_code_of_ones_own_does_as_well(maren, house):  # noqa: F811
    house.clock.passes(minutes=1)
    asking = adds(maren)
    form = fields(asking, "/people/") | {"step_up_code": house.staff("Maren").code(60)}
    assert maren.staff.browser.submit(maren.staff.path("people/"), form).status == 200
