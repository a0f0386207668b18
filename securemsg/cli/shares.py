"""`securemsg keys split` and `join`: the root key in shares, for people who keep one each."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from securemsg.crypto import roots, shares
from securemsg.crypto.roots import RootKey
from securemsg.errors import Refused
from securemsg.settings import Settings, load


@click.command()
@click.option("--shares", "number", default=5, show_default=True, help="How many shares.")
@click.option("--threshold", default=3, show_default=True, help="How many of them are the key together.")
def split(number: int, threshold: int) -> None:
    """Print the active root key as shares, once: one for each keeper, written down, and none left here."""
    settings = load()
    root = roots.read(settings.root_key[0], settings.environ, settings.data)
    if not isinstance(root, RootKey):
        raise Refused("The key of this root never leaves its provider, so nobody can make shares of it. Keep it there: as its "
                      "provider's backup, or as a second root of a kind that can be copied.")
    lines = shares.split(root, number, threshold)
    click.echo("\n\n".join(f"Share {place} of {number}\n{line}" for place, line in enumerate(lines, 1)))
    click.echo(f"\nAny {threshold} of these {number} shares are the root key {root.id}; fewer tell nothing. Give each to another "
               "keeper, and leave no copy here. `securemsg restore FILE --check --shares …` proves that they do.", err=True)


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new file for the root key, readable by you alone.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]…")
def join(out: Path, files: tuple[Path, ...]) -> None:
    """Make the root key out of shares again: FILEs with one each, or lines on stdin."""
    root = joined(files)
    try:
        roots.create_file(out.absolute(), roots.text_of(root))
    except OSError as error:
        raise Refused(f"{out} cannot be made: {error.strerror}. Nothing was written.") from error
    click.echo(f"The root key {root.id} is in {out}.")


def joined(files: Sequence[Path]) -> RootKey:
    """The root key of the shares in these files; without any, of those on stdin, one a line."""
    if files:
        return shares.join([_words(path) for path in files])
    if sys.stdin.isatty():
        click.echo("Type one share a line; an empty line ends them.", err=True)
    return shares.join([line for line in iter(sys.stdin.readline, "\n") if line.strip()] if sys.stdin.isatty() else
                       [line for line in sys.stdin.read().splitlines() if _is_share(line)])


def under(settings: Settings, root: RootKey) -> Settings:
    """The settings of a service whose root key is this one and no other; it is in memory alone."""
    name = "SECUREMSG_JOINED_SHARES"
    return Settings({**settings, "root_key": (f"env:{name}",)}, {**settings.environ, name: roots.text_of(root)})


def _words(path: Path) -> str:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The share {path} cannot be read.") from error
    return " ".join(line for line in lines if _is_share(line))


def _is_share(line: str) -> bool:
    """A printed share has a heading and empty lines around it."""
    return bool(line.strip()) and not line.startswith("Share ")
