"""What is asked of each server: the requests, as they go over the wire."""

import json
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from tests.bench.prepare import TEXT
from tests.bench.servers import Server

Request = dict[str, Any]
_BODY = json.dumps({"kind": "text", "data": {"text": TEXT}})
_JSON = {"Content-Type": "application/json", "Content-Length": str(len(_BODY))}


@dataclass(frozen=True)
class Ask:
    """One server, what each client asks of it, and the status that is right."""

    server: Server
    requests: list[Request]
    expected: int = 200


def hello(server: Server, clients: int) -> Ask:
    return Ask(server, [_get(server, "/")] * clients)


def floor(server: Server, clients: int) -> Ask:
    """The same bytes as a visitor's message, to the endpoint that only stores them."""
    return Ask(server, [_request(server, "POST /notes", _JSON, _BODY)] * clients, 201)


def submit(server: Server, clients: int) -> Ask:
    """Each client writes into a conversation of its own, under a fresh key each time."""
    return Ask(server, [say(server, token) for token in tokens(server)[:clients]], 201)


def tokens(server: Server) -> list[str]:
    """The busy clinic's visitors."""
    assert server.prepared
    return server.prepared.busy


def say(server: Server, token: str) -> Request:
    """One message of 300 bytes by who holds this token."""
    headers = _JSON | {"Authorization": f"Bearer {token}"}
    return _request(server, "POST /v1/conversation/messages", headers, _BODY, keyed=True)


def poll(server: Server, clients: int) -> Ask:
    """Is there something after the last message? There is nothing."""
    assert server.prepared
    path, some = "/v1/conversation/messages?after=1", islice(cycle(server.prepared.quiet), clients)
    return Ask(server, [_get(server, path, Authorization=f"Bearer {token}") for token in some])


def inbox(server: Server, clients: int) -> Ask:
    """The list of waiting conversations, as a whole page."""
    return Ask(server, [_get(server, "/staff/quiet/", **signed_in(server, "quiet"))] * clients)


def visitor_stream(server: Server, token: str) -> Request:
    return _get(server, "/v1/conversation/events", Authorization=f"Bearer {token}")


def staff_stream(server: Server) -> Request:
    return _get(server, "/staff/busy/events", **signed_in(server, "busy"))


def signed_in(server: Server, slug: str) -> dict[str, str]:
    """What the browser of a clinic's staff sends."""
    return {"Cookie": f"securemsg_staff_{slug}_{server.port}={getattr(server.prepared, f'{slug}_staff')}"}


def _get(server: Server, path: str, **headers: str) -> Request:
    return _request(server, f"GET {path}", headers)


def _request(
    server: Server, line: str, headers: dict[str, str], body: str = "", keyed: bool = False
) -> Request:
    """As `Client` wants it: the head without its last line, so that a key can be added."""
    lines = [f"{line} HTTP/1.1", f"Host: localhost:{server.port}", "Accept: */*"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return {"head": "\r\n".join(lines) + "\r\n", "body": body, "keyed": keyed}
