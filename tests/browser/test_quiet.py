"""Checks 6 to 9 and 57: nothing is asked for, stored or said before the visitor acts; and it stays small."""

import gzip
import json
import re
from urllib.request import urlopen

from playwright.sync_api import expect

from tests.framed import without_card

KIB = 1024
STORED = """async () => ({cookie: document.cookie, local: {...localStorage}, session: {...sessionStorage},
    databases: await indexedDB.databases(), caches: await caches.keys()})"""
NOTHING = {"cookie": "", "local": {}, "session": {}, "databases": [], "caches": []}


def test_6_one_request_and_no_frame_before_the_visitor_acts(house, visitor):
    visitor.visits().page.wait_for_load_state("networkidle")
    expect(visitor.launcher).to_be_visible()
    addresses = [request.url for request in visitor.requests]
    assert addresses == [f"{visitor.site}/", f"{house.url}/widget.js"]
    assert len(visitor.page.frames) == 1


def test_6_opening_it_asks_for_the_frame_and_its_files_and_nothing_else(house, visitor):
    visitor.visits().opens_the_widget().page.wait_for_load_state("networkidle")
    paths = [request.url.removeprefix(house.url) for request in visitor.requests[2:]]
    assert paths[0] == "/frame/elm"
    assert all(re.fullmatch(r"/static/widget/frame-\w+\.(css|js)", path) for path in paths[1:]) and len(paths) <= 4, paths


def test_7_the_clinics_page_stores_nothing_before_during_and_after(visitor):
    page = visitor.visits().page
    assert page.evaluate(STORED) == NOTHING
    visitor.opens_the_widget().fills_in().types("Not sent yet")
    assert page.evaluate(STORED) == NOTHING
    visitor.says("Is it open on Monday?")
    visitor.closes_the_widget()
    assert page.evaluate(STORED) == NOTHING
    assert not visitor.context.cookies(visitor.site)


def test_8_no_cookie_and_nothing_stored_until_the_first_send(visitor):
    visitor.visits().opens_the_widget()
    assert visitor.page.frames[1].evaluate(STORED) == NOTHING
    visitor.fills_in().types("Not sent yet")
    assert not [answer.url for answer in visitor.answers if "set-cookie" in answer.all_headers()]
    visitor.says("Is it open on Monday?")
    [first] = [answer.url for answer in visitor.answers if "set-cookie" in answer.all_headers()]
    assert first.endswith("/conversations")


def test_9_loader_and_frame_stay_within_their_bytes(house):
    loader, frame = _bytes(house.url, "/widget.js"), _bytes(house.url, "/frame/elm")
    paths = re.findall(r'(?:src|href)="(/static/widget/[^"]+)"', frame.decode())  # the icon is a full window's
    first_paint = [without_card(frame)] + [_bytes(house.url, path) for path in paths]
    later = [name for name in _manifest(house) if not name.startswith(("frame", "staff", "widget"))]
    assert _gzipped(loader) <= 2.2 * KIB
    assert len(first_paint) == 3 and sum(map(_gzipped, first_paint)) <= 10_000
    assert later and all(_gzipped(_bytes(house.url, f"/static/widget/{name}")) <= 3 * KIB for name in later)


def test_57_a_whole_conversation_without_one_complaint_in_the_console(visitor, staff):
    visitor.begins("Is the flu jab free?", path="/strict")
    staff.opens(visitor.reference).replies("Yes.")
    visitor.sees("Yes.")
    visitor.page.reload()
    visitor.opens_the_widget().says("Thank you.")
    staff.sees("Thank you.")
    staff.closes("Answered")
    visitor.hears_that("closed")
    visitor.chooses("End and forget")
    visitor.inside.get_by_role("button", name="End and forget", exact=True).click()
    expect(visitor.inside.get_by_role("button", name="Write a new message")).to_be_visible()
    assert visitor.trouble == staff.trouble == []


def _bytes(service: str, path: str) -> bytes:
    with urlopen(service + path) as answer:
        return answer.read()


def _gzipped(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def _manifest(house) -> list[str]:
    with urlopen(f"{house.url}/static/widget/manifest.json") as answer:
        return list(json.load(answer).values())
