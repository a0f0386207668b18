"""What a route promises to programs, said beside the route. openapi.py writes the document from it.

    @blueprint.post("/api/v1/conversations/<conversation>/messages")
    @operation("Reply to a conversation", "conversations", "messages:write", takes=("Idempotency-Key",), body=SAY,
               gives=created(SENT, "ETag"), budget="api")
    def reply(conversation: str) -> Response:
        \"""The reply is there when this answers …\"""  ← the description

Shapes are marshmallow schemas, whose fields carry a description and an example: `fields.String(metadata=about("…", "Ana"))`.
Header fields are named here and described in header_fields.py. Problems that follow from what is declared (a body of the wrong
type, a session that is none, a budget that is used up) need not be named.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from marshmallow import Schema

from securemsg import errors
from securemsg.errors import Error

ANYBODY, VISITOR = "anybody", "visitor"  # every other `who` is the scope that a token needs, as "messages:write"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event of a stream: its name, the shape of its data, what its `id` is ("" where it has none)."""

    name: str
    data: Schema
    text: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """One good answer: its status, the shape of its JSON (None: no body), the header fields it carries; or a stream's events.
    `other_type` is another media type of JSON that it comes as for who accepts it, of a shape that others have described."""

    status: int
    text: str
    schema: Schema | None = None
    headers: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    other_type: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route. `query` and `body` are what it takes beside its path; `takes` names header fields, of which the
    `optional` ones may be missing here though they are needed elsewhere."""

    summary: str
    tag: str
    who: str
    text: str
    gives: tuple[Given, ...]
    takes: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    query: Schema | None = None
    body: Schema | None = None
    problems: tuple[type[Error], ...] = ()
    budget: str = ""

    @property
    def needs_scope(self) -> bool:
        return self.who not in (ANYBODY, VISITOR)

    def errors(self, rule: str) -> Iterator[type[Error]]:
        """The classes of all that can go wrong with it at this address."""
        yield from self.problems
        for follows, classes in (
                (self.query or self.body, (errors.BadRequest,)),
                (self.body, (errors.TooSlow, errors.TooLarge, errors.WrongType, errors.Refused)),
                (self.who != ANYBODY, (errors.Unknown,)), (self.needs_scope, (errors.Forbidden,)),
                ("<" in rule, (errors.Missing,)),
                ("Idempotency-Key" in self.takes, (errors.BadRequest, errors.Conflict, errors.Reused, errors.Full)),
                ("If-Match" in self.takes, (errors.BadRequest, errors.Stale, errors.ConditionNeeded)),
                (self.budget, (errors.Limited,))):
            yield from classes if follows else ()
        yield from (errors.Unavailable, Error)


def operation(summary: str, tag: str, who: str, *, gives: Given | tuple[Given, ...], **declared: Any) -> Callable[[View], View]:
    """Declare what a view does; its docstring is the description. Stands below the blueprint's decorator."""
    def declares(view: View) -> View:
        answers = gives if isinstance(gives, tuple) else (gives,)
        view.operation = Operation(summary, tag, who, inspect.cleandoc(view.__doc__ or ""), answers, **declared)  # type: ignore[attr-defined]
        return view

    return declares


def about(text: str, example: object) -> dict[str, object]:
    """A field's metadata."""
    return {"description": text, "example": example}


def ok(schema: Schema, *headers: str, text: str = "Here it is.") -> Given:
    return Given(200, text, schema, headers)


def created(schema: Schema, *headers: str, text: str = "It is stored.") -> Given:
    return Given(201, text, schema, headers)


def nothing(text: str = "Done; there is nothing to say.") -> Given:
    return Given(204, text)


def stream(*events: Event) -> Given:
    return Given(200, "An endless answer, one event after the other; a comment line every 15 seconds shows that it lives.",
                 events=events)
