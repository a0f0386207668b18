"""The server is killed again and again while people write: what was acknowledged is there, once, in order."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException

import psutil

from tests.http.people import Visitor, new_key
from tests.http.running import Running
from tests.service import until

VISITORS, EACH, KILLS = 10, 20, 10


class Writer:
    """Somebody whose program repeats each message under its key until it is acknowledged."""

    def __init__(self, visitor: Visitor):
        self.visitor = visitor
        self.acknowledged: list[dict] = []
        self.pause = threading.Event()

    def writes(self) -> None:
        for number in range(EACH):
            self.acknowledged.append(self._until_acknowledged(f"message {number}"))

    def _until_acknowledged(self, text: str) -> dict:
        key = new_key()
        while True:
            with suppress(OSError, HTTPException):  # refused, reset, cut in the middle of an answer
                answer = self.visitor.says(text, key)
                if answer.status == 201:
                    return answer.json["message"]
                assert answer.status in (409, 503), f"{answer.status}: {answer.text}"
            self.pause.wait(0.05)


def power_cut(service: Running) -> None:
    """Every process of it at once; then somebody starts it again."""
    service.service.kill()
    service.start()


def killed_worker(service: Running) -> None:
    """The process that serves, as the kernel does when memory is short; gunicorn starts another."""
    [worker] = psutil.Process(service.service.process.pid).children()
    worker.kill()
    psutil.wait_procs([worker], 5)
    until(lambda: service.browser().get("/readyz").status == 200, 20, "another worker")


def test_two_hundred_messages_and_ten_kills(service):
    writers = [Writer(service.visitor()) for _ in range(VISITORS)]
    for writer in writers:
        assert writer.visitor.opens("first").status == 201

    def done() -> int:
        return sum(len(writer.acknowledged) for writer in writers)

    with ThreadPoolExecutor(VISITORS) as pool:
        running = [pool.submit(writer.writes) for writer in writers]
        for kill in range(1, KILLS + 1):
            until(lambda kill=kill: done() >= kill * VISITORS * EACH // (KILLS + 1), 30, "some messages between two kills")
            (power_cut if kill % 2 else killed_worker)(service)
        for each in running:
            each.result()
    assert done() == VISITORS * EACH
    for writer in writers:
        items = writer.visitor.items()
        assert [item["data"]["text"] for item in items] == ["first", *(f"message {number}" for number in range(EACH))]
        assert items[1:] == writer.acknowledged, "what was acknowledged, once, in order"
        assert all(item["verified"] for item in items)
