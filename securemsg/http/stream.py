"""Live streams (text/event-stream): ids only, resumed by number; a beat so that a cut is noticed."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain

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
                yield from _allowed(chain(first(), _heard(subscription, written, end)), alive, end)

    return Response(body(), mimetype="text/event-stream", headers=_HEADERS)


def _allowed(told: Iterator[str], alive: Callable[[], bool], end: float) -> Iterator[str]:
    """What is told, until its time is over or the right to hear it: asked anew once in a beat, however much there is to tell."""
    asked = time.monotonic()
    for each in told:
        now = time.monotonic()
        if now >= end:
            return
        if now - asked >= _BEAT_SECONDS:
            if not alive():
                yield event("end", "{}")
                return
            asked = now
        yield each


def _heard(subscription: Subscription, written: Callable[[Signal], Iterator[str]], end: float) -> Iterator[str]:
    """The signals as they come, and every beat a comment: also where signals come that have nothing to say here."""
    beaten = time.monotonic()
    while (now := time.monotonic()) < end:
        signal = subscription.next(max(0, min(beaten + _BEAT_SECONDS, end) - now))
        if signal is not None and signal.kind == "end":
            yield event("end", "{}")
        if signal is not None and signal.kind in ("end", "stop"):
            return
        if time.monotonic() - beaten >= _BEAT_SECONDS:
            beaten = time.monotonic()
            yield ": beat\n\n"
        if signal is not None:
            yield from written(signal)


def event(name: str, data: str, id: int | None = None) -> str:
    """One event as it goes over the wire."""
    number = f"id: {id}\n" if id is not None else ""
    return f"{number}event: {name}\ndata: {data}\n\n"
