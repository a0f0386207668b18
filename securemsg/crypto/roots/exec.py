"""A root key that a command prints: `exec:COMMAND`, split into words without a shell, run once at each start."""

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from securemsg.crypto.roots.text import RootKey, parse
from securemsg.errors import Misconfigured

_EXEC_SECONDS = 10


def root(target: str, environ: Mapping[str, str], data: Path) -> RootKey:
    """The key in the one line that the command prints."""
    printed = _run(target)
    return parse(printed, f"What the command {shlex.split(target)[0]} printed")


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
