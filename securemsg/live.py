"""Who is waiting for what: publish ids, subscribe. In this process; content never passes here."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Full, SimpleQueue

_AT_ONCE = {"session": 8, "token": 8}  # streams of one; for one more the oldest ends: nobody takes all the connections there are
_WAITING = 1000  # signals a slow reader may fall behind; then it is told to look at everything again


@dataclass(frozen=True, slots=True)
class Signal:
    """Something changed: `kind` is message, opened, removed, changed, typing, numbered, end or stop; the rest are ids and numbers
    only."""

    kind: str
    conversation_id: str | None = None
    seq: int | None = None
    person_id: str | None = None  # of staff, who types


class Subscription:
    """One waiting stream."""

    def __init__(self) -> None:
        self._signals: SimpleQueue[Signal] = SimpleQueue()
        self._behind = False

    def put(self, signal: Signal) -> None:
        if self._signals.qsize() < _WAITING:
            self._signals.put(signal)
        elif not self._behind:
            self._behind = True
            self._signals.put(Signal("stop"))  # what is dropped now, it finds in the rows when it comes back

    def next(self, seconds: float) -> Signal | None:
        """The next signal, or None when none came in time."""
        try:
            return self._signals.get(timeout=seconds)
        except (Empty, Full):
            return None


class Live:
    """Topics are tuples: ("conversation", clinic id, conversation id), ("clinic", clinic id), ("events", clinic id),
    ("session", session id), ("token", token id)."""

    def __init__(self) -> None:
        self._waiting: dict[tuple, dict[Subscription, None]] = defaultdict(dict)  # the oldest first
        self._lock = threading.Lock()
        self.ended = False

    def publish(self, topic: tuple, signal: Signal) -> None:
        """Tell those who wait for `topic`, after the commit. Nobody waiting is no fault: streams look at the rows first."""
        with self._lock:
            waiting = tuple(self._waiting.get(topic, ()))
        for subscription in waiting:
            subscription.put(signal)

    @contextmanager
    def subscribe(self, *topics: tuple) -> Iterator[Subscription]:
        """Hear of `topics` until the block ends. Subscribe first, then read the rows: so nothing falls between."""
        subscription = Subscription()
        with self._lock:
            too_many = [oldest for topic in topics if (oldest := self._joined(topic, subscription))]
        for oldest in too_many:
            oldest.put(Signal("stop"))
        if self.ended:
            subscription.put(Signal("stop"))
        try:
            yield subscription
        finally:
            with self._lock:
                for topic in topics:
                    self._waiting[topic].pop(subscription, None)
                    if not self._waiting[topic]:
                        del self._waiting[topic]

    def _joined(self, topic: tuple, subscription: Subscription) -> Subscription | None:
        """The one that has to go for it, if there are too many of one session or token."""
        waiting = self._waiting[topic]
        waiting[subscription] = None
        if len(waiting) <= _AT_ONCE.get(topic[0], len(waiting)):
            return None
        oldest = next(iter(waiting))
        del waiting[oldest]
        return oldest

    def listened(self, kind: str) -> list[str]:
        """The clinics with somebody who waits for topics of this kind: (kind, clinic id)."""
        with self._lock:
            return [topic[1] for topic in self._waiting if topic[0] == kind]

    @property
    def waiting(self) -> int:
        """How many streams are open."""
        with self._lock:
            return len({subscription for waiting in self._waiting.values() for subscription in waiting})

    def end_everything(self) -> None:
        """The process stops: each stream ends, also one that begins only now, and its reader comes back elsewhere."""
        self.ended = True
        with self._lock:
            everyone = {subscription for waiting in self._waiting.values() for subscription in waiting}
        for subscription in everyone:
            subscription.put(Signal("stop"))
