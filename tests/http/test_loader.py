"""The loader and the other files: asked for rarely, kept as long as they are true."""

import gzip
import os
import re

import pytest

from tests.framed import without_card
from tests.http.house import HARBOUR


def test_the_loader_is_asked_for_again_and_mostly_unchanged(shared):
    visitor = shared.browser()
    first = visitor.ask("GET", "/widget.js")
    assert first.status == 200 and first.headers["Content-Type"].startswith("text/javascript") and b"secure-message" in first.body
    again = visitor.ask("GET", "/widget.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    for answer in (first, again):
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["ETag"] == first.headers["ETag"]
    assert visitor.ask("GET", "/widget.js", headers={"If-None-Match": '"another"'}).status == 200


def test_no_header_of_the_loader_says_a_year(shared):
    headers = shared.browser().ask("GET", "/widget.js").headers
    assert "Expires" not in headers or headers["Expires"][:16] == headers["Date"][:16]


def test_files_of_pages_are_named_by_their_content_and_kept(shared):
    pages = [shared.browser().get(path).text
             for path in (f"/frame/{HARBOUR}", f"/contact/{HARBOUR}", f"/staff/{HARBOUR}/sign-in")]
    addresses = set(re.findall(r'"(/static/[^"]+)"', "".join(pages)))
    assert addresses
    for address in addresses:
        assert re.search(r"-[0-9a-f]{8,}\.\w+$|\?v=[0-9a-f]{8,}$", address), address
        answer = shared.browser().ask("GET", address)
        assert answer.status == 200 and answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/widget.js", "/static/pages.css"])
def test_who_takes_gzip_gets_the_same_in_fewer_bytes(shared, path):
    def got(accepts: str | None, **headers: str):
        told = {"Accept-Encoding": accepts} if accepts is not None else {}
        return shared.browser().ask(headers.pop("method", "GET"), path, headers=told | headers)

    plain, packed = got(None), got("br, gzip;q=0.5")
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) * 0.6
    assert packed.headers["ETag"] != plain.headers["ETag"], "other bytes, another tag"
    for answer in (plain, packed):
        assert answer.headers["Vary"] == "Accept-Encoding" and int(answer.headers["Content-Length"]) == len(answer.body)
        assert not answer.headers["ETag"].startswith("W/") and answer.headers["Content-Type"].startswith("text/")
    for accepts in ("", "identity", "gzip;q=0", "br", "*;q=0"):
        assert got(accepts).body == plain.body
    for accepts in ("*", "GZIP", "gzip, deflate, br, zstd"):
        assert got(accepts).body == packed.body
    for answer, other, accepts in ((plain, packed, ""), (packed, plain, "gzip")):
        again = got(accepts, **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
        assert again.headers["Vary"] == "Accept-Encoding"
        assert got(accepts, **{"If-None-Match": other.headers["ETag"]}).status == 200
        head = got(accepts, method="HEAD")
        assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", answer.headers["Content-Length"])
        assert head.headers.get("Content-Encoding") == answer.headers.get("Content-Encoding")


def test_first_paint_crosses_the_wire_within_its_budget(shared):
    """What the contract of the widget promises, as the service sends it."""
    def bytes_of(path: str) -> int:
        return len(shared.browser().ask("GET", path, headers={"Accept-Encoding": "gzip"}).body)

    assert bytes_of("/widget.js") <= 2_200
    page = shared.browser().get(f"/frame/{HARBOUR}", {"Accept-Encoding": "gzip"})
    parts = re.findall(r'"(/static/[^"]+/frame-[^"]+)"', page.text)
    assert len(parts) == 2 and sum(map(bytes_of, parts)) + len(gzip.compress(without_card(page.body))) <= 10_000


def test_nothing_else_is_ever_packed(shared):
    """An answer with a secret and somebody's own words in it, packed, tells the secret by its length (BREACH)."""
    leo, ana = shared.visitor(), shared.staff("Ana")
    leo.opens()
    takes = {"Accept-Encoding": "gzip"}
    for path in (f"/frame/{HARBOUR}", f"/contact/{HARBOUR}", f"/clinics/{HARBOUR}.json", "/receipt-keys.json", "/", "/nowhere"):
        assert "Content-Encoding" not in shared.browser().get(path, takes).headers
    for answer in (leo.asks("GET", "/messages", headers=takes), ana.opens("", takes),
                   ana.opens(f"conversations/{leo.conversation}", takes)):
        assert answer.status == 200 and "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("name", ["", "nowhere.css", "widget", "../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd",
                                  "a%00b", "widget/../../settings.py", "x" * 300])
def test_what_is_no_file_of_ours_is_not_there(shared, name):
    answer = shared.browser().ask("GET", f"/static/{name}")
    assert answer.status in (404, 308) and b"def " not in answer.body and b"root:" not in answer.body


def test_a_file_that_is_built_anew_is_read_anew(shared, monkeypatch, tmp_path):
    monkeypatch.setattr("securemsg.http.files.STATIC", tmp_path)
    tags = []
    for number, words in enumerate((b"a { color: red }" * 9, b"a { color: blue }" * 9)):
        (tmp_path / "x.css").write_bytes(words)
        os.utime(tmp_path / "x.css", (number, number))
        answer = shared.browser().ask("GET", "/static/x.css")
        assert answer.body == words
        tags.append(answer.headers["ETag"])
    assert tags[0] != tags[1]
