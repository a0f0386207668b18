"""Where a problem's type leads: a page that says what it means, when it happens and what to do; and the API's own page."""

import re

import pytest

from securemsg.errors import Error
from securemsg.http.explained import EXPLAINED, by_type
from securemsg.http.problem_shapes import classes
from tests.http.dressed import assert_dressed
from tests.http.house import HARBOUR

CLASSES = pytest.mark.parametrize("error", classes(), ids=lambda error: error.__name__)


def test_each_class_has_a_type_of_its_own():
    assert len(by_type()) == len(classes()) == len(EXPLAINED)


@CLASSES
def test_a_type_leads_to_a_page_and_to_json(shared, error):
    told = EXPLAINED[error]
    page = shared.browser().get(f"/problems/{error.type}")
    assert page.status == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert_dressed(page, "page", error.type)
    words = re.sub(r"<[^>]*>", "", page.text)
    for text in (error.title, told.means, told.when, told.do):
        assert text.replace("`", "").split("<")[0] in words.replace("&#39;", "'"), text
    for accept in ("application/json", "application/problem+json, application/json"):
        answer = shared.browser().ask("GET", f"/problems/{error.type}", headers={"Accept": accept})
        assert answer.json["status"] == error.status and answer.json["do"] == told.do
        assert answer.json["type"] == f"{shared.url}/problems/{error.type}"
        assert_dressed(answer, "api", error.type)


@CLASSES
def test_an_answer_names_the_address_of_its_page(shared, monkeypatch, error):
    """Whatever goes wrong: what its type says can be opened, and is about the same status."""
    def wrong(**_):
        raise error

    monkeypatch.setitem(shared.app.view_functions, "visitor.card", wrong)
    problem = shared.browser().ask("GET", f"/clinics/{HARBOUR}.json").json
    assert problem["type"].startswith(shared.url + "/problems/")
    about = shared.browser().ask("GET", problem["type"].removeprefix(shared.url), headers={"Accept": "application/json"}).json
    assert (about["type"], about["status"]) == (problem["type"], problem["status"])


def test_a_type_that_is_none_is_missing(shared):
    assert shared.browser().get("/problems/nowhere").status == 404
    assert by_type()["error"] is Error


def test_the_list_leads_to_every_one(shared):
    page = shared.browser().get("/problems/").text
    assert {f"/problems/{error.type}" for error in classes()} <= set(re.findall(r'href="([^"]+)"', page))


def test_the_page_of_the_api_has_every_operation_and_every_link_leads_somewhere(shared):
    answer = shared.browser().get("/api/v1/")
    assert_dressed(answer, "page", "the API")
    document = shared.browser().ask("GET", "/api/v1/openapi.json").json
    for path, methods in document["paths"].items():
        for told in methods.values():
            assert f'id="{told["operationId"]}"' in answer.text and path in answer.text
    ids, links = set(re.findall(r'\sid="([^"]+)"', answer.text)), set(re.findall(r'<a [^>]*href="([^"]+)"', answer.text))
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    for link in (link for link in links if not link.startswith("#")):
        assert link.startswith("/") and shared.browser().get(link).status == 200, link


def test_the_page_of_the_api_needs_nothing_from_elsewhere(shared):
    text = shared.browser().get("/api/v1/").text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", text)
    assert all(address.startswith("/static/") for address in re.findall(r'<(?:link|img)[^>]*\s(?:src|href)="([^"]+)"', text))
