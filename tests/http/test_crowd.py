"""Two hundred people behind one address beside one flooder, over real connections: the people pass, the flooder does not."""

from collections import Counter
from contextlib import contextmanager
from threading import Thread

import pytest
from werkzeug.serving import make_server

from securemsg.http import budgets, counters, proofs
from tests.http.browser import Outside
from tests.http.house import HARBOUR
from tests.http.people import Visitor, new_key
from tests.work import solution

HOSPITAL = "127.77.0.1"  # one address for all of them
HELP = (f"/clinics/{HARBOUR}.json", f"/frame/{HARBOUR}", f"/contact/{HARBOUR}", "/widget.js", "/healthz")
SAY = {"kind": "text", "data": {"text": "Is the flu jab free?"}}


@pytest.fixture(autouse=True)
def easy(monkeypatch):
    """Puzzles of ten bits, since one computer solves those of all two hundred."""
    monkeypatch.setattr(proofs, "DIFFICULTY", ((1.0, 10),))


@contextmanager
def served(house):
    """The house on a port of its own; its address."""
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Patient(Visitor):
    """Somebody with the widget: what it is asked for, it computes and sends with the same request."""

    def insists(self, path: str, body: dict, headers: dict | None = None) -> int:
        headers = {"Idempotency-Key": new_key()} | (headers or {})
        answer = self.browser.ask("POST", path, body, headers)
        if answer.status == 429 and "proof" in answer.json:
            asked = answer.json["proof"]
            proof = {"Securemsg-Proof": solution(asked["challenge"], asked["bits"])}
            answer = self.browser.ask("POST", path, body, headers | proof)
        if answer.status == 201 and "token" in answer.json:
            self.token = answer.json["token"]
        return answer.status

    def arrives(self, opening: dict) -> int:
        return self.insists(f"/v1/clinics/{HARBOUR}/conversations", opening)

    def writes(self) -> int:
        return self.insists("/v1/conversation/messages", SAY, self.credentials())


class Flooder(Visitor):
    """A program that sends all it can and computes nothing."""

    def __init__(self, *about):
        super().__init__(*about)
        self.got = Counter()

    def floods(self, opening: dict) -> None:
        for headers in ({}, {"Securemsg-Proof": "10.9999999999.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA.0"}):
            path, headers = f"/v1/clinics/{HARBOUR}/conversations", headers | {"Idempotency-Key": new_key()}
            answer = self.browser.ask("POST", path, opening, headers)
            self.got["opened", answer.status] += 1
            self.token = answer.json.get("token") or self.token

    def shouts(self) -> None:
        if self.token:
            self.got["said", self.says("x").status] += 1


def test_people_pass_and_a_flooder_does_not(house, later):
    with served(house) as url:
        flooder = Flooder(Outside(url, HOSPITAL), HARBOUR)
        people = [Patient(Outside(url, HOSPITAL), HARBOUR) for _ in range(200)]
        opening = flooder.opening()
        for patient in people:  # one every four seconds, through a quarter of an hour
            flooder.floods(opening)
            assert patient.arrives(opening) == 201
            later(4)
        assert flooder.got["opened", 201] <= 30 and flooder.got["opened", 429] >= 370
        for number, patient in enumerate(people):  # and all of them write within one minute
            flooder.shouts()
            assert patient.writes() == 201, number
            later(0.3)
        assert flooder.got["said", 201] <= 40 and flooder.got["said", 429] >= 150
        helped = Outside(url, HOSPITAL)
        assert {helped.get(path).status for path in HELP for _ in range(5)} == {200}


def test_no_number_of_addresses_helps_a_flooder_or_shuts_others_out(house, later):
    """Five from each of sixty networks make the clinic hot; from then on a proof is asked of everybody, and is enough."""
    opening = house.visitor().opening()
    for network in range(60):
        subnets = [house.visitor(address=f"2001:db8:{network:x}:{subnet:x}::{subnet}") for subnet in range(6)]
        statuses = [flooder.opens(consent=opening["consent"]).status for flooder in subnets]
        assert statuses == [201] * 5 + [429], network
    leo = Patient(house.browser(), HARBOUR)
    assert leo.opens().json["violated-policies"] == ["open-clinic-hour"]
    assert leo.arrives(opening) == 201
    for path in HELP:
        answer = leo.browser.get(path)
        assert answer.status == 200 and "RateLimit" not in answer.headers, path


def test_guessing_tokens_from_many_addresses_takes_no_more_memory_than_we_gave_it(house, monkeypatch):
    monkeypatch.setattr(counters, "MOST", 400)
    guess = {"Authorization": f"Bearer smv_{HARBOUR}_{'x' * 43}"}
    hot = house.browser("2001:db8::1")
    assert [hot.ask("GET", "/v1/conversation", headers=guess).status for _ in range(31)] == [401] * 30 + [429]
    for number in range(600):
        assert house.browser(f"2001:db8:{number + 1:x}::1").ask("GET", "/v1/conversation", headers=guess).status == 401
    with house.app.app_context():
        assert len(budgets.storage().storage) <= 400 and len(budgets.storage().expirations) <= 400
    assert hot.ask("GET", "/v1/conversation", headers=guess).status == 429, "who was hot is hot"


def test_guessing_tokens_costs_those_who_hold_one_nothing(house):
    leo, stranger = house.visitor(address="10.5.5.5"), house.browser("10.5.5.5")
    leo.opens()
    for _ in range(50):
        stranger.ask("GET", "/v1/conversation", headers={"Authorization": f"Bearer smv_{HARBOUR}_{'x' * 43}"})
    assert leo.asks("GET").status == 200 and leo.says("hello").status == 201
