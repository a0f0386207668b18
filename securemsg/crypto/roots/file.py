"""A root key in a file that belongs to the service's user alone: `file:PATH`."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from securemsg.crypto import key_files
from securemsg.crypto.roots.text import RootKey, new_text, parse
from securemsg.errors import Misconfigured


def root(target: str, environ: Mapping[str, str], data: Path) -> RootKey:
    """The key in the file; Misconfigured for one that others may read, a link, or one that lies with the data."""
    return parse(text_in(Path(target).absolute(), data), f"The key file {target}")


def create_file(path: Path, text: str = "") -> None:
    """Write a root key, a fresh one where none is given, readable by its owner alone. Never overwrites."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_files.create(path, text or new_text())


def text_in(path: Path, data: Path, what: str = "key file", again: str = "a new one cannot open what is stored") -> str:
    """What stands in a secret file; `what` names it in the sentences, `again` says why it cannot be made anew."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        raise Misconfigured(f"The {what} {path} does not exist. Put it back from where you keep it; {again}.") from None
    except OSError as error:
        raise Misconfigured(f"The {what} {path} cannot be reached: {error.strerror}.") from error
    _refuse(path, found, data, what)
    try:
        return path.read_text("ascii")
    except PermissionError:
        raise Misconfigured(f"The {what} {path} may not be read by this user.") from None
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"The {what} {path} cannot be read as text.") from None


def _refuse(path: Path, found: os.stat_result, data: Path, what: str) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise Misconfigured(f"The {what} {path} is a symbolic link; name the file itself.")
    if not stat.S_ISREG(found.st_mode):
        raise Misconfigured(f"The {what} {path} is not a regular file.")
    if path.resolve().is_relative_to(data.resolve()):
        raise Misconfigured(f"The {what} {path} lies inside the data folder {data}; whoever copies the data "
                            "would hold the key as well. Move it elsewhere.")
    if found.st_uid != os.geteuid():
        raise Misconfigured(f"The {what} {path} belongs to another user; it must belong to the one who runs the service.")
    if stat.S_IMODE(found.st_mode) & 0o177:
        raise Misconfigured(f"The {what} {path} can be read or written by others "
                            f"(mode {stat.S_IMODE(found.st_mode):04o}); run: chmod 600 {path}")
