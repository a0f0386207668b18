"""A file that is either whole or not there: written beside its place, readable by its owner alone, then renamed."""

import fcntl
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import click

from securemsg.crypto.key_files import sync_folder
from securemsg.errors import Refused


@contextmanager
def new_file(name: str, force: bool | None = None) -> Iterator[BinaryIO]:
    """The file to write to; `-` is stdout. When the block ends well it is on the disk under its name, else nothing is.
    `force` overwrites; None, where the command has no such option.

    A run that is killed leaves at most `NAME.<16 hex digits>.part`, which the next one removes and tells of. Refused with a
    sentence for what cannot be done.
    """
    if name == "-":
        yield _stdout()
        return
    path = Path(name)
    _refuse_existing(path, force)
    try:
        with _part(path) as (part, file):
            yield file
            file.flush()
            os.fsync(file.fileno())
            _refuse_existing(path, force)
            part.rename(path)
        sync_folder(path.parent)
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


def _refuse_existing(path: Path, force: bool | None) -> None:
    if not force and path.exists():
        advice = "Choose another name." if force is None else "Choose another name, or say --force."
        raise Refused(f"{path} exists already; it is not overwritten. {advice}")


@contextmanager
def _part(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A file of nobody else's beside the path, locked for as long as it is written, and gone when that fails."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb") as file:
        try:
            if not _is_left(file.fileno()):
                raise Refused(f"Another process is writing {path} just now.")
            _remove_left(path, part)
            yield part, file
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise


def _remove_left(path: Path, own: Path) -> None:
    """Remove what runs that were killed left, and say so; Refused while one of them writes. What is another user's, a link or
    known by another name as well is none of ours: it stays."""
    for part in path.parent.iterdir():
        if part == own or not re.fullmatch(re.escape(path.name) + r"\.[0-9a-f]{16}\.part", part.name):
            continue
        with suppress(OSError), _looked_at(part) as (file, is_ours):
            if is_ours and not _is_left(file):
                raise Refused(f"Another process is writing {path} just now.")
            if is_ours:
                part.unlink()
                click.echo(f"Removed {part}, which a run that was killed had left.", err=True)


@contextmanager
def _looked_at(part: Path) -> Iterator[tuple[int, bool]]:
    """A file as it is, and whether it can be one of this user's parts."""
    file = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(file)
        yield file, stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1
    finally:
        os.close(file)


def _is_left(file: int) -> bool:
    """Whether nobody holds it, and nobody took it for left before: from now on this process holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(file).st_nlink == 1


def _stdout() -> BinaryIO:
    if sys.stdout.isatty():
        raise Refused("An archive is not for a terminal. Send it into a file or another program.")
    return sys.stdout.buffer
