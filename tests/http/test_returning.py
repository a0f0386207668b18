"""Coming back on another device, as people do it: two browsers, a mail in between that programs look at first, a telephone."""

import re

import pytest

from securemsg.desk.plugin.plugin_desk import PluginDesk
from securemsg.http import limits
from tests.http.forms import fields, words
from tests.http.house import HARBOUR

RETURN, CONVERSATION = f"/contact/{HARBOUR}/return", f"/contact/{HARBOUR}/conversation"
DEVICES, CODE = f"/contact/{HARBOUR}/devices", f"/contact/{HARBOUR}/code"
COOKIE = f"securemsg_visitor_{HARBOUR}_8000"


@pytest.fixture
def house(house, monkeypatch):
    """With a mail server: without one no link ever arrives."""
    monkeypatch.setitem(house.desk.settings.__dict__, "smtp_url", "smtp://localhost")
    return house


@pytest.fixture
def leo(house):
    """Somebody whose browser holds a conversation."""
    visitor = house.visitor()
    assert visitor.opens(wish="cookie").status == 201
    return visitor


def mailed(house, visitor) -> str:
    """The secret of a link as it went out in a mail."""
    clinic_id = house.desk.database.read(lambda tx: tx.everywhere.one("SELECT clinic_id FROM conversations WHERE id = :id",
                                                           id=visitor.conversation)).clinic_id
    desk = PluginDesk(house.desk, "email", clinic_id, house.clock())
    path = desk.way_back(visitor.conversation)
    assert house.desk.database.write(desk.write()) and path.startswith(f"{RETURN}#")
    return path.partition("#")[2]


def shown(page) -> str:
    """The code on a page."""
    assert page.status == 200, page.text
    return re.search(r"<code>([\d ]+)</code>", page.text)[1]


def code(visitor) -> str:
    """What the conversation's page shows when its button is pressed."""
    return shown(visitor.browser.submit(CODE, fields(visitor.browser.get(CONVERSATION), "/code")))


def comes(browser, secret: str, code: str):
    return browser.submit(RETURN, fields(browser.get(RETURN), "/return") | {"secret": secret, "code": code})


def test_on_another_device_after_programs_have_looked(house, leo):
    secret, phone, scanner = mailed(house, leo), house.browser(), house.browser()
    before = house.desk.database.read(lambda tx: tx.everywhere.all("SELECT * FROM returns"))
    for method in ("GET", "HEAD") * 5:
        answer = scanner.ask(method, RETURN, headers={"Accept": "text/html"})
        assert answer.status == 200 and not answer.cookies
    assert house.desk.database.read(lambda tx: tx.everywhere.all("SELECT * FROM returns")) == before, "looking uses up nothing"
    came = comes(phone, secret, code(leo))
    assert (came.status, came.location) == (303, CONVERSATION) and {"httponly", "samesite=lax"} <= came.cookies[COOKIE].says
    assert words(phone.get(CONVERSATION)) == ["Is the flu jab free?"]
    again = comes(house.browser(), secret, code(leo))
    assert again.status == 422 and "A link works once" in again.text and not again.cookies
    assert f'value="{secret}"' in again.text, "what was pasted stays"


def test_the_page_asks_as_phones_like_it_and_its_script_takes_the_secret(house):
    page = house.browser().get(RETURN)
    field = re.search(r'<input id="f-code"[^>]*>', page.text)[0]
    assert 'inputmode="numeric"' in field and 'autocomplete="one-time-code"' in field and "maxlength" not in field
    assert re.search(r'<script src="/static/widget/return-\w+\.js" defer></script>', page.text)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"] and page.headers["Referrer-Policy"] == "same-origin"


def test_the_whole_link_may_be_pasted(house, leo):
    secret = mailed(house, leo)
    assert comes(house.browser(), f" https://messages.example{RETURN}#{secret} ", code(leo)).status == 303


def test_who_is_in_that_conversation_needs_no_code_and_uses_nothing_up(house, leo):
    secret = mailed(house, leo)
    assert comes(leo.browser, secret, "").location == CONVERSATION
    assert comes(house.browser(), secret, code(leo)).status == 303
    assert comes(leo.browser, secret, "").location == CONVERSATION, "also when it was used elsewhere"


def test_who_is_in_another_conversation_needs_the_code_and_is_told_what_goes(house, leo):
    mia = house.visitor()
    mia.opens("Mine.", wish="cookie")
    secret = mailed(house, leo)
    assert "This browser holds another conversation" in mia.browser.get(RETURN).text
    assert comes(mia.browser, secret, "").status == 422
    assert comes(mia.browser, secret, code(leo)).status == 303
    assert words(mia.browser.get(CONVERSATION)) == ["Is the flu jab free?"]


def test_staff_give_a_code_on_the_telephone(house, leo):
    ana, secret = house.staff("Ana"), mailed(house, leo)
    page = ana.opens(f"conversations/{leo.conversation}")
    given = ana.browser.submit(ana.path(f"conversations/{leo.conversation}/code"), fields(page, "/code"))
    assert comes(house.browser(), secret, shown(given)).status == 303
    trail = ana.opens(f"conversations/{leo.conversation}").text
    assert "made a code to come back with" in trail and "came back on another device" in trail
    assert ana.does("code", leo.conversation, me="0192f0a0-0000-7000-8000-000000000000").status == 409


def test_guesses_are_told_to_staff_and_block(house, leo):
    secret, right, guesser = mailed(house, leo), code(leo).replace(" ", ""), house.browser()
    wrong = f"{(int(right) + 1) % 10 ** 6:06d}"
    assert [comes(guesser, secret, wrong).status for _ in range(5)] == [422] * 5
    blocked = comes(house.browser(), secret, right)
    assert blocked.status == 429 and 0 < int(blocked.headers["Retry-After"]) <= 601 and "several wrong attempts" in blocked.text
    page = house.staff("Ana").opens(f"conversations/{leo.conversation}").text
    assert "tried several wrong codes" in page and "The service" in page
    house.clock.passes(11)
    assert comes(house.browser(), secret, code(leo)).status == 303


def test_a_stranger_without_a_link_is_limited(house, later):
    browser = house.browser()
    page = fields(browser.get(RETURN), "/return")
    ends = [browser.submit(RETURN, page | {"secret": "x" * 43, "code": "123456"}).status for _ in range(11)]
    assert ends == [422] * 10 + [429] and ("link", "address", "10 per 1 minute", None) in limits.LIMITS


def test_nobody_is_brought_into_a_strangers_conversation(house, leo):
    form = {"secret": mailed(house, leo), "code": code(leo), "key": "x" * 20}
    answer = house.browser().submit(RETURN, form, {"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403 and not answer.cookies


@pytest.mark.parametrize(("contact", "smtp_url"), [
    ({"phone": "+1 555 0100"}, "smtp://localhost"), (None, "smtp://localhost"), ({"email": "leo@example.org"}, None)])
def test_whom_no_link_can_reach_is_offered_no_code_and_told_what_to_do(house, monkeypatch, contact, smtp_url):
    monkeypatch.setitem(house.desk.settings.__dict__, "smtp_url", smtp_url)
    visitor = house.visitor()
    assert visitor.opens(wish="cookie", contact=contact, category="other").status == 201
    page = visitor.browser.get(CONVERSATION).text
    reference = visitor.asks("GET").json["conversation"]["reference"]
    assert "Show a code" not in page and DEVICES in page
    assert f"give the reference <bdi>{reference}</bdi>, or call." in page or f"give the reference {reference}, or call." in page
    assert visitor.asks("GET", "/sessions").json["by_mail"] is False


def test_the_devices_are_listed_and_ended(house, leo):
    phone = house.browser()
    comes(phone, mailed(house, leo), code(leo))
    page = leo.browser.get(DEVICES)
    assert page.text.count("<h2>") == 2 and page.text.count("Here, now") == 1 and "Opened by a link from a mail" in page.text
    form = fields(page, "/end")
    [one] = re.findall(r'action="([^"]+/devices/[0-9a-f-]{36}/end)"', page.text)
    assert leo.browser.submit(one, form).location == DEVICES
    assert phone.get(CONVERSATION).status == 303 and leo.browser.get(CONVERSATION).status == 200
    again = leo.browser.submit(one, form)
    assert again.status == 404 and 'role="alert"' in again.text
    assert one not in leo.browser.get(DEVICES).text


def test_signed_out_everywhere(house, leo):
    phone = house.browser()
    comes(phone, mailed(house, leo), code(leo))
    form = fields(phone.get(DEVICES), "/devices/end")
    assert leo.browser.submit(f"{DEVICES}/end", form | {"conversation": "0192f0a0-0000-7000-8000-000000000000"}).status == 409
    ended = phone.submit(f"{DEVICES}/end", form)
    assert ended.location.startswith(f"/contact/{HARBOUR}?gone=forgotten") and ended.cookies[COOKIE].value == ""
    assert [browser.get(path).status for browser in (phone, leo.browser) for path in (CONVERSATION, DEVICES)] == [303] * 4


def test_programs_do_the_same(house):
    mia = house.visitor()
    mia.opens("Mine.")
    given = mia.asks("POST", "/code", {})
    assert given.status == 201 and re.fullmatch(r"\d{6}", given.json["code"])
    phone = house.browser()
    assert comes(phone, mailed(house, mia), given.json["code"]).status == 303
    items = mia.asks("GET", "/sessions").json["items"]
    assert sorted((each["via"], each["is_here"]) for each in items) == [("link", False), ("open", True)]
    [other] = [each["id"] for each in items if not each["is_here"]]
    assert mia.asks("DELETE", f"/sessions/{other}").status == 204 and phone.get(CONVERSATION).status == 303
    assert mia.asks("DELETE", f"/sessions/{other}").status == 404
    comes(phone, mailed(house, mia), mia.asks("POST", "/code", {}).json["code"])
    noa = house.visitor()
    noa.opens("Not hers.")
    assert mia.asks("DELETE", "/sessions").status == 204 and phone.get(CONVERSATION).status == 303
    assert mia.asks("GET", "/sessions").status == 401 and len(noa.asks("GET", "/sessions").json["items"]) == 1


def test_ones_own_can_be_ended_like_the_others(house, leo):
    [mine] = [each["id"] for each in leo.asks("GET", "/sessions").json["items"]]
    ended = leo.asks("DELETE", f"/sessions/{mine}")
    assert ended.status == 204 and ended.cookies[COOKIE].value == "" and leo.asks("GET", "/sessions").status == 401
