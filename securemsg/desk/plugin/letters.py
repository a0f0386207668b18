"""Mails and posts that a plugin sends: sealed until they go out, and whom they reach is looked up only then."""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from securemsg import parts
from securemsg.crypto.envelope import Key, Place, key_version, seal, unseal
from securemsg.desk import people, reading, thread
from securemsg.desk.desk import Desk
from securemsg.desk.plugin.turn import Turn
from securemsg.errors import Missing, Unverified
from securemsg.parts import Part
from securemsg.store import Row, conversations

RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)  # as Standard Webhooks advise: three days

_LONGEST_SUBJECT = 200  # characters
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2: a token
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class To:
    """Whom a mail is for: a target for each, and the address where it is one that the plugin named itself."""

    targets: tuple[str, ...]
    conversation: str | None = None
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail (`to`, `subject`, `parts`, `files`) or a post (`url`, `body`, `headers`, `secrets`, `retry_seconds`), opened.
    `to` is empty when there is nobody any more to whom it could go."""

    to: tuple[str, ...] = field(default=(), repr=False)
    subject: str = field(default="", repr=False)
    parts: tuple[Part, ...] = field(default=(), repr=False)
    files: tuple[Part, ...] = field(default=(), repr=False)
    url: str = field(default="", repr=False)
    body: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    retry_seconds: tuple[int, ...] = ()


def visitor(conversation: str) -> To:
    """The visitor of a conversation, if they gave an email address."""
    return To((f"mail:visitor:{conversation}",), conversation)


def persons(ids: Iterable[str]) -> To:
    """People of the clinic, each by a mail of their own."""
    return To(tuple(f"mail:person:{id}" for id in ids))


def address(value: str) -> To:
    """An address that stands in the plugin's settings."""
    people.check_email(value)
    return To(("mail:address",), address=value.strip())


def mail(to: To, subject: str, said: tuple[Part, ...], files: tuple[Part, ...]) -> dict[str, Any]:
    """What is sealed of a mail; ValueError for a subject of more than one line."""
    if len(subject) > _LONGEST_SUBJECT or len(subject.splitlines()) != 1 or not subject.strip() or _CONTROL.search(subject):
        raise ValueError(f"A mail's subject is one line of 1 to {_LONGEST_SUBJECT} characters.")
    return {"to": to.address, "subject": subject, "parts": [parts.as_data(part) for part in said],
            "files": [parts.as_data(file) for file in files]}


def post(url: str, body: str, headers: Mapping[str, str], secrets: Iterable[str], retry_seconds: Iterable[int]) -> dict[str, Any]:
    """What is sealed of a post; ValueError or TypeError for a header or a secret that could never be sent."""
    check_headers(headers)
    return {"url": url, "body": body, "headers": headers, "secrets": checked(secrets), "retry_seconds": tuple(retry_seconds)}


def checked(secrets: Iterable[str]) -> tuple[str, ...]:
    """These secrets; ValueError for one that says no key."""
    given = tuple(secrets)
    for secret in given:
        secret_key(secret)
    return given


def target(name: str) -> str:
    """Of a post: the endpoint's name."""
    return f"post:{name}"


def check_headers(headers: Mapping[str, str]) -> None:
    """ValueError or TypeError where a name or a value cannot stand in a request."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError("A header's name is one word, and its value one line of plain characters.")


def secret_key(secret: str) -> bytes:
    """The key that a secret of Standard Webhooks says (`whsec_` and base64); ValueError where it says none."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if not key:
        raise ValueError("A secret is whsec_ and a key in base64.")
    return key


def sealed(desk: Desk, conversation: Row | None, clinic_id: str, id: str, plugin: str, target: str, content: dict) -> bytes:
    """A letter as it waits, for its target alone: it opens for no other."""
    key = thread.keys_of(desk, conversation).note if conversation else desk.keys.data(clinic_id)
    return seal(key, place(clinic_id, id, conversation.id if conversation else "", plugin),
                orjson.dumps({**content, "target": target}))


def opened(desk: Desk, row: Row, now: int) -> Letter:
    """The letter in a row of the outbox, with who it goes to now. Unverified when it was altered, Missing when its conversation
    is erased. That a visitor's address is read is on record before."""
    content = unsealed(desk, row)
    named = content.pop("to", None)
    to = (named,) if named else tuple(addresses(desk, row.clinic_id, row.target, row.plugin, now))
    for name in ("parts", "files"):
        content[name] = tuple(map(parts.from_data, content.get(name, ())))
    for name in ("secrets", "retry_seconds"):
        content[name] = tuple(content.get(name, ()))
    return Letter(to=to, **content)


def unsealed(desk: Desk, row: Row) -> dict[str, Any]:
    """What lies in the row, nobody's address looked up; Unverified when it is not as it was written."""
    where = place(row.clinic_id, row.id, row.conversation_id or "", row.plugin)
    content = orjson.loads(unseal(_key(desk, row), where, row.sealed))
    if content.pop("target") != row.target:
        raise Unverified
    return content


def addresses(desk: Desk, clinic_id: str, target: str, plugin: str, now: int) -> list[str]:
    """The address behind a target as it is now; none for who left, gave a phone number, or whose address was altered."""
    kind, _, id = target.removeprefix("mail:").partition(":")
    turn = Turn(desk, plugin, clinic_id, now)
    if kind == "visitor":
        try:
            found = contact(turn, turn.own(id))
        except Missing:
            return []
        return [found[1]] if found and found[0] == "email" else []
    person = people.everyone(desk, clinic_id).get(id) if kind == "person" else None
    return [person.email] if person and person.email and not person.disabled_at else []


def contact(turn: Turn, row: Row) -> tuple[str, str] | None:
    """How to reach the visitor, `(channel, value)`, once it is on record; None where nothing was given, or it was altered."""
    turn.on_record(row.id, ("contact", row.id))
    given = turn.desk.database.read(lambda tx: conversations.one_contact(tx, row.clinic_id, row.id))
    found = reading.contact_of(turn.desk, row, given, reading.beside_of(turn.desk, row, []))
    if found and found[1] == reading.UNVERIFIED:
        thread.report(turn.desk, turn.who, row.id, (("contact", row.id),), turn.now)
        return None
    return found


def _key(desk: Desk, row: Row) -> Key:
    if row.conversation_id:
        return thread.keys_of(desk, Turn(desk, row.plugin, row.clinic_id, 0).own(row.conversation_id)).note
    return desk.keys.data(row.clinic_id, key_version(row.sealed))


def place(clinic_id: str, id: str, conversation_id: str, plugin: str) -> Place:
    """Where a letter is sealed: for its plugin, in its conversation where it has one."""
    return Place("outbox", "sealed", clinic_id, id, conversation_id, f"plugin:{plugin}")
