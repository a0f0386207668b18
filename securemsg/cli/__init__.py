"""The `securemsg` command."""

import sys

import click

from securemsg.cli.audit import audit
from securemsg.cli.backup import backup, backup_key, restore
from securemsg.cli.clinic import clinic
from securemsg.cli.doctor import doctor
from securemsg.cli.erase import erase, hold
from securemsg.cli.example import example
from securemsg.cli.export import export, import_
from securemsg.cli.init import init
from securemsg.cli.keys import keys
from securemsg.cli.migrate import migrate
from securemsg.cli.openapi import openapi
from securemsg.cli.plugins import WithPlugins, plugins
from securemsg.cli.pool import pool
from securemsg.cli.retention import retention
from securemsg.cli.serve import demo, serve
from securemsg.cli.staff import staff
from securemsg.cli.token import token
from securemsg.cli.worker import worker
from securemsg.errors import Error
from securemsg.logs import place


@click.group(cls=WithPlugins)
@click.version_option(package_name="securemsg", message="%(prog)s %(version)s")
def commands() -> None:
    """Secure messaging for clinics. Settings come from the environment; see the README."""


for _command in (init, serve, worker, demo, doctor, clinic, staff, pool, token, audit, keys, erase, hold, retention, export,
                 import_, backup, backup_key, restore, migrate, openapi, plugins, example):
    commands.add_command(_command)


def main() -> None:
    """Run the command; an error of ours is one sentence and status 1. A mistake in the program is told by its type and place,
    never by its words: they may be somebody's.
    """
    try:
        commands(prog_name="securemsg")
    except Error as error:
        lines = [text for texts in (error.errors or {}).values() for text in texts]
        print("\n".join(["securemsg: " + error.detail, *lines]), file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        print(f"securemsg: This is a mistake in the program: {type(error).__name__} at {place(error.__traceback__)}. Please "
              "report this line; it holds nobody's data.", file=sys.stderr)
        sys.exit(1)
