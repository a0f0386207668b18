"""Checks 15 to 17: a clinic's page full of hostile script learns that the panel is open, and nothing more."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import refuse_the_cookie

LETTERS = "þðŋħŧł"  # in nothing else that a page could see
SECRET = f"My {LETTERS} hurts"
BRIDGE = {"ready", "open", "close", "unread"}


def stolen(visitor) -> list[list[str]]:
    """All that the hostile page has got hold of."""
    visitor.page.evaluate("rummage()")
    return visitor.page.evaluate("stolen")


@pytest.mark.parametrize("keeps_cookies", [True, False], ids=["cookie", "token"])
def test_15_a_hostile_page_gets_no_character_and_no_token(house, visitor, staff, keeps_cookies):
    if not keeps_cookies:
        visitor.context.route("**/v1/conversation", refuse_the_cookie)
    visitor.visits("/hostile?q=back+pain").page.locator("#search").press_sequentially("harmless")
    visitor.launcher.click()
    visitor.fills_in(name=f"Leo {LETTERS}", contact=f"{LETTERS}@example.org")
    visitor.box.press_sequentially(SECRET)
    visitor.button.click()
    visitor.sees(SECRET)
    staff.opens(visitor.reference).replies(f"Take {LETTERS} twice.")
    visitor.sees(f"Take {LETTERS} twice.")
    token = visitor.page.frames[1].evaluate("sessionStorage['securemsg:elm:token']")
    assert bool(token) is not keeps_cookies

    loot = json.dumps(stolen(visitor), ensure_ascii=False)
    assert not set(LETTERS) & set(loot)
    assert "smv_" not in loot and visitor.reference not in loot
    kinds = {what for what, _ in stolen(visitor)}
    assert {"heard keydown", "heard message", "shadow", "port", "refused", "root", "asked", "changed"} <= kinds, "the spy sleeps"
    assert all(letter in loot for letter in "harmless")


def test_16_only_five_words_and_a_number_cross_the_bridge(visitor, staff):
    visitor.begins(SECRET, path="/hostile")
    visitor.closes_the_widget()
    staff.opens(visitor.reference).replies("Come tomorrow.")
    expect(visitor.launcher).to_contain_text("(1)")
    visitor.opens_the_widget().sees("Come tomorrow.")
    visitor.box.press("Escape")
    expect(visitor.panel).to_be_hidden()
    passed = visitor.page.evaluate("passed")
    assert passed["ports"] == 1 and {note["type"] for note in passed["up"]} >= {"ready", "unread", "close"}
    for note in passed["up"] + passed["down"]:
        assert note.keys() == {"securemsg", "type", "n"} and note["securemsg"] == 1
        assert note["type"] in BRIDGE and type(note["n"]) is int and 0 <= note["n"] <= 99


FORGE = """() => { window.caught = []; window.forged = [];
    const forge = (to, from) => { const { port1, port2 } = new MessageChannel(); forged.push(port1);
        port1.onmessage = ({ data }) => caught.push([from, data]);
        to.postMessage({ securemsg: 1, type: "ready", n: 0 }, "*", [port2]); };
    forge(window, "the page itself");
    const advert = document.createElement("iframe");
    advert.srcdoc = "<p>Advert</p>"; window.advert = advert; document.body.append(advert);
    advert.onload = () => { const own = advert.contentWindow; const { port1, port2 } = new MessageChannel(); forged.push(port1);
        port1.onmessage = ({ data }) => caught.push(["an advert", data]);
        own.eval("(port) => parent.postMessage({ securemsg: 1, type: 'ready', n: 0 }, '*', [port])")(port2); };
}"""


def test_16_forged_messages_are_ignored(visitor):
    visitor.visits().page.evaluate(FORGE)
    visitor.page.wait_for_function("forged.length === 2")
    visitor.opens_the_widget()
    visitor.page.evaluate("forged.forEach((port) => port.postMessage({ securemsg: 1, type: 'unread', n: 42 }))")
    visitor.page.evaluate("""() => { const frame = document.querySelector("secure-message").shadowRoot.querySelector("iframe");
        const { port1, port2 } = new MessageChannel();
        forged.push(port1); port1.onmessage = ({ data }) => caught.push(["frame", data]);
        frame.contentWindow.postMessage({ securemsg: 1, type: "close", n: 0 }, "*", [port2]);
        port1.postMessage({ securemsg: 1, type: "close", n: 0 }); }""")
    visitor.fills_in().says("Are you there?")
    assert visitor.page.evaluate("caught") == []
    assert visitor.launcher.inner_text() == "Send us a message"
    expect(visitor.panel).to_be_visible()


def test_17_no_address_referrer_history_or_title_tells_anything(house, visitor, staff):
    visitor.visits("/hostile?q=back+pain").opens_the_widget().fills_in(name=f"Leo {LETTERS}").says(SECRET)
    staff.opens(visitor.reference).replies("Come tomorrow.")
    visitor.sees("Come tomorrow.")
    addresses = " ".join(request.url for request in visitor.requests)
    assert "smv_" not in addresses and "hurts" not in addresses and "%C3%BE" not in addresses
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7", addresses), "an id stands in an address"
    referrers = {request.all_headers().get("referer") for request in visitor.requests if request.url.startswith(house.url)}
    assert not [referrer for referrer in referrers if referrer and "back" in referrer]
    assert visitor.page.title() == "Elm Street Surgery" and visitor.page.evaluate("history.length") <= 2
    assert visitor.page.url == f"{visitor.site}/hostile?q=back+pain"
