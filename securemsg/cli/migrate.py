"""`securemsg migrate`."""

import click

from securemsg.cli.at_hand import opened
from securemsg.store import accept_older, form, modernize


@click.command()
def migrate() -> None:
    """Bring the tables to the form that this program needs, while nothing serves. Make a backup before."""
    with opened(tables=accept_older) as desk:
        before = form(desk.database)
        modernize(desk.database)
        after = form(desk.database)
    click.echo(f"The tables have the form {after} now; they had {before}." if before != after else
               f"The tables have the newest form, {after}, already. Nothing was changed.")
