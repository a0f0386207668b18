"""The crowd that keeps sending while something goes wrong, and what must hold of it afterwards.

    with Crowd(service.visitor, staff=service.staff("Ana")) as crowd:
        crowd.sends(20)                     # so many more messages were acknowledged
        ...                                 # something goes wrong, and is over
        seconds = crowd.recovers()          # everybody's messages are acknowledged again
    assert crowd.finds() == ([], [])

Everybody sends as the widget does: each message under a key of its own, repeated until it is acknowledged. So in the
end all that was sent must be there, once, in order. Whatever else comes back must be a problem with a sentence.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Self

from securemsg.store.ids import new_id
from tests.http.browser import Answer
from tests.http.people import Staff, Visitor, new_key
from tests.http.running import Stream
from tests.service import until

TALK = 15  # messages in one conversation, then somebody new comes: nobody meets the limit of 20 a minute
PAUSE_SECONDS = 0.1
_PATIENCE_SECONDS = 60  # the last message of each sender is acknowledged within this time, or the test fails


@dataclass
class Talk:
    """One conversation: who holds it, and what was acknowledged in it, in that order."""

    visitor: Visitor
    acknowledged: list[dict] = field(default_factory=list)

    @property
    def sent(self) -> list[str]:
        return [message["data"]["text"] for message in self.acknowledged]


class Crowd:
    """Senders, a member of staff who reads and a stream that stays open, until the `with` block ends.

    `come` makes a visitor with an address of their own; `wrong` are statuses allowed beside 201 (and 200 for readers).
    """

    def __init__(self, come: Callable[[], Visitor], senders: int = 5, staff: Staff | None = None,
                 wrong: tuple[int, ...] = (409, 429, 503, 507), pause_seconds: float = PAUSE_SECONDS):
        self.wrong, self.pause_seconds = wrong, pause_seconds
        self.first_id = new_id()  # all that they open has a greater one
        self.told: Counter[int] = Counter()  # by status; 0 stands for no answer at all
        self.enough = threading.Event()
        self.faults: list[BaseException] = []
        self.senders = [Sender(self, come, number) for number in range(senders)]
        self.listener = Listener(self, self.senders[0])
        jobs = [*(sender.sends for sender in self.senders), self.listener.listens]
        jobs += [Reader(self, staff).reads] if staff else []
        self._threads = [threading.Thread(target=self._kept, args=(job,)) for job in jobs]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Everybody ends what they have begun."""
        self.enough.set()
        for thread in self._threads:
            thread.join()
        if self.faults and not any(error):
            raise self.faults[0]

    @property
    def acknowledged(self) -> int:
        return sum(sender.count for sender in self.senders)

    @property
    def talks(self) -> list[Talk]:
        return [talk for sender in self.senders for talk in sender.talks]

    def sends(self, more: int, seconds: float = 60) -> None:
        """Wait until so many more messages were acknowledged."""
        goal = self.acknowledged + more
        self._until(lambda: self.acknowledged >= goal, seconds, f"{more} more messages to be acknowledged")

    def hears(self, status: int, seconds: float = 30) -> None:
        """Wait until somebody is told this from now on."""
        before = self.told[status]
        self._until(lambda: self.told[status] > before, seconds, f"an answer with status {status}")

    def recovers(self, seconds: float = 60) -> float:
        """The seconds until each sender has been acknowledged once more."""
        begun, before = time.monotonic(), [sender.count for sender in self.senders]
        self._until(lambda: all(sender.count > count for sender, count in zip(self.senders, before, strict=True)), seconds,
                    "everybody to be acknowledged again")
        return time.monotonic() - begun

    def finds(self) -> tuple[list[str], list[str]]:
        """What was acknowledged and is not there as it was, in its place, verified; and what is there too often."""
        lost, doubled = [], []
        for talk in self.talks:
            items = talk.visitor.items()
            lost += [f"{a} is {b}" for a, b in zip(talk.acknowledged, items, strict=False) if a != b or not b["verified"]]
            lost += [f"{a} is gone" for a in talk.acknowledged[len(items):]]
            doubled += (Counter(item["data"].get("text") for item in items) - Counter(talk.sent)).elements()
        return lost, doubled

    def judge(self, answer: Answer, right: int) -> bool:
        """Whether it went well; anything else must say what is the matter."""
        self.told[answer.status] += 1
        if answer.status == right:
            return True
        assert answer.status in self.wrong, f"{answer.status}: {answer.text}"
        assert answer.status == 409 or int(answer.headers["Retry-After"]) > 0, answer.headers
        words = answer.json["detail"] if "json" in answer.headers["Content-Type"] else answer.text
        assert len(words) > 30 and "." in words and "Traceback" not in words, answer.text
        return False

    def no_answer(self) -> None:
        self.told[0] += 1

    def _until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        try:
            until(lambda: self.faults or condition(), seconds, what)
        except AssertionError as late:
            raise AssertionError(f"{late}; told so far: {dict(self.told)}") from None
        if self.faults:
            raise self.faults[0]

    def _kept(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as fault:
            self.faults.append(fault)


class Sender:
    """Somebody's program: one message after the other, each repeated under its key until it is acknowledged."""

    def __init__(self, crowd: Crowd, come: Callable[[], Visitor], number: int):
        self.crowd, self.come, self.number = crowd, come, number
        self.talks: list[Talk] = []
        self.count = 0

    def sends(self) -> None:
        while not self.crowd.enough.wait(self.crowd.pause_seconds):
            self._says(f"{self.number}: message {self.count}")
            self.count += 1

    def _says(self, text: str) -> None:
        if self.talks and len(self.talks[-1].acknowledged) < TALK:
            visitor = self.talks[-1].visitor
            self.talks[-1].acknowledged.append(self._until_acknowledged(lambda key: visitor.says(text, key)))
        else:
            visitor = self._until_welcome()
            first = self._until_acknowledged(lambda key: visitor.opens(text, key))
            self.talks.append(Talk(visitor, [first]))

    def _until_welcome(self) -> Visitor:
        """Somebody new, who has seen the clinic's card: a frame that was never shown sends nothing."""
        visitor = self.come()

        def shown() -> bool:
            answer = visitor.browser.ask("GET", f"/clinics/{visitor.clinic}.json")
            visitor.card = lambda: answer.json  # type: ignore[method-assign]
            return self.crowd.judge(answer, 200)

        self._again_and_again(shown)
        return visitor

    def _until_acknowledged(self, send: Callable[[str], Answer]) -> dict:
        key, acknowledged = new_key(), []

        def attempt() -> bool:
            answer = send(key)
            if self.crowd.judge(answer, 201):
                acknowledged.append(answer.json["message"])
            return bool(acknowledged)

        self._again_and_again(attempt)
        return acknowledged[0]

    def _again_and_again(self, attempt: Callable[[], bool]) -> None:
        end = float("inf")
        while time.monotonic() < end:
            try:
                if attempt():
                    return
            except (OSError, HTTPException):  # refused, reset, cut in the middle of an answer
                self.crowd.no_answer()
            if self.crowd.enough.is_set():
                end = min(end, time.monotonic() + _PATIENCE_SECONDS)
            time.sleep(0.05)
        raise AssertionError(f"not acknowledged, and told: {dict(self.crowd.told)}")


class Reader:
    """A member of staff: the list, then a conversation, again and again."""

    def __init__(self, crowd: Crowd, staff: Staff):
        self.crowd, self.staff = crowd, staff

    def reads(self) -> None:
        turn = 0
        while not self.crowd.enough.wait(2 * self.crowd.pause_seconds):
            turn += 1
            with suppress(OSError, HTTPException):
                self.crowd.judge(self.staff.opens(), 200)
                ours = [talk.visitor for talk in self.crowd.talks if talk.visitor.clinic == self.staff.clinic]
                if ours:
                    self.crowd.judge(self.staff.opens(f"conversations/{ours[turn % len(ours)].conversation}"), 200)


class Listener:
    """A visitor's open stream: it comes back when it is cut, and goes on after the last number it heard."""

    def __init__(self, crowd: Crowd, sender: Sender):
        self.crowd, self.sender = crowd, sender
        self.heard: list[int] = []
        self.begun = 0

    def listens(self) -> None:
        while not self.crowd.enough.wait(0.05):
            if self.sender.talks:
                with suppress(OSError, HTTPException):
                    self._once(self.sender.talks[0].visitor)
        assert self.heard == list(range(1, len(self.heard) + 1)), f"each number once, in order: {self.heard}"

    def _once(self, visitor: Visitor) -> None:
        told = visitor.credentials() | {"Last-Event-ID": str(len(self.heard))}
        with visitor.browser.connected() as connection:
            connection.request("GET", "/v1/conversation/events", headers=told)
            connection.sock.setblocking(False)
            stream, before = Stream(connection.sock), list(self.heard)
            while not stream.ended and not self.crowd.enough.wait(0.05):
                if stream.head and not stream.head.startswith("HTTP/1.1 200"):
                    assert int(stream.head.split()[1]) in self.crowd.wrong, stream.head
                    return
                self.heard = before + [int(event["id"]) for event in stream.events() if "id" in event]
