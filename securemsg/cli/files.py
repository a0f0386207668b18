"""A file that is either whole or not there: written beside its place, readable by its owner alone, then renamed."""

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import click

from securemsg.errors import Refused


@contextmanager
def new_file(name: str, force: bool) -> Iterator[BinaryIO]:
    """The file to write to; `-` is stdout. When the block ends well it is on the disk under its name, else nothing is.

    A crash leaves at most `NAME.part`, which the next one overwrites. Refused with a sentence for what cannot be done.
    """
    if name == "-":
        yield _stdout()
        return
    path = Path(name)
    part = path.with_name(path.name + ".part")
    _refuse_existing(path, force)
    try:
        with _opened(part) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                _refuse_existing(path, force)
                part.rename(path)
            except BaseException:
                with suppress(OSError):
                    part.unlink()
                raise
        _sync_folder(path.parent)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}. Nothing of it was left there.") from error


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, on stderr; nothing elsewhere. `tell(done, of)` moves it."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    with click.progressbar(length=1000, label=label, file=sys.stderr) as bar:
        yield lambda done, of: bar.update(1000 * done // max(1, of) - bar.pos)


def _refuse_existing(path: Path, force: bool) -> None:
    if not force and path.exists():
        raise Refused(f"{path} exists already; it is not overwritten. Choose another name, or say --force.")


def _opened(part: Path) -> BinaryIO:
    """The part, for this process alone."""
    file = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Refused(f"Another process is writing {part} just now.") from None
    os.fchmod(file.fileno(), 0o600)  # it may have been there before
    file.truncate()
    return file


def _stdout() -> BinaryIO:
    if sys.stdout.isatty():
        raise Refused("An archive is not for a terminal. Send it into a file or another program.")
    return sys.stdout.buffer


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
