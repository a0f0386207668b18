"""The loader and the other files: asked for rarely, kept as long as they are true."""

import re

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
