"""Several at once: threads that begin at the same moment."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What `act(0)`, `act(1)` … gave or raised, each in a thread of its own."""
    start, results = Barrier(count), [None] * count

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = act(number)
        except Exception as error:
            results[number] = error

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
