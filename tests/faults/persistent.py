"""Clients that do not give up: what the widget's outbox, its stream and the reply page's forms promise, as programs.

A key is made once for each message; the same request is repeated, with growing pauses by chance, until it is acknowledged;
nobody sends a second message before the first one is.
"""

import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from random import Random

from tests.http.browser import Answer, Outside
from tests.http.people import Staff, Visitor
from tests.http.running import Stream, numbers
from tests.service import until
from tests.work import solution

_PATIENCE_SECONDS = 1.5  # the widget has 15: nobody here is in a lift. It grows, since a machine may be as slow as one
_LONGEST_PATIENCE_SECONDS = 15
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 1.0  # the widget: 1 and 30
_AGAIN = (408, 409, 425, 429)  # and all from 500, and no answer: as in outbox.ts


class Impatient(Outside):
    """A browser that does not wait long for an answer, and does the work that a hot address is asked for."""

    patience_seconds, proof = _PATIENCE_SECONDS, ""

    @contextmanager
    def connected(self, seconds: float = 0):
        with super().connected(seconds or self.patience_seconds) as connection:
            yield connection

    def _send(self, method: str, path: str, body: bytes, headers: dict) -> Answer:
        return super()._send(method, path, body, headers | ({"Securemsg-Proof": self.proof} if self.proof else {}))

    def works(self, answer: Answer) -> bool:
        """Solve what the answer asks for, to be sent with the next request; False when it asks for nothing."""
        asked = answer.json.get("proof") if answer.status == 429 and "json" in answer.headers["Content-Type"] else None
        self.proof = solution(asked["challenge"], asked["bits"]) if asked else ""
        return bool(asked)


def until_acknowledged(browser: Impatient, chance: Random, attempt: Callable[[], Answer],
                       is_whole: Callable[[Answer], bool]) -> tuple[Answer, int]:
    """The acknowledgement, and how many tries it took. `is_whole`: a good answer that was cut off is none."""
    pause, tries = threading.Event(), 0
    while True:
        tries, wanted = tries + 1, 0.0
        browser.patience_seconds = min(_LONGEST_PATIENCE_SECONDS, _PATIENCE_SECONDS * 2 ** max(0, tries - 3))
        with suppress(OSError, HTTPException, ValueError):  # refused, reset, cut, too late, half a JSON
            answer = attempt()
            if answer.status < 400 and is_whole(answer):
                browser.proof = ""
                return answer, tries
            assert answer.status < 400 or answer.status in _AGAIN or answer.status >= 500, f"{answer.status}: {answer.text}"
            wanted = float(answer.headers.get("Retry-After", 0)) if answer.status >= 400 and not browser.works(answer) else 0
        longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** tries)
        pause.wait(max(longest * chance.uniform(0.5, 1), wanted))


@dataclass
class Talk:
    """One conversation as its visitor knows it."""

    visitor: Visitor
    consent: str
    chance: Random = field(repr=False)
    acknowledged: list[dict] = field(default_factory=list)
    receipts: list[dict] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)  # what staff wrote, in their order
    opened: threading.Event = field(default_factory=threading.Event)
    tries: int = 0

    def says(self, texts: list[str]) -> None:
        """All of it, one after the other; the first opens the conversation."""
        for text in texts:
            key = f"{self.chance.getrandbits(144):036x}"
            answer, tries = until_acknowledged(
                self.visitor.browser, self.chance, lambda text=text, key=key: self._tries(text, key), _has_receipt)
            self.tries += tries
            self.acknowledged.append(answer.json["message"])
            self.receipts.append(answer.json["receipt"])
            self.opened.set()

    def _tries(self, text: str, key: str) -> Answer:
        if self.opened.is_set():
            return self.visitor.says(text, key)
        return self.visitor.opens(text, key, consent=self.consent)


def _has_receipt(answer: Answer) -> bool:
    return answer.status == 201 and "receipt" in answer.json


@dataclass
class Desk:
    """A member of staff who answers conversations, by the forms of the reply page."""

    staff: Staff
    chance: Random = field(repr=False)
    tries: int = 0

    def answers(self, talks: list[Talk], count: int) -> None:
        """So many replies, each in a conversation by chance among those that have begun."""
        until(lambda: any(talk.opened.is_set() for talk in talks), 60, "somebody to answer")
        for number in range(count):
            talk = self.chance.choice([talk for talk in talks if talk.opened.is_set()])
            text, key = f"{self.staff.known.name}: reply {number}", f"{self.chance.getrandbits(144):036x}"
            _, tries = until_acknowledged(self.staff.browser, self.chance, lambda talk=talk, text=text, key=key: self.staff.does(
                "reply", talk.visitor.conversation, text=text, key=key), _leads_back)
            self.tries += tries
            talk.answered.append(text)


def _leads_back(answer: Answer) -> bool:
    """A redirect to the conversation, not to the sign-in page; one cut before its Location says nothing."""
    location = answer.headers.get("Location", "")
    assert "sign-in" not in location
    return answer.status == 303 and "/conversations/" in location


class Follower:
    """A visitor's stream, which comes back whenever it ends and goes on after the last number it heard."""

    def __init__(self, talk: Talk, enough: threading.Event):
        self.talk, self.enough, self.heard, self.connections = talk, enough, list[int](), 0

    def follows(self) -> None:
        self.talk.opened.wait(60)
        while not self.enough.wait(1.2 * self.talk.chance.uniform(0.8, 1.2)):  # 60 streams a minute are the limit
            with suppress(OSError, HTTPException):
                self._once()

    def _once(self) -> None:
        visitor, before = self.talk.visitor, list(self.heard)
        told = visitor.credentials() | {"Last-Event-ID": str(len(before))}
        with visitor.browser.connected() as connection:
            connection.request("GET", "/v1/conversation/events", headers=told)
            connection.sock.setblocking(False)
            self.connections += 1
            stream = Stream(connection.sock)
            while not stream.ended and not self.enough.wait(0.05):
                self.heard = before + numbers(stream.events())  # one without its end is none yet
