"""Requests as no client should send them: each refused with its own status and a sentence, none with a 500."""

import json

import pytest

from tests.http.house import HARBOUR
from tests.http.people import new_key

OPEN = f"/v1/clinics/{HARBOUR}/conversations"


def sent(shared, body: bytes, headers: dict | None = None, path: str = OPEN):
    told = {"Content-Type": "application/json", "Idempotency-Key": new_key()} | (headers or {})
    return shared.browser().ask("POST", path, body, {name: value for name, value in told.items() if value})


def opening(shared, **changes) -> bytes:
    return json.dumps(shared.visitor().opening(**changes)).encode()


DEEP = b'{"a":' * 33 + b"1" + b"}" * 33
UNREADABLE = {
    "nothing": b"", "no JSON": b"hello", "cut": b'{"kind": "text"', "a duplicate key": b'{"kind":"text","kind":"text"}',
    "a duplicate key inside": b'{"data":{"text":"a","text":"b"}}', "NaN": b'{"kind":NaN}', "Infinity": b'{"kind":-Infinity}',
    "a lone surrogate": rb'{"kind":"\ud800"}', "a lone surrogate as a name": rb'{"\udfff":1}',
    "latin-1": '{"kind":"é"}'.encode("latin-1"),
    "a byte order mark": b'\xef\xbb\xbf{"kind":"text"}', "33 levels": DEEP, "1200 levels": b"[" * 1200 + b"]" * 1200,
    "33 empty levels": b"[" * 33 + b"]" * 33, "infinity as a number": b'{"kind":1e999}',
    "60000 levels": b"[" * 60_000, "a number of 5000 digits": b'{"kind":' + b"9" * 5000 + b"}", "a raw NUL": b'{"kind":"a\0b"}',
    "two values": b"{}{}", "a number beyond 64 bits": b'{"kind":99999999999999999999999}'}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_not_strict_json_is_a_400(shared, what):
    answer = sent(shared, UNREADABLE[what])
    assert (answer.status, answer.json["title"]) == (400, "The request could not be read")


@pytest.mark.parametrize("body", [b"[]", b"null", b"5", b'"text"', b"{}", b'{"kind":1e308}', b'{"data":[]}',
                                  b"[" * 32 + b"]" * 32])
def test_json_of_another_shape_is_a_422(shared, body):
    assert sent(shared, body).status == 422


def test_a_body_of_64_kb_is_read_and_one_byte_more_is_not(shared):
    body = opening(shared)
    fits = body + b" " * (64 * 1024 - len(body))
    assert sent(shared, fits).status == 201
    for much in (len(fits) + 1, len(fits) + 2000, 2_000_000):
        answer = sent(shared, body + b" " * (much - len(body)))
        assert answer.status == 413 and "more than can be sent at once" in answer.json["detail"]


@pytest.mark.parametrize("kind", [
    "", "text/plain", "text/json", "application/x-www-form-urlencoded", "application/problem+json", "application/jsonx", "*/*",
    "multipart/form-data; boundary=x", "application/json, text/plain", "application/json; charset=latin-1",
    "application/json; charset=utf-16", 'application/json; charset="latin-1"', "application/json; charset*=utf-8''latin-1"])
def test_another_content_type_is_a_415(shared, kind):
    assert sent(shared, opening(shared), {"Content-Type": kind}).status == 415


@pytest.mark.parametrize("kind", ["Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"', "application/json ; a=b",
                                  "application/json; charset="])
def test_utf_8_may_be_said(shared, kind):
    assert sent(shared, opening(shared), {"Content-Type": kind}).status == 201


@pytest.mark.parametrize("coding", ["gzip", "identity", "x", "br, gzip"])
def test_what_is_packed_is_a_415(shared, coding):
    answer = sent(shared, opening(shared), {"Content-Encoding": coding})
    assert answer.status == 415 and "Content-Encoding" in answer.json["detail"]


@pytest.mark.parametrize("key", ["", "short", "x" * 15, "x" * 129, "sixteen chars yes", "ключ" * 5])
def test_a_message_needs_a_key_of_its_own(shared, key):
    answer = sent(shared, opening(shared), {"Idempotency-Key": key.encode().decode("latin-1")})
    assert answer.status == 400 and "Idempotency-Key" in answer.json["detail"]


def test_a_further_message_needs_a_key_too(shared):
    leo = shared.visitor()
    leo.opens()
    assert leo.asks("POST", "/messages", {"kind": "text", "data": {"text": "hello"}}).status == 400
    assert leo.reads() == ["Is the flu jab free?"]


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/nowhere", 404), ("GET", "/clinics/nowhere.json", 404), ("GET", "/frame/nowhere", 404),
    ("GET", "/contact/nowhere", 404), ("GET", "/staff/nowhere/", 404), ("POST", "/v1/clinics/nowhere/conversations", 404),
    ("GET", OPEN, 405), ("PUT", "/v1/conversation", 405),
    ("GET", "/static/widget/none.js", 404), ("GET", "/static/../app.py", 404), ("GET", "/static/%2e%2e/app.py", 404),
    ("GET", f"/staff/{HARBOUR}/conversations/5", 404), ("DELETE", f"/contact/{HARBOUR}", 405), ("GET", "/clinics/%00.json", 404)])
def test_each_refusal_is_a_problem_with_a_sentence(shared, method, path, status):
    answer = shared.browser().ask(method, path, headers={"Accept": "application/json"})
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json
    assert set(problem) == {"type", "title", "status", "detail", "instance"} and problem["status"] == status
    assert problem["detail"].endswith(".") and problem["instance"].startswith("urn:uuid:")


def test_a_wrong_method_says_which_are_right(shared):
    assert "POST" in shared.browser().ask("GET", OPEN).headers["Allow"]


def test_a_browser_gets_the_refusal_as_a_page_with_the_clinics_number(shared):
    page = shared.browser().get(f"/contact/{HARBOUR}/nowhere")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    late = shared.browser().submit(f"/contact/{HARBOUR}/window", {})
    assert late.status == 401 and "+1 902 555 0142" in late.text and "911" in late.text


@pytest.mark.parametrize("token", [
    "x", "smv_", "smv_harbour-lane_short", "smv_nowhere_" + "a" * 43, "smv_harbour-lane_" + "a" * 43,
    "smv_harbour-lane_" + "é" * 43, "sm_live_harbour-lane_x", "a" * 4000])
def test_a_token_nobody_has_is_a_401(shared, token):
    told = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    assert shared.browser().ask("GET", "/v1/conversation", headers=told).status == 401


def test_another_host_name_is_not_answered(shared):
    answer = shared.browser().ask("GET", "/", headers={"Host": "evil.example"})
    assert answer.status == 400 and "evil" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_another_host_name_is_not_answered_with_a_page_either(shared):
    answer = shared.browser().get("/", {"Host": "evil.example"})
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json") and "evil" not in answer.text


@pytest.mark.parametrize("path", ["/clinics/%00.json", "/frame/a%00b", "/contact/%00",
                                  "/staff/%00/", "/contact/Harbour-Lane", "/contact/%0A", f"/contact/{HARBOUR}%0A"])
def test_a_name_no_clinic_can_have_is_not_even_looked_up(house, monkeypatch, path):
    def never(_):
        raise AssertionError("PostgreSQL takes no NUL")

    monkeypatch.setattr(house.desk.database, "read", never)
    answer = house.browser().get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_an_error_page_is_drawn_whatever_the_database_says(house, monkeypatch):
    def breaks(_):
        raise RuntimeError("as a driver might")

    monkeypatch.setattr(house.desk.database, "read", breaks)
    page = house.browser().get(f"/contact/{HARBOUR}")
    assert page.status == 500 and "Something went wrong on our side" in page.text
