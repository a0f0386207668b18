"""A deadline for a call that does not look at the clock itself: a timer's signal interrupts it, also within a regular expression.

Python runs a signal's handler between two steps of the main thread, so what it raises would hit whatever runs there just then.
It is raised in the greenlet that asked alone, and only below the call: never in our own lines around it.
"""

import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from gevent import get_hub, getcurrent
from gevent.monkey import get_original

# What holds a lock of the whole process for a moment: cut off there it would be held for ever, and everybody would wait for it.
LOCKING = ("babel", "importlib", "logging", "securemsg.words")
_WAITING = ("gevent", "queue", "threading")
_get_ident = get_original("_thread", "get_ident")  # of the real thread: gevent's own names greenlets
_AGAIN_SECONDS = 0.0005  # who catches even this is interrupted until it comes where they do not catch it
_thread_id = 0  # of the thread whose calls can be interrupted; 0: none
_deadlines: dict[Any, float] = {}  # by greenlet


class Overdue(BaseException):
    """It took too long. No Exception, so that `except Exception` does not hold it up. `waited`: it was not even computing."""

    waited = False


# Whatever a plugin may raise. What ends a greenlet from outside (GreenletExit) is not the plugin's, and passes.
FAILURES = (Exception, SystemExit, KeyboardInterrupt, Overdue)


def begin() -> None:
    """From now on calls of this thread, the main one, are interrupted."""
    global _thread_id
    signal.signal(signal.SIGALRM, _ring)
    _thread_id = _get_ident()


def end() -> None:
    """From now on nothing is interrupted: the signal is another's."""
    global _thread_id
    _thread_id = 0


def within(seconds: float, call: Callable[..., Any], *arguments: Any) -> Any:
    """What the call returns; Overdue when it takes longer. Where it cannot be interrupted (another thread, the end of the
    service) it takes its time."""
    here = getcurrent()
    if _get_ident() != _thread_id or here in _deadlines:
        return call(*arguments)
    try:
        _deadlines[here] = time.monotonic() + seconds
        _arm()
        return call(*arguments)
    finally:
        del _deadlines[here]
        _arm()


def _arm() -> None:
    """Ring for whoever is next; again and again until that call has ended."""
    if _thread_id:
        soonest = min(_deadlines.values(), default=None)
        wait = 0 if soonest is None else max(soonest - time.monotonic(), _AGAIN_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, wait, _AGAIN_SECONDS)


def _ring(_: int, frame: FrameType | None) -> None:
    now, here = time.monotonic(), getcurrent()
    for asking, deadline in tuple(_deadlines.items()):
        if now < deadline:
            continue
        if asking is not here:  # it waits for something, and is woken by the loop
            get_hub().loop.run_callback(_throw, asking, deadline)
        elif frame and frame.f_code is not within.__code__ and not is_within(frame, LOCKING + _WAITING):
            raise Overdue


def is_within(frame: FrameType | None, modules: tuple[str, ...], below: Callable[..., Any] = within) -> bool:
    """Whether code of one of these runs there, below the call; or whatever it has called."""
    while frame and frame.f_code is not below.__code__:
        if frame.f_globals.get("__name__", "").startswith(modules):
            return True
        frame = frame.f_back
    return False


def _throw(asking: Any, deadline: float) -> None:
    """Unless that call has ended meanwhile, and another may have begun."""
    if _deadlines.get(asking) == deadline and not is_within(asking.gr_frame, LOCKING):
        overdue = Overdue()
        overdue.waited = True
        asking.throw(overdue)
