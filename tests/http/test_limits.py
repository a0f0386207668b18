"""How much anybody may do: each row of the table once, told in headers and in a sentence; help is never limited."""

import re
from collections.abc import Callable
from itertools import count, cycle

import pytest

from securemsg.crypto import credentials
from securemsg.http import limits
from securemsg.http.budgets import Budget, Rule, Standing, rule
from securemsg.http.limits import LIMITS
from securemsg.http.subjects import hidden
from securemsg.http.waiting import wait
from securemsg.store.ids import new_id
from tests.http import paged
from tests.http.browser import Answer
from tests.http.house import HARBOUR, PASSWORD, House
from tests.http.people import new_key, sitting_at
from tests.http.systems import System
from tests.http.test_pools_page import hired
from tests.people import code_at

SECONDS = {"minute": 60, "hour": 3600}
pytestmark = pytest.mark.usefixtures("later")


def spender(house: House, later: Callable, budget: str, whom: str, seconds: int) -> Callable[[], Answer]:
    """What takes one from a budget each time, and too little from the others to matter."""
    if budget == "plugin":
        house.has(pages=paged)
    leo, numbers = house.visitor(), count()
    if budget == "open":
        def opens() -> Answer:
            if whom == "address" and seconds > 60 and next(numbers) % 5 == 4:
                later(120)
            return (leo if whom == "address" else house.visitor()).opens()
        return opens
    if budget == "open-without-proof":
        for _ in range(300):
            house.visitor().opens()
        form = {"category": "other", "about": "me", "text": "hello", "consent": leo.card()["consent"]["sha256"]}
        return lambda: leo.browser.submit(f"/contact/{HARBOUR}", form | {"key": new_key(), "another": "1"})
    if (budget, whom) == ("message", "address"):
        group = [sitting_at(house, "10.1.2.3") for _ in range(7)]
        turns = cycle(group)
        return lambda: next(turns).says("hello")
    reference = leo.opens().json["conversation"]["reference"]
    ana, stranger, system = house.staff("Ana"), house.browser(), System.of(house)
    cora = hired(house, "Cora", "compliance") if budget in ("export", "sheet") else ana
    codes = iter(ana.known.codes)
    if whom == "device":
        house.clock.passes(minutes=1)
        assert ana.signs_in(PASSWORD, code_at(ana.known.totp, house.clock())).status == 303, "the browser is known from now on"
    return {
        "message": lambda: leo.says("hello"), "read": lambda: leo.asks("GET"), "stream": lambda: leo.asks("HEAD", "/events"),
        "link": lambda: stranger.submit(ana.path("start"), {"secret": "x" * 43, "key": new_key()}),
        "sign-in": lambda: (stranger if whom == "address" else house.browser()).submit(ana.path("sign-in"), {
            "email": f"p{next(numbers)}@harbour-lane.example", "password": "x", "code": "1", "key": new_key()}),
        "step-up": lambda: ana.browser.submit(ana.path("step-up"), {"step_up_code": next(codes, "used up"), "me": ana.known.id}),
        "known-sign-in": lambda: ana.signs_in(PASSWORD, next(codes, "used up")),
        "ticket": lambda: stranger.submit(f"/contact/{HARBOUR}/window", {"ticket": "x"}),
        "unknown": lambda: stranger.ask("GET", "/v1/conversation", headers={"Authorization": f"Bearer smv_{HARBOUR}_{'x' * 43}"}),
        "missing": lambda: system.sees(new_id()), "api": lambda: system.gets("/clinics"),
        "export": lambda: cora.browser.submit(cora.path("records/export"), {
            "reference": reference, "form": "json", "key": new_key(), "me": cora.known.id}),
        "sheet": lambda: cora.opens("audit/events.csv"),
        "search": lambda: ana.opens("search?q=zebra"), "plugin": lambda: stranger.ask("GET", "/x/pages/notes/"),
        "draft": lambda: ana.does("draft", leo.conversation, {"Accept": "application/json"}, text="Half"),
        "act": lambda: ana.does("release", leo.conversation)}[budget]


def left_by_others(house: House, rule: Rule) -> int:
    """How many this test asks for itself: what all strangers of the service share is asked for but for 100 at once."""
    if rule.whom != "service":
        return rule.item.amount
    with house.app.app_context():
        assert house.app.extensions["securemsg.limits"].hit(rule.item, rule.name, hidden(""), cost=rule.item.amount - 100)
    return 100


@pytest.mark.parametrize(("budget", "whom", "amount"), [line[:3] for line in LIMITS])
def test_each_budget_is_what_the_table_says(house, later, monkeypatch, budget, whom, amount):
    if budget == "sign-in":  # only strangers come: no password of theirs fits, and each hash takes 60 ms
        monkeypatch.setattr(credentials, "password_fits", lambda *_: False)
    if whom == "service":  # the house has two clinics
        monkeypatch.setitem(limits._RULES, budget, [each for each in limits._RULES[budget] if each.whom == whom])
    allowed, seconds = int(amount.split()[0]), SECONDS[amount.split()[-1]]
    spend = spender(house, later, budget, whom, seconds)
    for number in range(left_by_others(house, rule(budget, whom, amount))):
        assert spend().status != 429, f"number {number + 1} of {allowed}"
    refused = spend()
    assert refused.status == 429
    unit = {60: "minute", 3600: "hour"}[seconds]
    assert f'"{budget}-{whom}-{unit}";q={allowed};w={seconds}' in refused.headers.getlist("RateLimit-Policy")
    assert any(state.startswith(f'"{budget}-{whom}-{unit}";r=0;t=') for state in refused.headers.getlist("RateLimit"))
    assert 0 < int(refused.headers["Retry-After"]) <= seconds
    later(seconds * 2)
    house.clock.passes(minutes=2)
    assert spend().status != 429


def test_who_has_room_again_in_the_very_moment_of_the_refusal_is_told_to_wait(house, monkeypatch):
    ana, leo = house.staff("Ana"), house.visitor()
    leo.opens()
    real, stood = Budget.standing, iter([Standing(0, 1)])
    monkeypatch.setattr(Budget, "standing", lambda budget: next(stood, None) or real(budget))
    assert ana.does("release", leo.conversation).status == 429
    assert ana.does("release", leo.conversation).status != 429


def test_the_headers_count_down(house):
    leo = house.visitor()
    leo.opens()
    states = [leo.says("x").headers.getlist("RateLimit")[0] for _ in range(3)]
    left = [re.match(r'"message-session-minute";r=(\d+);t=\d+', state)[1] for state in states]
    assert left == ["19", "18", "17"]


def test_the_visitor_reads_a_sentence(house):
    leo = house.visitor()
    leo.opens()
    for _ in range(20):
        leo.says("hello")
    problem = leo.says("hello")
    assert (problem.headers["Content-Type"], problem.json["title"]) == ("application/problem+json", "Too many requests")
    assert problem.json["detail"] == ("That was a lot in a short time. Please try again in a minute, or call Harbour Lane Family"
                                      " Practice: +1 902 555 0142.")
    assert problem.json["violated-policies"] == ["message-session-minute"]


def test_waiting_as_told_is_enough(house, later):
    leo = house.visitor()
    for _ in range(5):
        leo.opens()
    later(int(leo.opens().headers["Retry-After"]))
    assert leo.opens().status == 201


def test_a_refused_try_costs_nothing_more(house, later):
    """Who keeps trying is not locked out for longer than who waits."""
    leo = house.visitor()
    for _ in range(5):
        leo.opens()
    for _ in range(50):
        assert leo.opens().status == 429
    later(120)
    assert leo.opens().status == 201


def test_a_hospitals_address_is_not_used_up_by_one_of_its_patients(house):
    """The session's budget comes first: what it refuses does not count for the address."""
    loud, calm = sitting_at(house, "10.9.9.9"), sitting_at(house, "10.9.9.9")
    statuses = [loud.says("again").status for _ in range(150)]
    assert statuses.count(201) == 20 and statuses.count(429) == 130
    assert calm.says("once").status == 201


@pytest.mark.parametrize("full", ["5 per 1 minute", "30 per 1 hour", "300 per 1 hour"])
def test_who_is_refused_by_one_budget_uses_up_nothing_of_the_others(house, monkeypatch, full):
    """Neither of those that are asked before it, nor of those that come after."""
    rows = [(*line[:3], None) for line in LIMITS if line[0] == "open"]
    small = [("open", line[1], line[2].replace(line[2].split()[0], "2", 1), None) if line[2] == full else line for line in rows]
    monkeypatch.setitem(limits._RULES, "open", [rule(*line) for line in small])
    leo = house.visitor()
    assert [leo.opens().status for _ in range(12)] == [201] * 2 + [429] * 10
    left = dict(re.findall(r'"open-(\w+-\w+)";r=(\d+)', " ".join(leo.opens().headers.getlist("RateLimit"))))
    expected = {f"{line[1]}-{line[2].split()[-1]}": int(line[2].split()[0]) - 2 for line in small}
    assert {name: int(number) for name, number in left.items()} == expected


@pytest.mark.parametrize(("seconds", "words"), [
    (1, "in 5 seconds"), (5, "in 5 seconds"), (6, "in 10 seconds"), (55, "in 55 seconds"), (56, "in a minute"),
    (60, "in a minute"), (61, "in 2 minutes"), (3600, "in 60 minutes")])
def test_how_long_is_told_in_words_and_never_too_little(seconds, words):
    assert wait(seconds) == words


def test_the_limits_of_one_person_are_not_anothers(house):
    leo, mia = house.visitor(), house.visitor()
    for _ in range(6):
        leo.opens()
    assert mia.opens().status == 201 and leo.opens().status == 429


def test_help_is_never_limited(house):
    visitor = house.visitor()
    for _ in range(6):
        visitor.opens()
    assert visitor.opens().status == 429
    for path in (f"/clinics/{HARBOUR}.json", f"/frame/{HARBOUR}", f"/contact/{HARBOUR}", "/widget.js"):
        for _ in range(200):
            answer = visitor.browser.get(path)
            assert answer.status == 200 and "RateLimit" not in answer.headers, path
    assert '"emergency":{"number":"911"' in visitor.browser.ask("GET", f"/clinics/{HARBOUR}.json").text
