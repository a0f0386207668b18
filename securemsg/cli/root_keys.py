"""`securemsg keys new`: a root key to come after the present one, or for who keeps it elsewhere than in a file."""

from pathlib import Path

import click

from securemsg.crypto import roots
from securemsg.errors import Refused
from securemsg.settings import Settings, load

_NEXT = ("Nothing uses it yet. Name it first in SECUREMSG_ROOT_KEY and the present one behind it, start the service anew, and "
         "run `securemsg keys rotate --root`. Keep a copy of it, apart from the data.")


@click.command()
@click.argument("file")
def new(file: str) -> None:
    """Make a root key that nothing uses yet, in a new FILE that you alone can read; `-`: on stdout, for `env:` and `exec:`."""
    text, settings = roots.new_text(), load()
    root = roots.parse(text, "What was just made")
    path = None if file == "-" else Path(file).absolute()
    if path:
        _keep(path, text, settings)
    else:
        click.echo(text)
    click.echo(f"This is the root key {root.id}. {_NEXT}", err=True)
    if path and path.parent != settings.keystore.parent:
        click.echo(f"With it, set SECUREMSG_KEYSTORE={settings.keystore}: else the keystore is looked for beside the new key.",
                   err=True)


def _keep(path: Path, text: str, settings: Settings) -> None:
    if path.resolve().is_relative_to(settings.data.resolve()):
        raise Refused(f"{path} lies inside the data folder {settings.data}; whoever copies the data would hold the key as well. "
                      "Nothing was written.")
    try:
        roots.create_file(path, text)
    except OSError as error:
        raise Refused(f"{path} cannot be made: {error.strerror}. Nothing was written.") from error
