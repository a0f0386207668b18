"""`securemsg keys status | new | rotate | destroy | split | join`."""

import click
import orjson

from securemsg.cli.at_hand import clinic_named, for_programs, opened, speaker
from securemsg.cli.files import progress
from securemsg.cli.root_keys import new
from securemsg.cli.shares import join, split
from securemsg.desk import Desk
from securemsg.desk import keys as desk_keys
from securemsg.errors import Refused


@click.group()
def keys() -> None:
    """Root keys, epochs, clinics' keys: what there is, new ones, and the end of old ones; while the service serves."""


keys.add_command(new)
keys.add_command(split)
keys.add_command(join)


@keys.command()
@for_programs
def status(as_json: bool) -> None:
    """Which keys there are and what needs them; what was begun and not finished."""
    with opened() as desk:
        found = desk_keys.status(desk)
    click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() if as_json else "\n".join(_sentences(found)))


@keys.command()
@click.option("--root", is_flag=True, help="The first root of SECUREMSG_ROOT_KEY instead of the others in its list.")
@click.option("--epoch", is_flag=True, help="A new epoch key above the keys of the service and of all clinics.")
@click.option("--clinic", "slug", help="New keys for this clinic.")
def rotate(root: bool, epoch: bool, slug: str | None) -> None:
    """A new key, and what the old one wraps wrapped by it. Killed, it goes on where it was when it is run again."""
    if root + epoch + bool(slug) != 1:
        raise Refused("Say one of --root, --epoch and --clinic SLUG.")
    with opened() as desk:
        if root:
            click.echo(_rotated_root(desk))
        elif epoch:
            click.echo(_rotated_epoch(desk))
        else:
            click.echo(_rotated_clinic(desk, slug or ""))


@keys.command()
@click.option("--epoch", "epoch", help="The id of a retired epoch, as `securemsg keys status` tells it.")
@click.option("--early", is_flag=True, help="With --epoch: although backups need it that are kept for longer.")
@click.option("--clinic", "slug", help="With --version: an old version of this clinic's key.")
@click.option("--version", type=int, help="The version to destroy.")
def destroy(epoch: str | None, early: bool, slug: str | None, version: int | None) -> None:
    """Let go of an old key for good. Refused while anything here needs it."""
    if bool(epoch) == bool(slug) or bool(slug) != (version is not None):
        raise Refused("Say either --epoch ID, or --clinic SLUG and --version N.")
    with opened() as desk:
        if epoch:
            desk_keys.destroy_epoch(desk, epoch, desk.clock(), early=early, waits=_waits)
            click.echo(f"The epoch {epoch} is destroyed. What only it opened, in any copy, opens no more.")
        else:
            home = clinic_named(desk, slug or "")
            desk_keys.destroy_version(desk, speaker(home.id), home.id, version or 0, desk.clock(), waits=_waits)
            click.echo(f"Version {version} of the key of {home.slug} is destroyed.")


def _rotated_root(desk: Desk) -> str:
    root = desk.keys.roots[0].id
    if not (moved := desk_keys.rotate_root(desk, desk.clock(), waits=_waits)):
        return f"Every epoch is wrapped by the root {root} already. Nothing was changed."
    return (f"{len(moved)} epoch(s) are wrapped by the root {root} now. The others in SECUREMSG_ROOT_KEY are not needed here any "
            "more, but they open older copies of the keystore. Copy the keystore to where you keep it. A process that was "
            "started without this root has to be started anew: within a minute `securemsg doctor` tells whether one runs.")


def _rotated_epoch(desk: Desk) -> str:
    with progress("Wrapping") as tell:
        done = desk_keys.rotate_epoch(desk, desk.clock(), tell, waits=_waits)
    begun = "An earlier run is finished" if done.resumed else "There is a new epoch"
    return f"{begun}: {done.id} wraps {done.moved} key(s) now. Copy the keystore to where you keep it."


def _rotated_clinic(desk: Desk, slug: str) -> str:
    home = clinic_named(desk, slug)
    with progress("Wrapping") as tell:
        done = desk_keys.rotate_clinic(desk, speaker(home.id), home.id, desk.clock(), tell, waits=_waits)
    begun = "An earlier run is finished" if done.resumed else "There are new keys"
    strange = f" {done.strange} did not open, since somebody altered them, and were left as they were." if done.strange else ""
    return f"{begun}: version {done.version} of the key of {home.slug} wraps {done.moved:,} more conversation keys.{strange}"


def _waits() -> None:
    click.echo("Another command changes keys just now; waiting for it to end.", err=True)


def _sentences(found: dict) -> list[str]:
    lines = [f"root   {row['id']}  from {row['from']:<7} {'active' if row['active'] else 'opens only'}, wraps {row['epochs']} "
             "epoch(s)" for row in found["roots"]]
    lines += [f"epoch  {row['id']}  {_epoch(row)}" for row in found["epochs"]]
    for row in found["clinics"]:
        wraps = "" if row["conversations"] is None else f", wraps {row['conversations']:,} conversation keys"
        lines.append(f"key    {row['clinic']}  {row['purpose']} {row['version']}: {row['state']}, made {row['made_at']}, under "
                     f"{row['wrapped_by'] or 'nothing'}{wraps}")
    lines += [f"Not finished: run `{command}`." for command in found["unfinished"]]
    return lines


def _epoch(row: dict) -> str:
    made = f", made {row['made_at']}" if row["made_at"] else ""
    until = f", needed by backups until {row['needed_by_backups_until']}" if row["state"] == "retired" else ""
    return f"{row['state']}{made}, under the root {row['root']}, wraps {row['keys']} key(s){until}"
