"""Visitors and staff as people doing things, at desk level.

    visitor.says("Is the flu jab free?")
    staff.replies("Yes.")
    assert visitor.reads() == ["Is the flu jab free?", "Yes."]
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from securemsg.crypto import credentials
from securemsg.desk import drafts, first_message, lists, pending, people, reach, reading, visits
from securemsg.desk import staff as staff_desk
from securemsg.desk import visitor as visitor_desk
from securemsg.desk.access import Who
from securemsg.desk.door import enrolling, sign_in, staff_sessions
from securemsg.desk.first_message import Opening
from securemsg.desk.people import Person
from securemsg.desk.reading import Shown
from securemsg.desk.thread import Message
from securemsg.desk.visits import Visit
from securemsg.store.ids import new_id
from securemsg.times import SECOND
from tests.service import ROOT

if TYPE_CHECKING:
    from tests.clinic import Practice


@dataclass
class Visitor:
    """Somebody on the clinic's website."""

    clinic: "Practice"
    token: str = field(default="", repr=False)
    conversation: str = ""
    receipts: list[dict] = field(default_factory=list)

    def opening(self, text: str, *, category: str = "other", about: str = "me", name: str | None = None,
                contact: tuple[str, str] | None = None, consent: str | None = None) -> Opening:
        """What the widget would send first."""
        return Opening(category, about, name, contact, consent or self.clinic.home.consent.sha256, "text", {"text": text})

    def opens(self, text: str, key: str | None = None, **about: Any) -> dict:
        """Begin a conversation; the desk's answer."""
        desk, now = self.clinic.desk, self.clinic.clock.tick()
        answer = first_message.open(desk, self.clinic.home, self.opening(text, **about), key or new_key(), None, now)
        self.token, self.conversation = answer["token"], answer["conversation"]["id"]
        self.receipts.append(answer["receipt"])
        return answer

    def says(self, text: str, key: str | None = None) -> dict:
        """Write: the first time this opens a conversation, afterwards it goes on."""
        if not self.token:
            return self.opens(text, key)
        now = self.clinic.clock.tick()
        answer = visitor_desk.send(self.clinic.desk, self.visit(), "text", {"text": text}, key or new_key(), now)
        self.receipts.append(answer["receipt"])
        return answer

    def closes(self, key: str | None = None, seen: int | None = None) -> dict:
        """My question is answered; all of the conversation was read before, unless only `seen` of it."""
        visit = self.visit()
        upto = visit.conversation.last_seq if seen is None else seen
        return visitor_desk.close(self.clinic.desk, visit, upto, key or new_key(), self.clinic.clock.tick())

    def visit(self) -> Visit:
        """The living session; Unknown when it ended."""
        return visits.visit(self.clinic.desk, self.token, self.clinic.clock())

    def messages(self, after: int = 0) -> list[Message]:
        return visitor_desk.read(self.clinic.desk, self.visit(), after, self.clinic.clock.tick())

    def reads(self, after: int = 0) -> list[str | None]:
        """What stands in the conversation, as `shown`."""
        return [shown(message) for message in self.messages(after)]


@dataclass
class Staff:
    """Somebody who works at the clinic. Acts on the conversation that was `opens`-ed last, else on the newest."""

    clinic: "Practice"
    person: Person
    looking_at: str = ""
    who: Who = field(init=False)

    def __post_init__(self) -> None:
        person, id = self.person, new_id()
        self.who = Who("staff", self.clinic.home.id, person.id, id, id.encode(), "192.0.2.0/24", None, person.roles, person.name,
                       person.title)

    def inbox(self, view: str = "open") -> list[str]:
        """The ids in one list, in its order."""
        rows, _ = lists.inbox(self.clinic.desk, self.who, view, 0, self.clinic.clock())
        return [row.id for row in rows]

    def opens(self, conversation: "Visitor | str") -> Shown:
        """Read a conversation: this is recorded."""
        self.looking_at = conversation.conversation if isinstance(conversation, Visitor) else conversation
        return reading.read(self.clinic.desk, self.who, self.looking_at, self.clinic.clock.tick())

    def reads(self, conversation: "Visitor | str | None" = None) -> list[str | None]:
        return [shown(message) for message in self.opens(conversation or self.here()).messages]

    def replies(self, text: str, *, seen: int | None = None, **how: Any) -> None:
        self._does(staff_desk.reply, text, seen, **how)

    def sends(self, text: str, *, seen: int | None = None, version: int | None = None, **how: Any) -> None:
        """As people do it: with some seconds to take it back."""
        self._does(partial(pending.reply, version=version), text, seen, **how)

    def waiting(self) -> Any:
        """The reply that can still be taken back in the conversation before this person, or None."""
        return next(iter(self.clinic.rows("pending_replies", conversation_id=self.here())), None)

    def undoes(self, reply_id: str = "") -> None:
        pending.undo(self.clinic.desk, self.who, self.here(), reply_id or self.waiting().id, self.clinic.clock.tick())

    def begins(self, reply: str = "", note: str = "", version: int | None = None) -> int:
        """Type, and wait until it is saved: the version of the draft."""
        desk, here = self.clinic.desk, self.here()
        version = self.draft().version if version is None else version
        return drafts.save(desk, self.who, here, reply, note, version, self.clinic.clock.tick())

    def draft(self) -> drafts.Draft:
        return drafts.find(self.clinic.desk, self.who, reach.own(self.clinic.desk, self.who, self.here()))

    def notes(self, text: str, *, version: int | None = None, **how: Any) -> None:
        self._does(partial(staff_desk.note, version=version), text, **how)

    def claims(self, **how: Any) -> None:
        self._does(staff_desk.claim, **how)

    def releases(self, **how: Any) -> None:
        self._does(staff_desk.release, **how)

    def closes(self, reason: str = "answered", **how: Any) -> None:
        self._does(staff_desk.close, reason, how.pop("seen", None), **how)

    def reopens(self, **how: Any) -> None:
        self._does(staff_desk.reopen, **how)

    def flags(self, urgent: bool = True, **how: Any) -> None:
        self._does(staff_desk.flag, urgent, **how)

    def here(self) -> str:
        return self.looking_at or self.clinic.rows("conversations")[-1].id

    def _does(self, act: Callable[..., None], *what: Any, to: "Visitor | str | None" = None, key: str | None = None) -> None:
        id = to.conversation if isinstance(to, Visitor) else to or self.here()
        act(self.clinic.desk, self.who, id, *what, key or new_key(), self.clinic.clock.tick())

    # At the door
    def gets_link(self) -> str:
        """The secret of a fresh one-time link."""
        return people.invite(self.clinic.desk, self.clinic.service, self.clinic.home, self.person, self.clinic.clock.tick())

    def follows(self, link: str) -> str:
        """Use the link: the token of a session that may only enrol."""
        return enrolling.start(self.clinic.desk, self.clinic.home, link, self.clinic.service, self.clinic.clock.tick())

    def session(self, token: str, use: bool = True) -> staff_sessions.Session:
        desk, home, now = self.clinic.desk, self.clinic.home, self.clinic.clock()
        return staff_sessions.session(desk, home, token, "192.0.2.0/24", None, now, use=use)

    def enrols(self, password: str = "four plain words here", link: str | None = None) -> tuple[bytes, list[str]]:
        """Set password and app by the one-time link: what the app keeps, and the recovery codes."""
        found = self.session(self.follows(link or self.gets_link()))
        secret, now = found.totp_secret or b"", self.clinic.clock.tick()
        _, codes = enrolling.enrol(self.clinic.desk, self.clinic.home, found, password, code_at(secret, now), now)
        return secret, codes

    def signs_in(self, password: str, code: str, email: str | None = None, **how: Any) -> str:
        """By password and code: the token of the session."""
        return sign_in.sign_in(self.clinic.desk, self.clinic.home, email or self.person.email, password, code,
                               Who("staff", self.clinic.home.id, address="192.0.2.0/24"), self.clinic.clock.tick(), **how).token


def shown(message: Message) -> str | None:
    """A message as one word: its text, its kind when it has none, None when it could not be verified."""
    return (message.data.get("text") or message.kind) if message.data is not None else None


def code_at(secret: bytes, now: int) -> str:
    """What the app shows at a time."""
    return credentials.totp_code(secret, now // SECOND // 30)


def questions() -> list[str]:
    """What people write: our own made-up questions, and a part of the real ones where they lie beside the clone."""
    own, shared = ROOT / "tests" / "data" / "questions.jsonl", ROOT.parent / "shared" / "data" / "patient_questions.jsonl"
    found = [json.loads(line)["question"] for line in own.read_text("utf-8").splitlines()]
    if shared.exists():
        found += [json.loads(line)["question"] for line in shared.read_text("utf-8").splitlines()[::10]]
    return found


def new_key() -> str:
    """An Idempotency-Key, as a client makes one."""
    return secrets.token_urlsafe(16)
