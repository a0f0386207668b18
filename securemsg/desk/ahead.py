"""What is asked for next is read while somebody works on what came before: a server and this process work side by side."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Piece = TypeVar("Piece")


@contextmanager
def ahead(pieces: Iterator[Piece]) -> Iterator[Iterator[Piece]]:
    """The same pieces. Each is begun as the one before is handed over, in a thread, which is a greenlet by an event loop.

    What goes wrong with a piece is raised where it is asked for. Whoever leaves early waits for the one that was begun.
    """
    with ThreadPoolExecutor(1) as reader:
        yield _handed_over(reader, pieces)


def _handed_over(reader: ThreadPoolExecutor, pieces: Iterator[Piece]) -> Iterator[Piece]:
    coming = reader.submit(next, pieces, None)
    while (piece := coming.result()) is not None:
        coming = reader.submit(next, pieces, None)
        yield piece
