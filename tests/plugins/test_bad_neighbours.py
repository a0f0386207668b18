"""A plugin that fails in every way while a visitor waits, in a real serving process: nobody waits beyond its budget, no message
is lost, the others are heard, and it stands in the audit log."""

import sqlite3
import time

import pytest

from tests.http.running import running
from tests.plugins.made import installed
from tests.service import Service, until

BUDGET_MS, SLACK_MS = 50, 150  # who has just used 50 ms of a busy machine waits for the next turn
SCREEN = """
import re, time
@hookimpl
def screen(draft):
    if draft.text.startswith("{name}"):
        {act}
"""
WAYS = {"raises": "raise ValueError(draft.text)", "lies": "return Screening(urgent='very')", "mumbles": "return [draft]",
        "loops": "while True: pass", "backtracks": "re.match('(a|a)+$', 'a' * 40 + 'b')", "sleeps": "time.sleep(10)",
        "exits": "raise SystemExit(1)", "recurses": "return screen(draft)"}
GOOD = """
@hookimpl
def screen(draft):
    return Screening(answer=(Text("You wrote to us."),))
"""


@pytest.fixture(scope="module")
def unruly(furnished, tmp_path_factory):
    """A running service with all of them and one that works, and a visitor of each."""
    folder = tmp_path_factory.mktemp("unruly")
    with pytest.MonkeyPatch.context() as patch:
        lines = {name: SCREEN.format(name=name, act=act) for name, act in WAYS.items()}
        patch.setenv("PYTHONPATH", installed(tmp_path_factory.mktemp("plugins"), **lines, good=GOOD,
                                             stubborn=SCREEN.format(name="stubborn", act="while True: pass")))
        with Service(folder, plugins=" ".join([*WAYS, "good", "stubborn"])) as service:
            yield running(service, *furnished).start()


def failed(unruly) -> list[str]:
    """Whose failures the audit log has."""
    with sqlite3.connect(unruly.service.folder / "data" / "securemsg.db") as file:
        rows = file.execute("SELECT actor_kind FROM audit WHERE action = 'plugin.failed' ORDER BY id").fetchall()
    file.close()
    return [kind for (kind,) in rows]


def says(visitor, text: str) -> tuple[float, dict]:
    """How long the visitor waited, in milliseconds, and what the answer was."""
    begun = time.perf_counter()
    answer = visitor.says(text)
    took = (time.perf_counter() - begun) * 1000
    assert answer.status == 201, answer.text
    return took, answer.json


@pytest.mark.parametrize("way", WAYS)
def test_one_that_fails_delays_nobody_beyond_its_budget_and_loses_nothing(unruly, way):
    leo = unruly.visitor()
    assert leo.opens("Hello?").status == 201
    plain = min(says(leo, f"hello {number}")[0] for number in range(3))
    tried = [says(leo, f"{way} here {number}") for number in range(4)]  # the machine may be slow once
    assert min(took for took, _ in tried) < plain + BUDGET_MS + SLACK_MS
    assert leo.reads()[-4:] == [f"{way} here {number}" for number in range(4)]
    for _, answer in tried:
        assert [part["text"] for part in answer["answer"]] == ["You wrote to us."], "the others are heard"
    until(lambda: f"plugin:{way}" in failed(unruly), what="its row in the audit log")


def test_after_five_failures_it_is_not_asked_for_a_while(unruly):
    mia = unruly.visitor()
    assert mia.opens("Hello?").status == 201
    plain = min(says(mia, f"hello {number}")[0] for number in range(3))
    for number in range(10):  # one that is late because others have the processor, and not by its own work, is no strike
        says(mia, f"stubborn {number}")
        if "a plugin is not asked for some minutes" in unruly.service.output():
            break
    failures = failed(unruly).count("plugin:stubborn")
    assert failures == number + 1 >= 5
    assert min(says(mia, f"stubborn {number}")[0] for number in range(3)) < plain + BUDGET_MS / 2
    assert failed(unruly).count("plugin:stubborn") == failures
    log = unruly.service.output()
    assert "a plugin is not asked for some minutes" in log and '"plugin": "stubborn"' in log and "stubborn 0" not in log
