"""What every command needs: the desk, opened for one piece of work, and who is speaking."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import orjson

from securemsg.desk import Desk, open_desk
from securemsg.desk.access import Who
from securemsg.settings import Settings, load


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Desk]:
    """The desk, closed again when the work is done."""
    desk = open_desk(settings or load())
    try:
        yield desk
    finally:
        desk.close()


def speaker(clinic_id: str) -> Who:
    """Whoever may run this command on this machine; the audit row says so."""
    return Who("service", clinic_id)


def show(rows: list[dict], as_json: bool) -> None:
    """A listing: JSON for programs, aligned columns for people."""
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    names = list(rows[0]) if rows else []
    lines = [names, *(["" if row[name] is None else str(row[name]) for name in names] for row in rows)] if rows else []
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
