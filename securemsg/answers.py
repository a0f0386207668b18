"""What a plugin answers when a hook asks it: kinds, offers, notices, tools, settings. Values only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import Schema

from securemsg.given import Clinic
from securemsg.parts import Form, Link, Part


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message that visitors can send. `schema` checks its data, draws its form and stands in the API's document; its
    fields' metadata name what people read: `{"label": "Reason", "rows": 3}`. `summary` says the data in one or a few lines: that
    is the message's text in the inbox, a transcript, a search. A `quiet` one asks for no answer, as a rating: a closed
    conversation stays closed, and nobody waits because of it."""

    name: str
    label: str
    schema: type[Schema]
    summary: Callable[[Mapping[str, Any]], str]
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a Resource. `path` is what follows its address: nothing, `/<id>`, or `/<id>/on`; `scope` what a token needs.
    `run` is called with `desk`, the `id` of the path and the fields of `takes`; what it asks the desk for is done as one, once
    for each Idempotency-Key. It returns the answer as `gives` describes it (None: there is nothing to say). Fields' metadata
    say `description` and `example`."""

    method: str
    path: str
    scope: str
    title: str
    text: str
    run: Callable[..., Any]
    takes: type[Schema] | None = None
    gives: type[Schema] | None = None
    status: int = 200


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of thing that programs find at `/api/v1/<name>`, and what it is in a sentence."""

    name: str
    text: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A line above the conversation. `tone` is info, closed or urgent."""

    text: str
    tone: str = "info"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a visitor can start besides writing: a Form, or a Link."""

    label: str
    part: Form | Link


@dataclass(frozen=True, slots=True)
class Promise:
    """By when an answer is promised, as a sentence and (if it has one) as a moment."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether the clinic is open now, when that changes next, by when an answer is promised; of which categories (ids) the hours
    differ, and the promise. None says nothing."""

    open: bool | None = None
    changes_at: datetime | None = None
    promised_at: datetime | None = None
    promise: str | None = None
    categories: Mapping[str, bool] = field(default_factory=dict)
    promises: Mapping[str, Promise] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Screening:
    """What a plugin makes of a draft. `refuse` is a sentence: it is not stored then. `urgent` puts the conversation first; it is
    delivered in any case. `tags` are words for staff. `answer` is shown to the visitor at once, beside the receipt."""

    refuse: str | None = None
    urgent: bool = False
    tags: frozenset[str] = frozenset()
    answer: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """What staff can do in a conversation besides replying. `schema` draws its form (None: a button alone). `run` is called with
    `conversation`, `desk`, `now` and the form's values; what it does through the desk is done as one, once. `act` is what a role
    must allow: reply, note, claim or close. `about` stands above its form; `choices` are what there is to choose in this very
    conversation: by the field's name, values and what people read."""

    name: str
    label: str
    run: Callable[..., None]
    schema: type[Schema] | None = None
    act: str = "reply"
    about: str | None = None
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Panel:
    """A box beside the conversation, for staff."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a plugin, `SECUREMSG_<PLUGIN>_<NAME>`: of the whole service, or (`per` clinic) what counts until a clinic sets
    its own. `read` turns the text into the value, or raises ValueError with the end of a sentence ("it must …"). A `secret` one
    is never shown again. On the owner's page `label` is what it is called ("": its name), `rows` how high its field is: one of
    more than 8 is folded. `check` looks at the value and the clinic before it is saved there, and raises ValueError likewise."""

    name: str
    default: str
    help: str
    read: Callable[[str], Any] = str
    secret: bool = False
    per: str = "clinic"
    rows: int = 1
    label: str = ""
    check: Callable[[Any, Clinic], object] | None = None


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What a plugin keeps about people or sends out: `what` in words, `to` whom (None: it stays here), `why`."""

    what: str
    why: str
    to: str | None = None
