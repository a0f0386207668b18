"""`securemsg backup-key`, `backup` and `restore`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import click
import orjson
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from securemsg.checks.keys import fault_of_copy
from securemsg.cli.at_hand import opened
from securemsg.cli.files import new_file, progress
from securemsg.cli.shares import joined, under
from securemsg.crypto import backup_keys, key_files
from securemsg.desk.archive import backup as backups
from securemsg.desk.archive import drill, restoring
from securemsg.desk.archive.aftermath import needed
from securemsg.errors import Error, Refused
from securemsg.settings import Settings, load
from securemsg.store import accept_older
from securemsg.times import now, rfc3339


@click.command("backup-key")
@click.argument("file")
def backup_key(file: str) -> None:
    """Make a backup key: its private half goes into FILE, to be kept away from this machine; the public half is printed."""
    public, private = backup_keys.new_texts()
    path = Path(file).absolute()
    if path.resolve().is_relative_to(load().data.resolve()):
        raise Refused("The private half must not lie in the data folder: whoever copies the data would hold it as well.")
    try:
        key_files.create(path, private)
    except OSError as error:
        raise Refused(f"{path} cannot be made: {error.strerror}. No key was made.") from error
    click.echo(f"SECUREMSG_BACKUP_KEY={public}")
    click.echo(f"Set this for the service. Take {path} away from this machine, keep two copies of it, and delete it here:\n"
               "without it no archive opens; with it, the root key and the keystore every archive does.", err=True)


@click.command()
@click.argument("file")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def backup(file: str, force: bool) -> None:
    """Write an archive of the database to FILE (`-`: stdout) while the service runs. It does not hold the keys."""
    with opened(tables=accept_older) as desk:  # before an upgrade it is needed most
        backups.backup_key(desk)  # told before a file is begun
        with new_file(file, force) as archive, progress("Backing up") as tell:
            header = backups.back_up(desk, archive, desk.clock(), tell)
        fault = fault_of_copy(desk.settings)
    click.echo(f"Archive {header['archive']}: {sum(header['counts'].values()):,} rows.\n{needed(header)}", err=file == "-")
    if fault:
        click.echo(f"Mind: {fault}", err=True)


@click.command()
@click.argument("file")
@click.option("--key", required=True, help="The file with the private half of the backup key; `-`: stdin.")
@click.option("--check", is_flag=True, help="The drill: open everything in the archive, and write nothing.")
@click.option("--shares", multiple=True, type=click.Path(path_type=Path),
              help="With --check: a file with a share of the root key, more than once; the key is joined in memory alone.")
@click.option("--json", "as_json", is_flag=True, help="With --check: the signed result, for programs.")
def restore(file: str, key: str, check: bool, shares: tuple[Path, ...], as_json: bool) -> None:
    """Put an archive into this service's empty database, while nothing serves; or, with --check, prove that it could be."""
    settings = load()
    if shares and not check:
        raise Refused("Shares alone are for --check. Make the root key of them first: `securemsg keys join --out FILE SHARE…`.")
    settings = under(settings, joined(shares)) if shares else settings
    with _archive(file) as archive:
        _check(settings, archive, _key(key), as_json) if check else _restore(settings, archive, _key(key))


def _restore(settings: Settings, archive: BinaryIO, key: X25519PrivateKey) -> None:
    with progress("Restoring") as tell:
        restored = restoring.restore(settings, archive, key, now, tell)
    header, replayed = restored.header, restored.replayed
    click.echo(f"Archive {header['archive']} of {header['made_at']} is restored: {sum(header['counts'].values()):,} rows.")
    again = ", ".join(f"{number} × {kind}" for kind, number in sorted(replayed.counts.items())) or "nothing"
    click.echo(f"Ended or erased once more by the ledger: {again}. One-time links that were open have ended.")
    click.echo("Messages that came after the archive was made are not here. The audit log says from where it goes on; an anchor "
               "knows of rows that are missing.")
    if replayed.holds:
        click.echo(f"Conversations that are held again, as the ledger knows: {replayed.holds}. See `securemsg hold list`.")
    if replayed.drafts:
        click.echo(f"Replies that waited to go out, given back as drafts to who wrote them: {replayed.drafts}. None of them is "
                   "sent; each may have been, after the archive was made.")
    if replayed.deliveries:
        click.echo(f"Deliveries of plugins that were due, set aside: {replayed.deliveries}. Each may have been made after the "
                   "archive was. The page of plugins shows them, with \"Try again\".")
    if replayed.reaches:
        click.echo(f"The ledger reaches to {rfc3339(replayed.reaches)}. If the service ran after that, this one lacks its end: "
                   "disable and erase once more what ended since.")
    if replayed.sentence:
        click.echo(f"\nMind: {replayed.sentence}", err=True)


def _check(settings: Settings, archive: BinaryIO, key: X25519PrivateKey, as_json: bool) -> None:
    with progress("Opening") as tell:
        result = drill.drill(settings, archive, key, tell)
    with suppress(Error):  # where there is a database to write it into: the drill is good without one
        drill.note(settings, result)
    if as_json:
        click.echo(orjson.dumps(result, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
    elif result["fault"] is None:
        values = sum(result["opened"].values())
        click.echo(f"Archive {result['archive']} of {result['made_at']} is whole: {sum(result['counts'].values()):,} rows, "
                   f"{values:,} values opened and verified, {result['erased']} erased.")
    if result["fault"] is not None:
        raise Refused(f"The drill failed. {result['fault']}")


@contextmanager
def _archive(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(name, "rb")  # noqa: SIM115  closed below
    except OSError as error:
        raise Refused(f"The archive {name} cannot be read: {error.strerror}.") from error
    with file:
        yield file


def _key(name: str) -> X25519PrivateKey:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("ascii")
    except OSError as error:
        raise Refused(f"The key file {name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise Refused(f"The key file {name} cannot be read as text.") from None
    return backup_keys.private(text, f"The key file {name}")
