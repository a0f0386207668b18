"""Confirming at the clinic's own OpenID provider, a real one: asked anew there, back to the act, and nothing typed is lost."""

import html

import pytest

from securemsg.desk.door import staff_sessions
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
    assert ana.staff.browser.get(asked_for(adds(maren))).status == 303, "another session's act: back to begin with"


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


def test_an_act_that_waits_for_nobody_is_not_there(maren):
    assert maren.staff.opens("step-up/acts/0192f0a0-0000-7000-8000-000000000000").status == 404


def test_a_code_of_ones_own_does_as_well(maren, house):  # noqa: F811
    house.clock.passes(minutes=1)
    asking = adds(maren)
    form = fields(asking, "/people/") | {"step_up_code": house.staff("Maren").code(60)}
    assert maren.staff.browser.submit(maren.staff.path("people/"), form).status == 200
