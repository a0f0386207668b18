"""The `securemsg` command."""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from keyword import iskeyword

import click

from securemsg.cli.plugins import WithPlugins
from securemsg.errors import Error
from securemsg.logs import place

_ORDER = ("init", "serve", "worker", "demo", "doctor", "clinic", "staff", "pool", "token", "audit", "keys", "erase", "hold",
          "retention", "export", "import", "backup", "backup-key", "restore", "migrate", "openapi", "plugins", "example")
_HOMES = {"demo": "serve", "hold": "erase", "import": "export", "backup-key": "backup", "restore": "backup"}


class Verbs(Mapping[str, click.Command]):
    """Our own commands by their names. Each is imported when it is asked for: a start would take a fifth longer with all of
    them, of which it needs one.
    """

    def __getitem__(self, name: str) -> click.Command:
        if name not in _ORDER:
            raise KeyError(name)
        word = name.replace("-", "_")
        return getattr(import_module(f"securemsg.cli.{_HOMES.get(name, name)}"), f"{word}_" if iskeyword(word) else word)

    def __contains__(self, name: object) -> bool:
        return name in _ORDER

    def __iter__(self) -> Iterator[str]:
        return iter(_ORDER)

    def __len__(self) -> int:
        return len(_ORDER)


@click.group(cls=WithPlugins, commands=Verbs())
@click.version_option(package_name="securemsg", message="%(prog)s %(version)s")
def commands() -> None:
    """Secure messaging for clinics. Settings come from the environment; see the README."""


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
