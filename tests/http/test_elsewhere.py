"""Signing in at a clinic's own OpenID provider: a real one, of somebody else's making, and its answers bent in every way."""

import html
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.http.forms import every_form, fields
from tests.http.house import HARBOUR, HILL, House, opened_house
from tests.http.people import Staff, new_key
from tests.provider import SECRET, Guest, asked, provider

ANA, EVE = "ana@harbour-lane.example", "eve@hill-road.example"
UNVERIFIED = ("unverified", "unsaid", "text")  # how an address may not be vouched for


@pytest.fixture(scope="module")
def issuer(tmp_path_factory) -> Iterator[str]:
    """The provider; it knows the addresses of both clinics."""
    backs = [f"http://localhost:8000/staff/{slug}/sign-in/back" for slug in (HARBOUR, HILL)]
    with provider(tmp_path_factory.mktemp("provider"), *backs) as address:
        yield address


@contextmanager
def with_provider(furnished, folder, issuer) -> Iterator[House]:
    with opened_house(furnished, folder, outbound_private="127.0.0.0/8") as house:
        assert house.url == "http://localhost:8000"
        for owner in ("Maren", "Eve"):
            somebody = house.staff(owner)
            somebody.steps_up()
            assert sets(somebody, issuer).status == 303
        yield house


@pytest.fixture
def house(furnished, tmp_path, issuer) -> Iterator[House]:
    """Two clinics that both have set the same provider, and whose owners confirmed a moment ago that it is they."""
    with with_provider(furnished, tmp_path, issuer) as opened:
        yield opened


def sets(owner, issuer: str, /, **changes: str):
    form = {"name": "Harbour Login", "issuer": issuer, "client_id": "clinic", "secret": SECRET, "key": new_key(),
            "me": owner.known.id}
    return owner.browser.submit(owner.path("people/sign-in"), form | changes)


class Comer:
    """Somebody who wants to sign in elsewhere."""

    def __init__(self, house, issuer: str, slug: str = HARBOUR):
        self.staff, self.guest, self.house = Staff(house.browser(), slug), Guest(issuer), house

    def leaves(self) -> str:
        """Off to the provider: the address."""
        answer = self.staff.opens(f"sign-in/elsewhere?next=/staff/{self.staff.clinic}/sessions/")
        assert answer.status == 303, answer.text
        return answer.location

    def comes_back(self, url: str):
        assert url.startswith(f"{self.house.url}/staff/")
        return self.staff.browser.get(url.removeprefix(self.house.url))

    def signs_in(self, account: str = ANA, **how: bool):
        return self.comes_back(self.guest.signs_in(self.leaves(), account, **how))


def test_one_signs_in_there_and_works_here(house, issuer):
    ana = Comer(house, issuer)
    assert f'href="{ana.staff.path("sign-in/elsewhere")}"' in ana.staff.opens("sign-in").text
    url = ana.leaves()
    told = asked(url)
    assert told["code_challenge_method"] == "S256" and len(told["state"]) >= 32 and len(told["nonce"]) >= 32
    answer = ana.comes_back(ana.guest.signs_in(url, ANA))
    assert (answer.status, answer.location) == (303, ana.staff.path("sessions/"))
    cookies = answer.cookies
    [session] = [cookie for name, cookie in cookies.items() if "staff_" in name]
    [away] = [cookie for name, cookie in cookies.items() if "away_" in name]
    assert {"httponly", "samesite=lax", "path=/"} <= session.says and "max-age=0" in away.says
    assert "Ana Ruiz" in ana.staff.opens().text


def test_what_comes_back_to_another_browser_or_twice_or_late_is_refused_with_a_sentence(house, issuer):
    ana, other = Comer(house, issuer), Comer(house, issuer)
    url = ana.guest.signs_in(ana.leaves(), ANA)
    assert other.comes_back(url).status == 400, "a browser that never left"
    other.leaves()
    refused = other.comes_back(url)
    assert refused.status == 400 and "another way than it went out" in html.unescape(refused.text), "one that left for another"
    assert "Set-Cookie" not in refused.headers or "staff_" not in refused.headers["Set-Cookie"]
    jar = dict(ana.staff.browser.jar)
    assert ana.comes_back(url).status == 303
    ana.staff.browser.jar = jar
    assert ana.comes_back(url).status == 422, "a code counts once, at the provider"
    late = Comer(house, issuer)
    url = late.guest.signs_in(late.leaves(), ANA)
    house.clock.passes(minutes=11)
    assert late.comes_back(url).status == 400


@pytest.mark.parametrize(("part", "value", "status"), [
    ("state", "another", 400), ("state", "", 400), ("iss", "https://elsewhere.example", 400), ("code", "", 400),
    ("code", "made-up", 422)])
def test_an_answer_that_was_changed_lets_nobody_in(house, issuer, part, value, status):
    ana = Comer(house, issuer)
    url = ana.guest.signs_in(ana.leaves(), ANA)
    told = asked(url)
    assert part in told
    path = url.partition("?")[0]
    changed = "&".join(f"{name}={value if name == part else text}" for name, text in told.items() if value or name != part)
    assert ana.comes_back(f"{path}?{changed}").status == status
    assert ana.staff.opens().status == 303


def test_who_refuses_there_is_not_let_in_here(house, issuer):
    ana = Comer(house, issuer)
    refused = ana.signs_in(refuses=True)
    assert refused.status == 422 and "was not finished" in refused.text


@pytest.mark.parametrize("account", ["stranger@harbour-lane.example", EVE, *(f"{how}+{ANA}" for how in UNVERIFIED)])
def test_only_who_works_here_under_an_address_that_is_theirs(house, issuer, account):
    somebody = Comer(house, issuer)
    refused = somebody.signs_in(account)
    assert refused.status == 422 and somebody.staff.opens().status == 303
    assert ("has verified your email address" in refused.text) is account.startswith(UNVERIFIED)
    failed = "SELECT outcome FROM audit WHERE action = 'staff.sign_in_failed'"
    rows = house.desk.database.read(lambda tx: tx.everywhere.all(failed))
    assert [row.outcome for row in rows] == ["refused"]


def test_an_address_that_is_given_to_somebody_else_there_opens_nothing_here(house, issuer):
    assert Comer(house, issuer).signs_in().status == 303
    assert Comer(house, issuer).signs_in(f"other+{ANA}").status == 422
    assert Comer(house, issuer).signs_in().status == 303


def test_who_lost_access_here_is_out_whatever_the_provider_says(house, issuer):
    maren, ana = house.staff("Maren"), house.staff("Ana")
    form = {"key": new_key(), "me": maren.known.id}
    assert maren.browser.submit(maren.path(f"people/{ana.known.id}/end"), form).status == 303
    assert Comer(house, issuer).signs_in().status == 422


def test_a_fresh_sign_in_there_confirms_and_an_old_one_does_not(house, issuer):
    ana = Comer(house, issuer)
    assert ana.signs_in().status == 303
    me = house.staff("Ana").known.id
    assert ana.staff.browser.submit(ana.staff.path("step-up"), {"key": new_key(), "me": me}).status == 303
    house.clock.passes(minutes=6)
    assert ana.signs_in().status == 303, "the provider does not ask again"
    assert ana.staff.browser.submit(ana.staff.path("step-up"), {"key": new_key(), "me": me}).status == 401


def test_a_password_there_needs_a_code_of_ones_own_here(house, issuer):
    ana, known = Comer(house, issuer), house.staff("Ana")
    house.clock.passes(minutes=1)
    answer = ana.signs_in(f"password+{ANA}")
    assert (answer.status, answer.location) == (303, ana.staff.path("sign-in/code")) and ana.staff.opens().status == 303
    [(action, form)] = [(to, form) for to, form in every_form(ana.staff.opens("sign-in/code")) if "code" in form]
    wrong = ana.staff.browser.submit(action, form | {"code": "000000"})
    assert wrong.status == 422 and "does not fit" in html.unescape(wrong.text) and ana.staff.opens().status == 303
    right = ana.staff.browser.submit(action, form | {"code": known.code(60)})
    assert (right.status, right.location) == (303, ana.staff.path("sessions/")) and "Ana Ruiz" in ana.staff.opens().text
    assert ana.staff.opens("sign-in/code").location == ana.staff.path("sign-in"), "nothing is owed any more"


def test_the_owner_says_that_a_provider_asks_for_a_second_factor_itself(house, issuer):
    maren = house.staff("Maren")
    assert not fields(maren.opens("people/sign-in"), "/people/sign-in").get("asks_second_factor")
    assert sets(maren, issuer, asks_second_factor="1").status == 303
    assert 'name="asks_second_factor" value="1" checked' in maren.opens("people/sign-in").text
    ana = Comer(house, issuer)
    assert ana.signs_in(f"password+{ANA}").location == ana.staff.path("sessions/") and "Ana Ruiz" in ana.staff.opens().text
    [row] = house.desk.database.read(lambda tx: tx.everywhere.all("SELECT asks_second_factor FROM providers p JOIN clinics c ON"
                                                       " c.id = p.clinic_id WHERE c.slug = :slug", slug=HARBOUR))
    assert row.asks_second_factor == 1
    assert sets(maren, issuer).status == 303
    assert Comer(house, issuer).signs_in(f"password+{ANA}").location == ana.staff.path("sign-in/code")


def test_a_code_without_anybody_is_nobodys(house, issuer):
    answer = house.browser().submit(f"/staff/{HARBOUR}/sign-in/code", {"code": "123456", "key": new_key()})
    assert answer.status == 400 and "begin again" in html.unescape(answer.text)


def test_one_clinics_answer_opens_nothing_at_another(house, issuer):
    eve = Comer(house, issuer, HILL)
    url = eve.guest.signs_in(eve.leaves(), EVE)
    eve.staff.browser.jar = {name.replace(HILL, HARBOUR): value for name, value in eve.staff.browser.jar.items()}
    assert eve.comes_back(url.replace(HILL, HARBOUR)).status == 400


def test_the_provider_away_is_told_and_the_password_does_as_well(house, furnished, tmp_path):
    (tmp_path / "gone").mkdir()
    with provider(tmp_path / "gone") as gone:
        assert sets(house.staff("Maren"), gone).status == 303
    answer = house.browser().get(f"/staff/{HARBOUR}/sign-in/elsewhere")
    assert answer.status == 503 and answer.headers["Retry-After"] and "does not answer just now" in answer.text
    ana = house.staff("Ana")
    ana.browser.jar.clear()
    house.clock.passes(minutes=1)
    assert ana.signs_in("four ducks on a pond", ana.code(60)).status == 303


@pytest.mark.parametrize(("change", "sentence"), [
    ({"issuer": "https://169.254.169.254"}, "private network"), ({"issuer": "https://127.0.0.1:1"}, "No OpenID provider answers"),
    ({"issuer": "ftp://x"}, "must be an address like"), ({"name": ""}, "Please fill this in"),
    ({"client_id": "x" * 301}, "at most 300")])
def test_what_cannot_be_a_provider_is_refused_beside_its_field(house, issuer, change, sentence):
    maren = house.staff("Maren")
    refused = sets(maren, issuer, **change)
    assert refused.status == 422 and sentence in html.unescape(refused.text)
    assert SECRET not in refused.text and SECRET not in maren.opens("people/sign-in").text
    assert Comer(house, issuer).signs_in().status == 303, "what was set stays"


def test_the_secret_stays_where_it_is_not_typed_again_and_not_for_another_issuer(house, issuer):
    maren = house.staff("Maren")
    assert sets(maren, issuer, name="Login", secret="").status == 303
    assert Comer(house, issuer).signs_in().status == 303
    assert sets(maren, issuer.replace("127.0.0.1", "localhost"), secret="").status == 422


def test_it_waits_until_it_is_confirmed_and_the_owner_alone_may(house, issuer):
    house.clock.passes(minutes=6)
    maren = house.staff("Maren")
    waits = sets(maren, issuer, name="Other")
    assert waits.status == 401 and fields(waits, "/people/sign-in")["name"] == "Other"
    assert sets(house.staff("Ana"), issuer).status == 403
    maren.steps_up()
    form = {"key": new_key(), "me": maren.known.id, "remove": "1"}
    assert maren.browser.submit(maren.path("people/sign-in"), form).status == 303
    assert "sign-in/elsewhere" not in maren.opens("sign-in").text
    assert house.browser().get(f"/staff/{HARBOUR}/sign-in/elsewhere").status == 404


@pytest.mark.parametrize("change", [
    "issuer = 'https://attacker.example'", "client_id = 'other'", "name = 'x'", "asks_second_factor = 1", "mac = :nothing",
    "secret = :nothing"])
def test_a_row_that_somebody_else_wrote_sends_nobody_anywhere(house, change):
    values = {"nothing": bytes(32)} if ":nothing" in change else {}
    house.desk.database.write(lambda tx: tx.everywhere.run(f"UPDATE providers SET {change}", **values))
    assert house.browser().get(f"/staff/{HARBOUR}/sign-in/elsewhere").status == 404
