"""The frame and the card: what a visitor sees first, and on whose pages."""

import json
import re
from dataclasses import replace

from securemsg.cli.clinic import first_card
from securemsg.desk import owner
from securemsg.desk.access import Who
from securemsg.desk.clinics import clinic
from tests.http.forms import fields
from tests.http.house import HARBOUR, HILL, ORIGINS


def ancestors(answer) -> list[str]:
    """Who may frame this answer."""
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    return policy["frame-ancestors"].split()


def frame(house, clinic: str = HARBOUR):
    return house.browser().get(f"/frame/{clinic}")


def saves(house, first_name: str, **changes: str):
    """The owner changes something on the clinic's page."""
    owner = house.staff(first_name)
    return owner.browser.submit(owner.path("clinic"), fields(owner.opens("clinic")) | changes)


def test_the_card_says_what_a_visitor_needs_to_know(shared):
    card = shared.visitor().card()
    assert {"name", "address", "phones", "doctors", "timezone", "hours_text", "open", "changes_at", "promise", "emergency",
            "categories", "consent", "locales", "theme"} <= set(card)
    assert card["emergency"] == {"number": "911", "text": "Call 911 now."}
    assert card["categories"][1] == {"id": "billing", "label": "Billing", "open": False, "contact": "none",
                                     "promise": None, "promised_at": None}
    assert set(card["consent"]) == {"text", "sha256", "version", "locale"}


def test_the_consent_is_named_by_the_hash_of_its_exact_words(shared):
    import hashlib

    consent = shared.visitor().card()["consent"]
    assert consent["sha256"] == hashlib.sha256(consent["text"].encode()).hexdigest()


def test_the_frame_brings_its_card_along(shared):
    page = frame(shared)
    block = json.loads(re.search(r'<script type="application/json" id="card">(.*?)</script>', page.text, re.DOTALL)[1])
    card = shared.visitor().card()
    assert {name: block[name] for name in card} == card
    assert (block["clinic"], block["origins"], block["contact_url"]) == (HARBOUR, list(ORIGINS[HARBOUR]), f"/contact/{HARBOUR}")


def test_the_frame_says_which_of_the_clinic_s_texts_are_in_another_language_than_its_own(house):
    home = clinic(house.desk, HARBOUR)
    ours = first_card("Praxis am Markt", "Europe/Berlin", "112", (), ())
    card = replace(ours, locale="de-CH", profile={**ours.profile, "promise": "Wir antworten bis Freitag."})
    owner.save_card(house.desk, Who("service", home.id), home, card, home.version, house.clock())
    french, german = (house.browser().get(f"/frame/{HARBOUR}?lang={code}").text for code in ("fr", "de"))
    assert '"langs":{"Wir antworten bis Freitag.":"de-CH"}' in french, "what is in our words is in French"
    assert '"langs":{}' in german


def test_what_the_frame_loads_is_there(shared):
    addresses = re.findall(r'(?:src|href)="(/static[^"]+)"', frame(shared).text)
    assert len(addresses) >= 2 and all(shared.browser().get(address).status == 200 for address in addresses)


def test_the_frame_asks_for_the_cookie_that_its_place_needs(shared):
    for site, wish in (("cross-site", "cookie; cross-site"), ("same-site", "cookie"), ("same-origin", "cookie"), ("", "cookie")):
        page = shared.browser().get(f"/frame/{HARBOUR}", {"Sec-Fetch-Site": site} if site else {})
        assert f'"session":"{wish}"' in page.text


def test_only_a_clinics_own_pages_may_frame_it(shared):
    assert ancestors(frame(shared)) == list(ORIGINS[HARBOUR])
    assert ancestors(frame(shared, HILL)) == list(ORIGINS[HILL])
    assert ancestors(shared.browser().get(f"/frame/{HARBOUR}?window=1")) == list(ORIGINS[HARBOUR])


def test_a_clinic_without_pages_is_framed_by_nobody(house):
    assert saves(house, "Maren", origins="").status == 200
    assert ancestors(frame(house)) == ["'none'"]
    assert ancestors(frame(house, HILL)) == list(ORIGINS[HILL]), "the other clinic keeps its own"


def test_a_frame_that_is_not_there_is_framed_by_nobody(shared):
    assert ancestors(frame(shared, "nowhere")) == ["'none'"]


def test_origins_are_parsed_and_never_pasted(house):
    for text in ("https://a.example; script-src *", "https://*.example", "*", "javascript:alert(1)", "https://a.example/path",
                 "//a.example", "https://user@a.example", "https://a.example?x", "ftp://a.example", "https://a example", "'self'",
                 "https://", "https://a.example:x"):
        refused = saves(house, "Maren", origins=text)
        assert refused.status == 422 and fields(refused, "clinic")["origins"] == text, "refused, and what was typed stays"
    assert ancestors(frame(house)) == list(ORIGINS[HARBOUR])


def test_origins_are_kept_in_the_form_that_browsers_compare(house):
    saves(house, "Maren", origins="HTTPS://WWW.Harbour-Lane.example/\nhttps://a.example:443\nhttp://b.example:8080\nhttps://a.example")
    assert ancestors(frame(house)) == ["https://www.harbour-lane.example", "https://a.example", "http://b.example:8080"]


def test_what_the_owner_writes_cannot_leave_its_block(house):
    evil = '</script><script>alert(1)</script><!-- " \u2028 &lt;'
    assert saves(house, "Maren", promise=evil, name=evil.replace("\u2028", "")).status == 200
    page = frame(house)
    assert page.text.count("<script") == 2 and "alert(1)</script>" not in page.text
    block = re.search(r'id="card">(.*?)</script>', page.text, re.DOTALL)[1]
    assert json.loads(block)["promise"] == house.visitor().card()["promise"] == evil.strip()


def test_nobody_gets_a_cookie_before_the_first_message(shared):
    visitor = shared.browser()
    for path in ("/", "/widget.js", f"/frame/{HARBOUR}", f"/frame/{HARBOUR}?window=1", f"/contact/{HARBOUR}",
                 f"/contact/{HARBOUR}/conversation", f"/clinics/{HARBOUR}.json", "/receipt-keys.json", "/healthz", "/readyz",
                 f"/staff/{HARBOUR}/", f"/staff/{HARBOUR}/sign-in", f"/staff/{HARBOUR}/start", f"/staff/{HARBOUR}/enrol",
                 "/v1/conversation", "/nowhere"):
        assert not visitor.get(path).headers.getlist("Set-Cookie"), path
    refused = shared.visitor()
    assert refused.opens(category="gardening", wish="cookie").status == 422 and not refused.browser.jar


def test_the_keys_that_prove_receipts_are_public(shared):
    from base64 import b64decode

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from securemsg.crypto.receipts import signed_bytes

    keys = {key["key"]: key for key in shared.browser().ask("GET", "/receipt-keys.json").json["keys"]}
    receipt = shared.visitor().opens().json["receipt"]
    key = Ed25519PublicKey.from_public_bytes(b64decode(keys[receipt["key"]]["public"]))
    key.verify(b64decode(receipt["signature"]), signed_bytes(receipt))  # raises when it does not fit
