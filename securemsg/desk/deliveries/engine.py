"""All lanes at once: a thread for each plugin's hooks, one for mails, a few for posts. None waits for another.

Who takes too long is interrupted. Who cannot even be interrupted, in C code that does not come back, is left alone: its thread
is given up, and the plugin is tried again after a while.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from securemsg.desk.deliveries.failing import told
from securemsg.desk.deliveries.lanes import Lane, LetterLane
from securemsg.desk.deliveries.letters import SENDERS, Send
from securemsg.desk.desk import Desk
from securemsg.errors import Error
from securemsg.hooks import TOLD
from securemsg.store import deliveries

_LOOK_SECONDS = 0.25
_GRACE_SECONDS = 5.0  # after the interruption
_HANGING_SECONDS = 600.0  # until a plugin that hung is tried again
_POSTS_AT_ONCE = 8
_END_SECONDS = 0.2
_log = logging.getLogger("securemsg")


class Engine:
    """Everything that is to be delivered by this process."""

    def __init__(self, desk: Desk, senders: dict[str, Send] = SENDERS):
        self._desk, self._senders, self._ended = desk, senders, threading.Event()
        self._posts: dict[tuple[str, str, str], LetterLane] = {}
        self._posting: set[tuple[str, str, str]] = set()
        self._hanging: dict[str, float] = {}
        self._threads: list[threading.Thread] = []
        names = [name for name in desk.registry.names if any(hook in TOLD for hook in desk.registry.hooks(name))]
        self._lanes: dict[str, Lane] = {name: Lane(desk, name) for name in names}
        self._mails = LetterLane(desk, "mail", send=senders["mail"])

    def look(self) -> bool:
        """Everything that is due now, one after the other, in this thread; whether there was anything."""
        lanes = (*self._lanes.values(), self._mails, *map(self._lane_to, self._targets()))
        return sum(lane.look() for lane in lanes) > 0

    def run(self, alive: Callable[[], bool], pause: Callable[[float], object] = time.sleep) -> None:
        """Until it is not `alive` any more. What has begun then may still come to its end; what has not is anybody's."""
        for work in (*self._lanes.values(), self._mails):
            self._start(work.look, work)
        while alive():
            self._watch()
            self._post()
            pause(_LOOK_SECONDS)
        self._ended.set()
        for lane in (*self._lanes.values(), self._mails, *tuple(self._posts.values())):
            lane.stopped = True
        until = time.monotonic() + _END_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def hanging(self) -> tuple[str, ...]:
        """Plugins whose thread did not come back."""
        return tuple(self._hanging)

    def _start(self, look: Callable[[], bool], lane: Lane) -> None:
        thread = threading.Thread(target=self._go_through, args=(look, lane), name=lane.name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _go_through(self, look: Callable[[], bool], lane: Lane) -> None:
        fault = ""
        while not self._ended.is_set() and not lane.stopped:
            try:
                more, now_wrong = look(), ""
            except BaseException as error:  # the thread goes on, whatever comes
                more, now_wrong = False, told(error)
            fault = _noted(lane.name, fault, now_wrong)
            if not more:
                self._ended.wait(_LOOK_SECONDS)

    def _watch(self) -> None:
        """Renew the leases of who is at work, interrupt who is late, give up who cannot be interrupted, and begin anew with who
        hung a while ago."""
        for lane in (*self._lanes.values(), self._mails, *tuple(self._posts.values())):
            with suppress(Exception):  # without the database it is tried again at the next look
                lane.renew()
        for name, lane in self._lanes.items():
            if not lane.stopped and lane.timed.look() > _GRACE_SECONDS:
                _log.error("a plugin hangs and is left alone", extra={"plugin": name})
                self._hanging[name] = time.monotonic() + _HANGING_SECONDS
                with suppress(Error):  # without the database its leases end by themselves
                    lane.abandon()
        for name in [name for name, until in self._hanging.items() if time.monotonic() > until]:
            del self._hanging[name]
            self._lanes[name] = Lane(self._desk, name)
            self._start(self._lanes[name].look, self._lanes[name])

    def _post(self) -> None:
        """Begin with targets that nobody is at, whoever has waited longest first."""
        try:
            targets = self._targets()
        except Exception:  # the lanes' threads note that the database is away
            return
        self._forget(targets)
        for target in targets:
            if len(self._posting) < _POSTS_AT_ONCE and target not in self._posting and not self._lane_to(target).rests:
                self._posting.add(target)
                threading.Thread(target=self._post_to, args=(target,), name="post", daemon=True).start()

    def _forget(self, due: list[tuple[str, str, str]]) -> None:
        """Targets that nothing is due to, that nobody is at, and that are not left alone for a while."""
        for target in set(self._posts) - set(due) - self._posting:
            if not self._posts[target].rests:
                del self._posts[target]

    def _post_to(self, target: tuple[str, str, str]) -> None:
        try:
            self._lane_to(target).look()
        except Exception as error:
            _noted("post", "", told(error))
        finally:
            self._posting.discard(target)

    def _lane_to(self, target: tuple[str, str, str]) -> LetterLane:
        if target not in self._posts:
            self._posts[target] = LetterLane(self._desk, "post", target, send=self._senders["post"])
        return self._posts[target]

    def _targets(self) -> list[tuple[str, str, str]]:
        return self._desk.database.read(lambda tx: deliveries.posts(tx, self._desk.clock()))


def _noted(lane: str, before: str, fault: str) -> str:
    """Said once when it begins, and once when it is over."""
    if fault != before:
        facts = {"lane": lane, "error": fault}
        _log.warning("deliveries wait", extra=facts) if fault else _log.warning("deliveries go on", extra={"lane": lane})
    return fault
