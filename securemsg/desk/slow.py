"""Work that costs tens of milliseconds of CPU, off the event loop, a few at a time."""

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import TypeVar

from gevent import get_hub
from gevent.monkey import is_module_patched

Answer = TypeVar("Answer")
_AT_ONCE = 2  # as many as this kind of machine has cores; the rest wait in line, streams keep their beat
_turn = BoundedSemaphore(_AT_ONCE)


def slowly(fn: Callable[[], Answer]) -> Answer:
    """Run `fn` in a native thread while other greenlets go on; in a plain thread, in place."""
    if not is_module_patched("threading"):
        return fn()
    with _turn:
        return get_hub().threadpool.apply(fn)
