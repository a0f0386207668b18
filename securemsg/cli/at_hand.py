"""What every command needs: the desk, opened for one piece of work, and who is speaking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
import orjson

from securemsg.desk import Desk, open_desk
from securemsg.desk.access import Who
from securemsg.desk.archive.ledger import Ledger
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.legible import printable
from securemsg.errors import Missing, Unavailable
from securemsg.settings import Settings, load
from securemsg.store import Database, clinics, require_newest

for_programs = click.option("--json", "as_json", is_flag=True, help="For programs.")


@contextmanager
def opened(settings: Settings | None = None, tables: Callable[[Database], None] = require_newest) -> Iterator[Desk]:
    """The desk, closed again when the work is done. `tables` as `open_desk` takes it."""
    desk = open_desk(settings or load(), tables=tables)
    try:
        yield desk
    finally:
        desk.close()


@contextmanager
def at_clinic(slug: str) -> Iterator[tuple[Desk, Clinic]]:
    """The desk, and the clinic of that short name."""
    with opened() as desk:
        yield desk, clinic_named(desk, slug)


def speaker(clinic_id: str) -> Who:
    """Whoever may run this command on this machine; the audit row says so."""
    return Who("service", clinic_id)


def clinic_named(desk: Desk, slug: str) -> Clinic:
    """The clinic of that short name; Missing with the names that there are."""
    try:
        return clinic(desk, slug)
    except Missing:
        known = ", ".join(row.slug for row in desk.database.read(clinics.everyone))
        there = f"There are: {known}." if known else "There is none yet: `securemsg clinic add` makes one."
        raise Missing(f"There is no clinic {slug!r} here. {there}") from None


def write_down(desk: Desk) -> None:
    """What just ended stands in the ledger before the command does, whether anybody serves or not: no restored copy undoes it."""
    try:
        Ledger(desk).catch_up()
    except Unavailable as error:
        click.echo(f"It is done, but the ledger {desk.settings.ledger} cannot be written: {error.detail} `securemsg serve` "
                   "writes it down as soon as it can; a copy restored before that does not know of it.", err=True)


def show(rows: list[dict], as_json: bool) -> None:
    """A listing: JSON for programs, aligned columns for people, lists in them with commas, what moves a cursor as U+FFFD."""
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    if not rows:
        click.echo("None yet.")
        return
    names = list(rows[0])
    lines = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    return printable("" if value is None else ", ".join(value) if isinstance(value, list) else str(value))
