"""Parts as they are stored, and the addresses a link may have."""

import pytest

from securemsg.parts import Choice, File, Form, Link, Option, Text, as_data, from_data, may_follow

EACH = [Text("Two\nlines"), Link("Read", "/contact/elm"),
        Choice("When?", "times.chosen", (Option("1", "At one"), Option("2", "At two"))),
        Form("Ask for a time", "times.request"), File("visit.ics", "text/calendar", "BEGIN:VCALENDAR")]


@pytest.mark.parametrize("part", EACH, ids=lambda part: type(part).__name__)
def test_a_part_comes_back_as_it_was(part):
    assert from_data(as_data(part)) == part


@pytest.mark.parametrize("data", [
    {"type": "video", "text": "See this"}, {"type": "link", "text": "See this"}, {"text": "See this"},
    {"type": None, "text": "See this"}, {"type": 3},
    {"type": "choice", "text": "See this", "question": "?", "kind": "a.b", "options": [3]},
    {"type": "choice", "text": "See this", "question": "?", "kind": "a.b", "options": None}])
def test_what_is_not_known_here_is_its_text(data):
    assert from_data(data) == Text(data.get("text", ""))


@pytest.mark.parametrize("url", ["https://elm.example/a?b=1#c", "https://elm.example", "https://elm.example:8443/x", "tel:112",
                                 "tel:+1555", "mailto:desk@elm.example", "/", "/contact/elm"])
def test_a_link_leads_to_these(url):
    assert may_follow(url)


@pytest.mark.parametrize("url", [
    "", "http://elm.example", "javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", "\\/evil.example",
    "https://elm.example@evil.example/", "https:///x", "https://ex\\ample.com", " https://elm.example", "https://elm.example/\n",
    "/\t/evil.example", "https://ex\u00e4mple.example", "tel:", "mailto:nobody", "HTTPS://elm.example", "/" + "a" * 2_000])
def test_a_link_leads_nowhere_else(url):
    assert not may_follow(url)
