"""What plugins cost: a message's request when six listen, and how many deliveries a second come to one that does nothing.

    python -m tests.bench.plugged FOLDER    answers each line of its input with a round of figures
"""

import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from time import monotonic, process_time, sleep

from flask import Flask
from werkzeug.test import EnvironBuilder

from securemsg.app import create_app
from securemsg.desk import Desk, open_desk
from securemsg.desk.clinics import clinic
from securemsg.desk.deliveries.engine import Engine
from securemsg.registry import Registry, guard
from securemsg.settings import load
from securemsg.store import outbox
from securemsg.store.ids import new_id
from securemsg.store.outbox import EventRow
from tests.bench.prepare import TEXT, fill
from tests.bench.served import enlarge_limits
from tests.listening import plugins

DELIVERIES = 2_000  # of a round
_REQUESTS, _TURNS = 200, 20
_AT_ONCE = 100  # events that are written in one transaction
_MESSAGE = {"kind": "text", "data": {"text": TEXT}}
# Six that are asked about every message and told of it in two ways: more than those that come with the service want to know.
SIX = plugins(**{f"null{number}": {"screen": lambda draft: None, "message_received": lambda message: None,
                                   "happened": lambda event: None} for number in range(6)})
BUNDLED = ("email", "hours", "triage", "webhooks", "appointments", "feedback")
ONE = plugins(null={"happened": lambda event: None})


def main(folder: str) -> None:
    environ = {"SECUREMSG_DATA": f"{folder}/data"}
    enlarge_limits()
    token = fill(environ, 1).busy[0]
    desk = open_desk(load(environ))
    app = create_app(desk.settings, desk)
    guard.begin()  # as a worker of the service does: a timer is set for each plugin that is asked
    for _ in sys.stdin:
        print(json.dumps(_requests(desk, app, token) | {"deliveries": _deliveries(desk)}), flush=True)
    desk.close()


def _requests(desk: Desk, app: Flask, token: str) -> dict[str, float]:
    """CPU of a message's request in µs, with `none` listening, with `six` that do nothing, with the `bundled` ones; in turns, so
    that what drifts drifts for all. After each round of turns the outbox is empty, as it is where it is delivered as it comes."""
    listening = {"none": Registry(), "six": SIX, "bundled": Registry.load(BUNDLED)}
    used = dict.fromkeys(listening, 0.0)
    for _ in range(_TURNS):
        for name, registry in listening.items():
            desk.registry = registry
            used[name] += _cpu_seconds(lambda: _says(app, token), _REQUESTS // _TURNS)
        desk.database.write(lambda tx: tx.everywhere.run("DELETE FROM outbox"))
    return {name: 1e6 * seconds / _REQUESTS for name, seconds in used.items()}


def _cpu_seconds(ask: Callable[[], None], times: int) -> float:
    """Of all threads: what is written is written by one of its own."""
    begun = process_time()
    for _ in range(times):
        ask()
    return process_time() - begun


def _says(app: Flask, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_urlsafe(16)}
    request = EnvironBuilder("/v1/conversation/messages", method="POST", headers=headers, json=_MESSAGE,
                             base_url=app.extensions["securemsg"].settings.public_url, environ_base={"REMOTE_ADDR": "127.0.0.1"})
    answered: list[str] = []

    def begin(status: str, headers: list, error: object = None) -> Callable[[bytes], None]:
        answered.append(status)
        return lambda data: None

    b"".join(app.wsgi_app(request.get_environ(), begin))
    assert answered[0].startswith("201"), answered


def _deliveries(desk: Desk) -> float:
    """How many a second, by threads as they run in the service."""
    home, desk.registry = clinic(desk, "quiet"), ONE
    for _ in range(DELIVERIES // _AT_ONCE):
        desk.database.write(lambda tx: [outbox.insert_event(tx, _event(home.id, desk.clock()), (("null", "happened"),))
                                        for _ in range(_AT_ONCE)])
    alive, begun = [True], monotonic()
    thread = Thread(target=Engine(desk).run, args=(lambda: alive, sleep))
    thread.start()
    while desk.database.read(lambda tx: tx.everywhere.one("SELECT 1 AS yes FROM outbox WHERE done_at IS NULL LIMIT 1")):
        sleep(0.01)
    seconds = monotonic() - begun
    alive.clear()
    thread.join()
    return DELIVERIES / seconds


def _event(clinic_id: str, now: int) -> EventRow:
    return EventRow(clinic_id, new_id(), "conversation.seen", None, None, None, now)


if __name__ == "__main__":
    main(str(Path(sys.argv[1])))
