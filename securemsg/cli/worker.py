"""`securemsg worker`."""

import click

from securemsg.delivering import until_stopped


@click.command()
def worker() -> None:
    """Tell plugins what happened and send what they have to send, until stopped. `serve` does it by itself; with PostgreSQL
    further machines may do it, too."""
    until_stopped(beside=False)
