"""Live streams (text/event-stream): ids only, resumed by number; a beat so that a cut is noticed."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from flask import Response

from securemsg.desk import Desk
from securemsg.errors import Unavailable
from securemsg.live import Signal, Subscription

_BEAT_SECONDS = 15
_LIFE_SECONDS = 300  # then the client comes back: revoked rights, deployments and balancing get their chance
_HEADERS = {"X-Accel-Buffering": "no"}


def follow(desk: Desk, topics: tuple[tuple, ...], first: Callable[[], Iterator[str]], written: Callable[[Signal], Iterator[str]],
           alive: Callable[[], bool]) -> Response:
    """A stream that says `first()` and then each signal as `written` puts it, while `alive()`.

    It subscribes before it looks, so nothing falls between what was read and what is heard.
    """
    def body() -> Iterator[str]:
        end = time.monotonic() + _LIFE_SECONDS
        with desk.live.subscribe(*topics) as subscription:
            yield "retry: 1000\n\n"
            with suppress(Unavailable):  # the database is away: the stream just stops, and its reader comes back
                yield from first()
                yield from _signals(subscription, written, alive, end)

    return Response(body(), mimetype="text/event-stream", headers=_HEADERS)


def _signals(subscription: Subscription, written: Callable[[Signal], Iterator[str]], alive: Callable[[], bool],
             end: float) -> Iterator[str]:
    while (left := end - time.monotonic()) > 0:
        signal = subscription.next(min(_BEAT_SECONDS, left))
        if signal is None:
            if not alive():
                yield event("end", "{}")
                return
            yield ": beat\n\n"
        elif signal.kind == "end":
            yield event("end", "{}")
            return
        elif signal.kind == "stop":
            return
        else:
            yield from written(signal)


def event(name: str, data: str, id: int | None = None) -> str:
    """One event as it goes over the wire."""
    number = f"id: {id}\n" if id is not None else ""
    return f"{number}event: {name}\ndata: {data}\n\n"
