"""Forms as no page of ours sends them: refused with a sentence, and nothing of them is stored."""

import pytest

from tests.http.house import HARBOUR
from tests.http.people import new_key

FORM = "application/x-www-form-urlencoded"
TYPED = b"&text=Hello"
PART = b'\r\n--x\r\nContent-Disposition: form-data; name="text"%s\r\n\r\nHello\r\n--x--'
SENTENCES = ("data-problem", 'role="alert"', 'class="wrong"')  # where a page says what is wrong
BAD = {
    # what it is: (content type, what stands beside the key, status)
    "another alphabet's bytes, encoded": (FORM, b"&text=caf%E9", 400), "the same, raw": (FORM, b"&text=caf\xe9", 400),
    "half a character": (FORM, b"&text=%F0%9F%98", 400), "an overlong slash": (FORM, b"&text=%C0%AF", 400),
    "an encoded surrogate": (FORM, b"&text=%ED%A0%80", 400), "a percent alone": (FORM, b"&text=100%", 400),
    "a percent with other letters": (FORM, b"&text=%zz", 400), "a NUL": (FORM, b"&text=a%00b", 422),
    "a byte order mark in UTF-16": (FORM, "&text=hello".encode("utf-16"), 400),
    "1,001 fields": (FORM, TYPED + b"&a=b" * 999, 413), "thirty thousand fields": (FORM, TYPED + b"&a=b" * 30_000, 413),
    "a bit more than 128 kB": (FORM, TYPED + b"&a=" + b"b" * 131_072, 413), "no type": ("", TYPED, 415),
    "plain text": ("text/plain", TYPED, 415), "JSON": ("application/json", b'{"text": "Hello"}', 415),
    "in parts": ("multipart/form-data; boundary=x", PART % b"", 415),
    "with a file": ("multipart/form-data; boundary=x", PART % b'; filename="a"', 415),
    "in parts without a boundary": ("multipart/form-data", TYPED, 415), "in no type at all": ("/", TYPED, 415)}


@pytest.fixture
def leo(house):
    visitor = house.visitor()
    visitor.opens(wish="cookie")
    return visitor


@pytest.fixture
def people(house, leo):
    """Each sends a form with their words, and how many pieces of it are stored by now."""
    ana, count = house.staff("Ana"), "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM notes) AS n"
    paths = [(leo.browser, f"/contact/{HARBOUR}/conversation", f"conversation={leo.conversation}"),
             *((ana.browser, ana.path(f"conversations/{leo.conversation}/{act}"),
                f"me={ana.known.id}&conversation={leo.conversation}") for act in ("reply", "note"))]
    return paths, lambda: house.desk.database.read(lambda tx: tx.everywhere.one(count)).n


def posts(browser, path: str, whose: str, body: bytes, kind: str, **headers: str):
    """With what each form of ours holds, whatever was typed: a key, and `whose` it is."""
    told = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Content-Type": kind} | headers
    content = f"key={new_key()}&{whose}".encode() + body
    return browser.ask("POST", path, content, {name: text for name, text in told.items() if text})


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_is_refused_and_nothing_is_stored(people, what):
    kind, body, status = BAD[what]
    paths, stored = people
    before = stored()
    for browser, path, whose in paths:
        page = posts(browser, path, whose, body, kind)
        assert page.status == status and any(sign in page.text for sign in SENTENCES), path
    assert stored() == before


def test_packed_forms_are_not_unpacked(people):
    [(browser, path, whose), *_], _ = people
    assert posts(browser, path, whose, TYPED, FORM, **{"Content-Encoding": "gzip"}).status == 415


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=utf-8", FORM.upper()])
def test_what_browsers_send_is_taken(leo, kind):
    path, whose = f"/contact/{HARBOUR}/conversation", f"conversation={leo.conversation}"
    for body in (b"&text=caf%C3%A9", "&text=café".encode(), b"&text=caf\xc3\xa9&a=b&text=other"):
        assert posts(leo.browser, path, whose, body, kind).status == 303
    assert leo.reads()[1:] == ["café"] * 3, "of a name that comes twice the first counts"
