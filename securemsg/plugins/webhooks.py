"""Other systems hear of what happens, by Standard Webhooks (https://www.standardwebhooks.com): signed, thin, durable, replayable.

A post says what happened to which id, and no more; who gets it fetches the rest with a token of its own. It is signed with the
endpoint's secret, and while a secret is replaced with both. An endpoint that takes nothing for days, or says that it is gone
(410), is switched off, and somebody is told; what it missed can be sent again.
"""

import base64
import json
import secrets as chance
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import uuid4

import click
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from securemsg import Call, Conflict, Missing, PersonalData, Refused, Resource, Setting, addresses, hookimpl

SECOND = 1_000_000  # of the microseconds in which the service counts
HOUR = 3_600 * SECOND
MOST = 20  # endpoints of a clinic
AT_ONCE = 100  # events sent again by one call
OFF_AFTER_HOURS = 5 * 24
GONE = 410
EVERYTHING = "*"


class Strict(Schema):
    class Meta:
        unknown = RAISE


def _about(text: str, example: Any) -> dict[str, Any]:
    return {"description": text, "example": example}


_AT = "2026-03-02T12:00:00.000Z"
_URL = fields.String(required=True, validate=validate.Length(1, 500), metadata=_about(
    "Where posts go: https, a public address.", "https://systems.clinic.example/hook"))
_KINDS = fields.List(
    fields.String(validate=validate.Regexp(r"[a-z_]{1,40}\.([a-z_]{1,40}|\*)\Z", error=(
        "A kind is like message.sent, or conversation.* for all of conversations."))), load_default=list,
    validate=validate.Length(max=50), metadata=_about(
        "Kinds of events, as `message.sent`, or `conversation.*`; none: all of them.", ["conversation.*"]))


class Wanted(Strict):
    """Where posts go, and of what."""

    url, kinds = _URL, _KINDS


class Changes(Strict):
    """What is to be different."""

    url = fields.String(validate=validate.Length(1, 500), metadata=_URL.metadata)
    kinds = fields.List(_KINDS.inner, validate=validate.Length(max=50), metadata=_KINDS.metadata)


class Overlap(Strict):
    overlap_hours = fields.Integer(strict=True, load_default=24, validate=validate.Range(0, 720), metadata=_about(
        "For how long the old secret counts as well.", 24))


class Since(Strict):
    after = fields.Integer(strict=True, required=True, validate=validate.Range(0, 2**53 - 1), metadata=_about(
        "The number of the last event that it has. A post that came before its event was numbered, within a second, says null: "
        "the event stands in `/api/v1/events`, by its id.", 41))


class Endpoint(Schema):
    id = fields.String(required=True, metadata=_about("Its id.", "3d6f7a52-9c1e-4b0a-8f1d-2a9c0b7e6d53"))
    url, kinds = _URL, fields.List(fields.String(), required=True, metadata=_KINDS.metadata)
    state = fields.String(required=True, validate=validate.OneOf(["working", "failing", "off"]), metadata=_about(
        "`failing`: it takes nothing just now; `off`: it hears no more.", "working"))
    added_at = fields.String(required=True, metadata=_about("When it was added.", _AT))
    failing_since = fields.String(required=True, allow_none=True, metadata=_about("Since when it takes nothing, or null.", None))
    off_since = fields.String(required=True, allow_none=True, metadata=_about("Since when it is off, or null.", None))


class Secret(Endpoint):
    secret = fields.String(required=True, metadata=_about(
        "What its posts are signed with.", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))


class Endpoints(Schema):
    items = fields.List(fields.Nested(Endpoint), required=True)
    next = fields.String(required=True, allow_none=True, metadata=_about("Null: these are all.", None))


class Next(Schema):
    next = fields.Integer(required=True, allow_none=True, metadata=_about("Where to go on, or null: that was all.", None))


@hookimpl
def settings():
    yield Setting("told", "", "Who is told by mail when an endpoint is switched off since it takes nothing any more: "
                  "addresses, with commas between.", addresses, label="Who is told when one is switched off")


@hookimpl
def personal_data():
    yield PersonalData("that something happened in a conversation, and when, as ids", "so that other systems can fetch it",
                       "the addresses that the clinic named")


# What happened goes out
@hookimpl
def happened(event, desk):
    for id, endpoint in _endpoints(desk).items():
        if not endpoint["off_since"] and _wants(endpoint, event.kind):
            _post(desk, id, endpoint, event)


@hookimpl
def delivered(delivery, at, desk):
    """An endpoint that fails is remembered since when; one that works again is forgiven."""
    id = delivery.target.rpartition(":")[2]
    endpoint = _endpoints(desk).get(id)
    if endpoint is None or endpoint["off_since"]:
        return
    if delivery.outcome == "delivered":
        if endpoint["failing_since"]:
            _change(desk, id, failing_since=None)
    elif delivery.status == GONE or at - (endpoint["failing_since"] or at) > OFF_AFTER_HOURS * HOUR:
        _change(desk, id, off_since=at)
        _tell(desk, endpoint)
    elif not endpoint["failing_since"]:
        _change(desk, id, failing_since=at)


def _post(desk, id: str, endpoint: dict, event) -> None:
    body = {"type": event.kind, "timestamp": _rfc3339(event.at), "data": {
        "event": event.id, "number": event.number, "clinic": event.clinic, "conversation": event.conversation,
        "object": event.object, "seq": event.seq}}
    desk.post(endpoint["url"], json.dumps(body, separators=(",", ":")), {"Content-Type": "application/json"}, id,
              secrets=_current(desk, endpoint))


def _current(desk, endpoint: dict) -> tuple[str, ...]:
    return tuple(secret for secret, until in endpoint["secrets"] if until is None or desk.now < until)


def _tell(desk, endpoint: dict) -> None:
    for to in desk.setting("told"):
        desk.mail(to, "A webhook was switched off",
                  f"{endpoint['url']} takes nothing any more, so it is switched off. What it missed can be sent again: "
                  f"securemsg webhooks replay {desk.clinic.slug}")


def _wants(endpoint: dict, kind: str) -> bool:
    area = kind.partition(".")[0]
    return not endpoint["kinds"] or kind in endpoint["kinds"] or f"{area}.{EVERYTHING}" in endpoint["kinds"]


# Which endpoints there are
def _endpoints(desk) -> dict[str, dict]:
    return desk.kept(None).get("endpoints", {})


def _one(desk, id: str) -> dict:
    endpoints = _endpoints(desk)
    if id not in endpoints:
        raise Missing("There is no such endpoint.")
    return endpoints[id]


def _change(desk, id: str, **changes) -> dict:
    endpoint = {**_one(desk, id), **changes}
    desk.keep(None, endpoints={**_endpoints(desk), id: endpoint})
    return _shown(id, endpoint)


def add(desk, url: str, kinds: list[str]) -> dict:
    """A new endpoint, with the secret that its posts are signed with: shown this once."""
    endpoints, id = _endpoints(desk), str(uuid4())
    if refused := desk.unreachable(url):
        raise Refused(errors={"url": [refused]})
    if len(endpoints) >= MOST:
        raise Refused(f"A clinic has at most {MOST} endpoints.")
    secret = _new_secret()
    endpoint = {"url": url, "kinds": kinds, "secrets": [[secret, None]], "added_at": desk.now, "failing_since": None,
                "off_since": None}
    desk.keep(None, endpoints={**endpoints, id: endpoint})
    return {**_shown(id, endpoint), "secret": secret}


def replace_secret(desk, id: str, overlap_hours: int) -> dict:
    """Another secret, shown this once; posts are signed with the old one too until the overlap is over."""
    secret, until = _new_secret(), desk.now + overlap_hours * HOUR
    before = [[old, until] for old, _ in _one(desk, id)["secrets"][:1]]
    shown = _change(desk, id, secrets=[[secret, None], *before])
    _readdress(desk, id)
    return {**shown, "secret": secret}


def change(desk, id: str, **changes) -> dict:
    """Another address, other kinds of events; what waits for it goes to the new address."""
    if refused := desk.unreachable(changes.get("url", _one(desk, id)["url"])):
        raise Refused(errors={"url": [refused]})
    shown = _change(desk, id, **changes)
    _readdress(desk, id)
    return shown


def _readdress(desk, id: str) -> None:
    endpoint = _one(desk, id)
    desk.readdress(id, endpoint["url"], _current(desk, endpoint))


def remove(desk, id: str) -> None:
    """It hears no more, not even what waits for it already."""
    _one(desk, id)
    desk.withdraw(id)
    desk.keep(None, endpoints={name: each for name, each in _endpoints(desk).items() if name != id})


def switch_on(desk, id: str) -> dict:
    return _change(desk, id, off_since=None, failing_since=None)


def replay(desk, id: str, after: int) -> dict:
    """Send again what happened after that number; `next` is where to go on, None when that was all."""
    endpoint = _one(desk, id)
    if endpoint["off_since"]:
        raise Conflict("This endpoint is switched off. Switch it on first.")
    events = desk.events(after, AT_ONCE)
    for event in events:
        if _wants(endpoint, event.kind):
            _post(desk, id, endpoint, event)
    return {"next": events[-1].number if len(events) == AT_ONCE else None}


def _shown(id: str, endpoint: dict) -> dict:
    """Without its secrets."""
    state = "off" if endpoint["off_since"] else "failing" if endpoint["failing_since"] else "working"
    times = {name: _rfc3339(endpoint[name]) if endpoint[name] else None for name in ("added_at", "failing_since", "off_since")}
    return {"id": id, "url": endpoint["url"], "kinds": endpoint["kinds"], "state": state, **times}


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(chance.token_bytes(32)).decode()


def _rfc3339(at: int) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# By whom they are changed
@hookimpl
def resources():
    scope = "webhooks:write"
    yield Resource("webhooks", "Addresses that hear of what happens, by signed posts (https://www.standardwebhooks.com).", (
        Call("GET", "", scope, "List endpoints", "All of the clinic's, without their secrets.", everyone, gives=Endpoints),
        Call("POST", "", scope, "Add an endpoint", "It hears of what happens from now on. Its secret is shown this once.", add,
             Wanted, Secret, 201),
        Call("PATCH", "/<id>", scope, "Change an endpoint", "What waits for it goes to the new address.", change, Changes,
             Endpoint),
        Call("DELETE", "/<id>", scope, "Remove an endpoint", "It hears no more, not even what waits for it already.", remove),
        Call("POST", "/<id>/secret", scope, "Replace its secret", "Posts are signed with the old one, too, until the overlap is"
             " over. The new one is shown this once.", replace_secret, Overlap, Secret),
        Call("POST", "/<id>/on", scope, "Switch it on again", "It hears of what happens from now on.", switch_on, gives=Endpoint),
        Call("POST", "/<id>/replay", scope, "Send again what it missed", f"At most {AT_ONCE} events that happened after that"
             " number; `next` is where to go on, null when that was all.", replay, Since, Next)))


def everyone(desk) -> dict:
    """The clinic's endpoints."""
    return {"items": [_shown(*each) for each in _endpoints(desk).items()], "next": None}


def _checked(schema: Schema, value: Any) -> dict:
    try:
        return schema.load(value)
    except ValidationError as error:
        raise Refused(errors={name: _sentences(texts) for name, texts in error.normalized_messages().items()}) from error


def _sentences(found: Any) -> list[str]:
    """Of a field, or of those of its values that are wrong, each once."""
    return found if isinstance(found, list) else [*dict.fromkeys(chain.from_iterable(map(_sentences, found.values())))]


@hookimpl
def commands(desk):
    def command(name, act, *parameters):
        """Prints what it did as JSON."""
        def run(clinic, **values):
            click.echo(json.dumps(desk.at(clinic, lambda here: act(here, **values)), indent=2))

        return click.Command(name, params=[click.Argument(["clinic"]), *parameters], callback=run, help=act.__doc__)

    id = click.Argument(["id"])

    def listed(here):
        """The clinic's endpoints."""
        return everyone(here)["items"]

    def made(here, url, kinds):
        """Add an endpoint; its secret is shown this once."""
        return add(here, **_checked(Wanted(), {"url": url, "kinds": list(kinds)}))

    yield command("list", listed)
    yield command("add", made, click.Argument(["url"]), click.Argument(["kinds"], nargs=-1))
    yield command("secret", replace_secret, id, click.Option(["--overlap-hours"], type=click.IntRange(0, 720), default=24))
    yield command("on", switch_on, id)
    yield command("remove", remove, id)
    yield command("replay", replay, id, click.Option(["--after"], type=click.IntRange(0), required=True))
