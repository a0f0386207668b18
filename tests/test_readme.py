"""The README tells the truth: its tables are the code's, its commands exist, its files are there."""

import re

from securemsg.app import create_app
from tests.readme import README, filled

ROOT = README.parent


def test_the_tables_are_those_of_the_code():
    text = README.read_text("utf-8")
    assert filled(text) == text, "run `python -m tests.readme`"


def test_each_make_target_it_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    named = set(re.findall(r"\bmake ([a-z]+)\b", README.read_text("utf-8")))
    assert named >= {"run", "test"}
    assert named <= targets


def test_each_file_it_links_to_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text("utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_each_path_it_lists_is_served(desk):
    routes = {re.sub(r"<[^>]+>", "<>", rule.rule) for rule in create_app(desk.settings, desk).url_map.iter_rules()}
    calls = README.read_text("utf-8").partition("## JSON for visitors' clients")[2]
    named = {re.sub(r"<[^>]+>", "<>", path) for path in re.findall(r"`[A-Z, ]+ (/[^`]*)`", calls)}
    assert len(named) > 8
    assert named <= routes
