"""`securemsg example`: files for the machine that runs it for real, to be sent where their first lines say."""

from pathlib import Path

import click

EXAMPLES = Path(__file__).parent.parent / "examples"
HOST, PROGRAM = "messages.clinic.example", "/opt/securemsg/bin/securemsg"  # as they stand in the files
NAMES = ("securemsg.toml", "securemsg.service", "securemsg-backup.service", "securemsg-backup.timer", "nginx.conf", "Caddyfile")


@click.command()
@click.argument("name", type=click.Choice(NAMES), required=False)
@click.option("--host", default=HOST, help="The name that people reach the service by.")
@click.option("--program", default=PROGRAM, help="Where the command is installed.")
def example(name: str | None, host: str, program: str) -> None:
    """Print a file for running it for real: settings, systemd units, nginx or Caddy. Without a NAME: which there are."""
    if name:
        click.echo(filled(name, host, program), nl=False)
        return
    for each in NAMES:
        first = (EXAMPLES / each).read_text("utf-8").partition("\n")[0]
        click.echo(f"{each.ljust(24)}  {first.removeprefix('# ')}")


def filled(name: str, host: str = HOST, program: str = PROGRAM) -> str:
    """The file with the clinic's own host name and place of the program."""
    return (EXAMPLES / name).read_text("utf-8").replace(HOST, host).replace(PROGRAM, program)
