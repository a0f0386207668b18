"""How a caller waits for the writer thread: a greenlet by its event loop, a plain thread by itself."""

from collections.abc import Callable

from gevent import get_hub
from gevent.hub import Waiter
from gevent.monkey import get_original, is_module_patched

Event = get_original("threading", "Event")  # a real one, also where gevent has patched


def wait_and_wake() -> tuple[Callable[[], object], Callable[[], object]]:
    """Two functions: one that waits, for the caller, and one that ends the wait, for the other thread."""
    return _in_hub() if is_module_patched("threading") else _in_thread()


def _in_hub() -> tuple[Callable[[], object], Callable[[], object]]:
    """Wait and wake for a greenlet: the writer thread sends to the event loop, others run meanwhile."""
    hub = get_hub()
    watcher, waiter = hub.loop.async_(), Waiter(hub)
    watcher.start(waiter.switch, None)

    def wait():
        try:
            waiter.get()
        finally:
            watcher.stop()
            watcher.close()

    return wait, watcher.send


def _in_thread() -> tuple[Callable[[], object], Callable[[], object]]:
    """Wait and wake for a plain thread: commands and tests."""
    done = Event()
    return done.wait, done.set
