"""What messages are made of, and what a plugin can say: parts, kinds, offers, notices, tools. Values only; none holds HTML.

A message of any kind has a `text`: what knows a kind's parts draws them, everything else shows the text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from marshmallow import Schema

from securemsg import words

MOST_PARTS = 20  # of one message
LARGEST_FILE = 16_000  # characters: a calendar entry, not a document
LONGEST_URL = 2_000  # characters
# a path of our own begins with one slash: after two, or a backslash that browsers take for one, a foreign host would stand
_URL = re.compile(r"(https://(?=[^/?#@]+([/?#]|$))|tel:(?=[+\d])|mailto:(?=[^@]+@)|/(?!/))[!-\[\]-~]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. Line ends are kept."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Somewhere to go: `https:`, `tel:`, `mailto:`, or a path of this service that begins with `/`. Anything else is refused."""

    label: str
    url: str

    @property
    def text(self) -> str:
        return f"{self.label}: {self.url}"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose: what the answer's `answer` then holds, and what people read. `confirm` is asked before it is sent,
    where one press must not do."""

    value: str
    label: str
    confirm: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with a few answers. Choosing sends a message of that kind with `{"answer": value}`."""

    question: str
    kind: str
    options: tuple[Option, ...]

    @property
    def text(self) -> str:
        return "\n".join([self.question, *(f"- {option.label}" for option in self.options)])


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind's schema asks, to be filled in. Sending it makes a message of that kind."""

    title: str
    kind: str
    button: str = "Send"

    @property
    def text(self) -> str:
        return self.title


@dataclass(frozen=True, slots=True)
class File:
    """A small text file to save, as a calendar entry: it is sealed inside the message, no address leads to it."""

    name: str
    media_type: str
    content: str = field(repr=False)

    @property
    def text(self) -> str:
        return self.name


Part = Text | Link | Choice | Form | File


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
    check: Callable[[Any, "Clinic"], object] | None = None


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What a plugin keeps about people or sends out: `what` in words, `to` whom (None: it stays here), `why`."""

    what: str
    why: str
    to: str | None = None


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


def plain(parts: tuple[Part, ...]) -> str:
    """Parts as text alone."""
    return "\n\n".join(part.text for part in parts)


def as_data(part: Part) -> dict[str, Any]:
    """A part as JSON: its `type`, its fields, and its `text` for who does not know the type."""
    return {"type": type(part).__name__.lower(), "text": part.text, **asdict(part)}


def from_data(data: Mapping[str, Any]) -> Part:
    """The part that was stored so; one of a type that is not known here, or not as it was, is its text."""
    text, types = str(data.get("text", "")), {"text": Text, "link": Link, "choice": Choice, "form": Form, "file": File}
    type = types.get(str(data.get("type")), Text)
    try:
        values = {each.name: data[each.name] for each in fields(type)}
        if type is Choice:
            values["options"] = tuple(Option(each["value"], each["label"], each.get("confirm")) for each in values["options"])
        return type(**values)
    except (LookupError, TypeError):
        return Text(text)


def in_language(part: Part, language: str) -> Part:
    """The same with those of its texts that are sentences of `say` as that language says them."""
    return replace(part, **{each.name: _said(getattr(part, each.name), language) for each in fields(part)})


def _said(value: Any, language: str) -> Any:
    if isinstance(value, tuple):
        return tuple(Option(each.value, words.in_language(each.label, language),
                            each.confirm and words.in_language(each.confirm, language))
                     for each in value)
    return words.in_language(value, language)


def may_follow(url: str) -> bool:
    """Whether an address is one that a Link may have. Asked by who makes a link, and again by who draws it."""
    return len(url) <= LONGEST_URL and _URL.fullmatch(url) is not None
