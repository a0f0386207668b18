"""Problems as programs get them (RFC 9457): a shape for each class of error, and what one more of them carries."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, fields, validate

from securemsg import errors
from securemsg.errors import Error
from securemsg.http.examples import example
from securemsg.http.operations import about
from securemsg.http.problems import type_url
from securemsg.http.shaping import AnyOf, moment, number, string, strings
from securemsg.http.system.pool_shapes import POOL
from securemsg.http.system.shapes import STANDING
from securemsg.http.system.template_shapes import TEMPLATE


class Proof(Schema):
    """A puzzle: find a decimal n such that SHA-256 of `<challenge>.<n>` begins with so many zero bits."""

    algorithm = string("How it is hashed.", "sha256")
    challenge = string("The puzzle, for this budget and this address.", "Zm9vYmFy")
    bits = number("Zero bits asked for; each one more doubles the work.", 16, 1)
    expires_at = moment("Until when it counts.")


_EXTRA: dict[type, Callable[[], dict[str, Any]]] = {
    # class: what its problems carry beside the common members
    errors.Stale: lambda: {"current": AnyOf(STANDING, POOL, TEMPLATE, required=True, metadata=about(
        "The present state.", example(STANDING)))},
    errors.Conflict: lambda: {
        "last_seq": fields.Integer(metadata=about("The number of the newest message, where there are newer ones.", 8)),
        "last": fields.Integer(metadata=about("The number of the newest event, where a stream was to go on behind it.", 41))},
    errors.Forbidden: lambda: {"missing_scope": fields.String(metadata=about("The scope that the token lacks.", "notes:read"))},
    errors.Unavailable: lambda: {"part": fields.String(metadata=about("What is away, at `/readyz`.", "the keys are not open"))},
    errors.Limited: lambda: {"violated-policies": strings("The budgets that are used up, by name.", "message-session-minute")},
    errors.ProofNeeded: lambda: {"proof": fields.Nested(Proof, required=True)},
    errors.Refused: lambda: {"errors": fields.Dict(keys=fields.String(), values=fields.List(fields.String()), metadata=about(
        "The sentences for each field that is wrong.", {"data.text": ["Please write something."]}))},
}


def classes() -> tuple[type[Error], ...]:
    """Every class of error that has a type of its own, by status; any other is its parent to who reads the answer."""
    return tuple(sorted((each for each in _below(Error) if "type" in vars(each)), key=lambda each: (each.status, each.type)))


def shapes(public_url: str) -> dict[type[Error], Schema]:
    """The shape of each class's problems, as this service answers them."""
    return {error: _shape(error, type_url(error, public_url)) for error in classes()}


def _shape(error: type[Error], url: str) -> Schema:
    members: dict[str, Any] = {
        "type": fields.String(required=True, validate=validate.Equal(url), metadata=about(
            "Names the kind of problem; open it to read what to do.", url)),
        "title": string("The kind of problem in a few words.", error.title),
        "status": fields.Integer(required=True, validate=validate.Equal(error.status), metadata=about(
            "The answer's status.", error.status)),
        "detail": string("What happened, in a sentence for people.", error.detail),
        "instance": string("This one answer.", "urn:uuid:0192f0a0-0000-7000-8000-0000000000ff")}
    for known in reversed(error.__mro__):
        members |= _EXTRA[known]() if known in _EXTRA else {}
    return Schema.from_dict(members, name=f"{error.__name__}Problem")()


def _below(error: type[Error]) -> set[type[Error]]:
    return {error}.union(*map(_below, error.__subclasses__()))
