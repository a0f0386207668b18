"""A visitor's first message: what comes back, and where the session is kept."""

import re

import pytest

from tests.http.forms import fields
from tests.http.house import HARBOUR, opened_house
from tests.http.people import new_key

COOKIE = f"securemsg_visitor_{HARBOUR}_8000"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_a_first_message_comes_back_with_its_conversation_a_token_and_a_receipt(house):
    leo = house.visitor()
    answer = leo.opens("Is the flu jab free?")
    assert (answer.status, answer.headers["Content-Type"]) == (201, "application/json")
    got = answer.json
    assert set(got) == {"conversation", "message", "token", "receipt", "answer"} and got["answer"] == []
    conversation = got["conversation"]
    assert set(conversation) == {"id", "reference", "category", "state", "opened_at", "last_seq"}
    assert (conversation["category"], conversation["state"], conversation["last_seq"]) == ("appointment", "open", 1)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{2}-[2-9A-HJKMNP-Z]{4}", conversation["reference"])
    assert re.fullmatch(rf"smv_{HARBOUR}_[A-Za-z0-9_-]{{43}}", got["token"])
    assert not answer.cookies


def test_a_message_says_who_wrote_what_when(house):
    message = house.visitor().opens("Is the flu jab free?").json["message"]
    assert set(message) == {"id", "seq", "author", "kind", "data", "received_at", "verified"}
    assert message["author"] == {"kind": "visitor", "name": None, "role": None}
    assert (message["seq"], message["kind"], message["verified"]) == (1, "text", True)
    assert message["data"] == {"text": "Is the flu jab free?"}
    assert MOMENT.fullmatch(message["received_at"])


def test_a_frame_on_the_clinics_own_site_gets_a_cookie_and_no_token(house):
    leo = house.visitor()
    answer = leo.opens(wish="cookie")
    assert answer.status == 201 and "token" not in answer.json and "smv_" not in answer.text
    cookie = answer.cookies[COOKIE]
    assert {"httponly", "samesite=lax", "path=/"} <= cookie.says
    assert not {"partitioned", "secure"} & cookie.says, "Lax on http: neither may stand there"
    assert leo.reads() == ["Is the flu jab free?"]


def test_a_frame_on_another_site_gets_a_partitioned_cookie(house):
    leo = house.visitor()
    cookie = leo.opens(wish="cookie; cross-site").cookies[COOKIE]
    assert {"httponly", "samesite=none", "secure", "partitioned", "path=/"} <= cookie.says
    assert leo.reads() == ["Is the flu jab free?"]


@pytest.mark.parametrize("wish", ["cookie; same-site", "cookie;same-origin", "cookie; cross-site-not", "cookie;"])
def test_only_cross_site_asks_for_an_embedded_cookie(house, wish):
    assert "samesite=lax" in house.visitor().opens(wish=wish).cookies[COOKIE].says


def test_on_https_the_cookie_is_bound_to_its_host(furnished, tmp_path):
    with opened_house(furnished, tmp_path, public_url="https://messages.example", trusted_proxies="10.0.0.0/8") as house:
        for wish, site in (("cookie", "samesite=lax"), ("cookie; cross-site", "samesite=none")):
            cookie = house.visitor().opens(wish=wish).cookies[f"__Host-securemsg_visitor_{HARBOUR}"]
            assert {"secure", "httponly", "path=/", site} <= cookie.says and not any(a.startswith("domain") for a in cookie.says)


def test_where_the_browser_dropped_the_cookie_the_same_key_gives_the_token(house):
    leo, key = house.visitor(), new_key()
    first = leo.opens(key=key, wish="cookie; cross-site").json
    leo.browser.jar.clear()  # as WebKit does with a cookie from another site
    assert leo.asks("GET").status == 401
    again = leo.opens(key=key, wish="bearer")
    assert again.status == 201 and all(again.json[name] == first[name] for name in ("message", "conversation"))
    assert leo.token and leo.reads() == ["Is the flu jab free?"]
    assert leo.conversation == first["conversation"]["id"]
    assert house.staff("Ana").inbox() == [leo.conversation], "and there is one conversation, not two"


def test_the_same_key_with_another_text_is_refused(house):
    leo, key = house.visitor(), new_key()
    leo.opens("Is the flu jab free?", key)
    refused = leo.opens("Is the flu jab dear?", key)
    assert refused.status == 422 and "new key" in refused.json["detail"]


@pytest.mark.parametrize(("changes", "field"), [
    ({"category": "gardening"}, "category"), ({"category": "billing"}, "category"), ({"contact": None}, "contact"),
    ({"consent": "0" * 64}, "consent"), ({"consent": "yes"}, "consent"), ({"about": "dog"}, "about"),
    ({"name": "L" * 121}, "name"), ({"name": "L\0o"}, "name"),
    ({"contact": {"email": "leo"}}, "contact.email"), ({"contact": {"phone": "call me"}}, "contact.phone"),
    ({"contact": {"email": "l@e.org", "phone": "+1 555 0100"}}, "contact"), ({"contact": {"fax": "1"}}, "contact.fax"),
    ({"data": {"text": " \n"}}, "data.text"), ({"data": {"text": "x" * 8001}}, "data.text"), ({"data": {}}, "data.text"),
    ({"data": {"text": 5}}, "data.text"), ({"kind": "html"}, "kind"), ({"urgent": True}, "urgent"),
    ({"data": {"text": "a\0b"}}, "data.text"), ({"data": {"text": "\u200b \u2060\ufeff\u2800"}}, "data.text"),
    ({"contact": {"email": "l@"}}, "contact.email")])
def test_what_does_not_fit_is_named_by_its_field(shared, changes, field):
    answer = shared.visitor().opens(**changes)
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")
    [sentence] = answer.json["errors"][field]
    assert sentence.endswith(".")


@pytest.mark.parametrize("changes", [
    {"name": None}, {"name": "  "}, {"contact": {"phone": "+1 (902) 555-0142"}}, {"category": "other", "contact": None},
    {"about": "child"}, {"data": {"text": "x" * 8000}}, {"data": {"text": "Γειά 👋 العربية\n\n  indented"}}])
def test_what_fits_is_taken(shared, changes):
    assert shared.visitor().opens(**changes).status == 201


def test_a_name_of_which_nothing_is_seen_is_none(house):
    leo = house.visitor()
    leo.opens(name="\u200b\u3164")
    assert "Reply to the visitor" in house.staff("Ana").opens(f"conversations/{leo.conversation}").text


def test_an_older_notice_still_counts_for_a_day_for_who_read_it(house):
    leo, maren = house.visitor(), house.staff("Maren")
    body = leo.opening()
    form = fields(maren.opens("clinic")) | {"consent_text": "A new notice."}
    assert maren.browser.submit(maren.path("clinic"), form).status == 200
    assert leo.card()["consent"]["sha256"] != body["consent"]
    assert leo.opens(consent=body["consent"]).status == 201
    house.clock.passes(minutes=24 * 60 + 1)
    assert leo.opens(consent=leo.card()["consent"]["sha256"]).status == 201
    late = leo.opens(consent=body["consent"])
    assert late.status == 422 and late.json["errors"] == {"consent": ["The notice has changed. Please read it and agree again."]}

