"""An answer gets lost on its way: the same message is sent again, and there is one."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.http.house import HARBOUR
from tests.http.people import new_key
from tests.service import until


def sends_and_leaves(browser, path: str, body: object, headers: dict) -> None:
    """Send a request whole, and be gone before a byte of the answer."""
    with browser.connected() as connection:
        told = {"Content-Type": "application/json"} | headers
        connection.request("POST", path, json.dumps(body).encode(), told)


def test_a_message_whose_answer_was_lost_is_there_once(steady):
    leo, key = steady.visitor(), new_key()
    assert leo.opens("one").status == 201
    body = {"kind": "text", "data": {"text": "two"}}
    for _ in range(3):
        sends_and_leaves(leo.browser, "/v1/conversation/messages", body, leo.credentials() | {"Idempotency-Key": key})
    again = leo.says("two", key)
    assert again.status == 201 and leo.reads() == ["one", "two"]
    assert again.json["message"] == leo.items()[-1]


def test_an_opening_whose_answer_was_lost_is_one_conversation(steady):
    leo, ana, key = steady.visitor(), steady.staff("Ana"), new_key()
    before = set(ana.inbox())
    sends_and_leaves(leo.browser, f"/v1/clinics/{HARBOUR}/conversations", leo.opening("one"), {"Idempotency-Key": key})
    until(lambda: set(ana.inbox()) - before, what="the conversation")
    assert leo.opens("one", key).status == 201
    assert set(ana.inbox()) - before == {leo.conversation} and leo.reads() == ["one"]


def test_an_answer_is_given_again_after_a_restart(steady):
    leo, opening, key = steady.visitor(), new_key(), new_key()
    opened, sent = leo.opens("one", opening), leo.says("two", key)
    steady.service.kill()
    steady.start()
    assert leo.opens("one", opening).json == opened.json and leo.says("two", key).json == sent.json
    assert leo.reads() == ["one", "two"]


def test_the_same_message_sent_by_many_at_once_is_there_once(steady):
    leo, key = steady.visitor(), new_key()
    assert leo.opens("one").status == 201
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: leo.says("two", key), range(8)))
    assert {answer.status for answer in answers} <= {201, 409} and leo.reads() == ["one", "two"]
    assert len({answer.text for answer in answers if answer.status == 201}) == 1


def test_many_messages_at_once_all_arrive_in_one_order(steady):
    leo = steady.visitor()
    assert leo.opens("one").status == 201

    def until_acknowledged(number: int) -> int:
        key = new_key()

        def acknowledged() -> int | None:
            answer = leo.says(f"m{number}", key)
            return answer.json["message"]["seq"] if answer.status == 201 else None

        return until(acknowledged, 10, "an acknowledgement")

    with ThreadPoolExecutor(6) as pool:
        seqs = list(pool.map(until_acknowledged, range(6)))
    assert sorted(seqs) == list(range(2, 8)) and sorted(leo.reads()[1:]) == [f"m{number}" for number in range(6)]
    assert [leo.reads()[seq - 1] for seq in seqs] == [f"m{number}" for number in range(6)]


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_half_a_request_is_no_message(steady, part):
    leo = steady.visitor()
    assert leo.opens("one").status == 201
    body = json.dumps({"kind": "text", "data": {"text": "two"}})
    with leo.browser.connected() as connection:
        connection.putrequest("POST", "/v1/conversation/messages")
        for name, value in (leo.credentials() | {"Idempotency-Key": new_key(), "Content-Type": "application/json",
                                                 "Content-Length": str(len(body))}).items():
            connection.putheader(name, value)
        connection.endheaders(body[:int(len(body) * part)].encode())
    assert leo.says("three").status == 201 and leo.reads() == ["one", "three"]
