"""How a caller waits for the writer thread: a greenlet by its event loop, a plain thread by itself."""

from collections.abc import Callable

from gevent import get_hub
from gevent.hub import Waiter
from gevent.monkey import get_original, is_module_patched

Event = get_original("threading", "Event")  # a real one, also where gevent has patched
# After so many seconds it asks once whether to go, and goes (False), or waits on for as long as it takes (True).
Wait = Callable[[float, Callable[[], bool]], bool]


def wait_and_wake() -> tuple[Wait, Callable[[], object]]:
    """Two functions: one that waits, for the caller, and one that ends the wait, for the other thread."""
    return _in_hub() if is_module_patched("threading") else _in_thread()


def _in_hub() -> tuple[Wait, Callable[[], object]]:
    """Wait and wake for a greenlet: the writer thread sends to the event loop, others run meanwhile."""
    hub = get_hub()
    woken, waiter = hub.loop.async_(), Waiter(hub)
    woken.start(waiter.switch, True)

    def wait(seconds: float, may_go: Callable[[], bool]) -> bool:
        late = hub.loop.timer(seconds)
        late.start(waiter.switch, False)
        try:
            if waiter.get():
                return True
            if may_go():
                return False
            waiter.clear()
            return waiter.get()
        finally:
            for watcher in (woken, late):
                watcher.stop()
                watcher.close()

    return wait, woken.send


def _in_thread() -> tuple[Wait, Callable[[], object]]:
    """Wait and wake for a plain thread: commands and tests."""
    done = Event()
    return lambda seconds, may_go: done.wait(seconds) or (not may_go() and done.wait()), done.set
