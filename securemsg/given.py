"""What a plugin is given: a clinic, a conversation, what happened. Facts and ids, and no more words than it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Draft:
    """What a visitor is about to send. `about` and `category` are as the clinic's card names them."""

    kind: str
    data: Mapping[str, Any] = field(repr=False)
    category: str
    language: str
    first: bool

    @property
    def text(self) -> str:
        return str(self.data.get("text", ""))


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic as a plugin sees it. `locale` is the code of its own language, one of LANGUAGES; `page` the address of its
    contact page; `categories` are the names of what people can write about."""

    id: str
    slug: str
    name: str
    locale: str
    timezone: str
    emergency_number: str
    page: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as a plugin sees it: facts, no names, no words. Times are microseconds since 1970 UTC. `promised_at` is by
    when an answer is promised, `waiting_since` since when the visitor waits for one (None: nobody waits)."""

    id: str
    clinic: str
    reference: str
    category: str
    about: str
    language: str
    urgent: bool
    opened_at: int
    last_seq: int
    closed_at: int | None = None
    closed_reason: str | None = None
    claimed_by: str | None = None
    waiting_since: int | None = None
    promised_at: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """That something happened, as ids only. `number` is its place in the clinic's list of events (None: not numbered yet)."""

    id: str
    clinic: str
    kind: str
    at: int
    conversation: str | None = None
    object: str | None = None
    seq: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What was scheduled and has come due."""

    id: str
    conversation: Conversation
    name: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a mail or a post went: `id` is what `desk.mail` or `desk.post` gave, `outcome` delivered, failed (it is tried again) or
    given_up. `status` is the other side's (HTTP or SMTP), None when it gave none."""

    id: str
    target: str
    outcome: str
    attempts: int
    status: int | None = None
