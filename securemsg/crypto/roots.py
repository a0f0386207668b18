"""Root keys: where they come from, how they are written, and what is wrong with them.

A root key is one line of text, the same for every provider: `smroot1_<base64url of 32 bytes><checksum>`.
The checksum is the first six characters of base64url(SHA-256(32 bytes)), so that a cut or mistyped line is
told from a wrong key.
"""

import hashlib
import os
import secrets
import shlex
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from securemsg.crypto import key_files
from securemsg.errors import Misconfigured

_PREFIX = "smroot1_"
_KEY_BYTES = 32  # 256 bits
_EXEC_SECONDS = 10


@dataclass(frozen=True, slots=True)
class RootKey:
    """The key at the top of the chain. `id` is public: a prefix of the key's hash."""

    id: str
    secret: bytes = field(repr=False)


def read_all(specs: tuple[str, ...], environ: Mapping[str, str], data: Path) -> tuple[RootKey, ...]:
    """The root keys named by `SECUREMSG_ROOT_KEY`, the active one first."""
    return tuple(read(spec, environ, data) for spec in specs)


def read(spec: str, environ: Mapping[str, str], data: Path) -> RootKey:
    """Read one root key; every fault raises Misconfigured with a sentence of its own."""
    provider, _, target = spec.partition(":")
    if provider == "file":
        return parse(_read_file(Path(target).absolute(), data), f"The key file {target}")
    if provider == "env":
        if target not in environ:
            raise Misconfigured(f"The root key should come from the environment variable {target}, which is not set.")
        return parse(environ[target], f"The environment variable {target}")
    if provider == "exec":
        return parse(_run(target), f"What the command {shlex.split(target)[0]} printed")
    raise Misconfigured(f"{provider} is no provider of root keys.")


def parse(text: str, source: str) -> RootKey:
    """The key in one line of text. `source` begins the sentence that says what is wrong with it."""
    lines = text.strip().splitlines()
    if not lines:
        raise Misconfigured(f"{source} is empty.")
    if len(lines) > 1:
        raise Misconfigured(f"{source} holds more than one line; a root key is one line.")
    line = lines[0].strip()
    if not line.startswith(_PREFIX):
        raise Misconfigured(f"{source} does not hold a root key: one begins with {_PREFIX}.")
    secret = key_files.key_in(line, _PREFIX, source, "a root key")
    return RootKey(id=hashlib.sha256(b"securemsg root" + secret).hexdigest()[:16], secret=secret)


def new_text() -> str:
    """A fresh root key as text."""
    return key_files.line(_PREFIX, secrets.token_bytes(_KEY_BYTES))


def create_file(path: Path) -> None:
    """Write a fresh root key, readable by its owner alone. Never overwrites."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_files.create(path, new_text())


def _read_file(path: Path, data: Path) -> str:
    try:
        found = path.lstat()
    except FileNotFoundError:
        raise Misconfigured(f"The key file {path} does not exist. Put it back from where you keep it; "
                            "a new one cannot open what is stored.") from None
    except OSError as error:
        raise Misconfigured(f"The key file {path} cannot be reached: {error.strerror}.") from error
    _refuse_file(path, found, data)
    try:
        return path.read_text("ascii")
    except PermissionError:
        raise Misconfigured(f"The key file {path} may not be read by this user.") from None
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"The key file {path} cannot be read as text.") from None


def _refuse_file(path: Path, found: os.stat_result, data: Path) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise Misconfigured(f"The key file {path} is a symbolic link; name the file itself.")
    if not stat.S_ISREG(found.st_mode):
        raise Misconfigured(f"The key file {path} is not a regular file.")
    if path.resolve().is_relative_to(data.resolve()):
        raise Misconfigured(f"The key file {path} lies inside the data folder {data}; whoever copies the data "
                            "would hold the key as well. Move it elsewhere.")
    if found.st_uid != os.geteuid():
        raise Misconfigured(f"The key file {path} belongs to another user; it must belong to the one who runs the service.")
    if stat.S_IMODE(found.st_mode) & 0o177:
        raise Misconfigured(f"The key file {path} can be read or written by others "
                            f"(mode {stat.S_IMODE(found.st_mode):04o}); run: chmod 600 {path}")


def _run(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Misconfigured(f"The command after exec: cannot be split into words: {error}.") from None
    if not words:
        raise Misconfigured("SECUREMSG_ROOT_KEY says exec: without a command.")
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_EXEC_SECONDS)
    except FileNotFoundError:
        raise Misconfigured(f"The command {words[0]} that should print the root key does not exist.") from None
    except subprocess.TimeoutExpired:
        raise Misconfigured(f"The command {words[0]} did not print the root key within {_EXEC_SECONDS} seconds.") from None
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"The command {words[0]} that should print the root key could not be run.") from None
    if done.returncode:
        raise Misconfigured(f"The command {words[0]} that should print the root key ended with status {done.returncode}.")
    return done.stdout
