"""The README's tables, made from the code; `python -m tests.readme` writes them into the file."""

import re
from pathlib import Path
from pkgutil import iter_modules

import click
from limits import parse

from securemsg import plugins
from securemsg.cli import commands
from securemsg.desk.door.attempts import FREE_FAILURES, LONGEST_PAUSE_SECONDS
from securemsg.http.limits import LIMITS
from securemsg.registry import Registry
from securemsg.registry.settings import full_name
from securemsg.settings import PREFIX, SETTINGS

README = Path(__file__).parent.parent / "README.md"


def tables() -> dict[str, str]:
    """The text of each table by its name."""
    return {"commands": _commands(), "settings": _settings(), "plugins": _plugins(), "limits": _limits()}


def filled(text: str) -> str:
    """The README with each table between its two marks."""
    for name, table in tables().items():
        text, found = re.subn(
            rf"(<!-- {name}:[^>]*-->\n).*?(<!-- /{name} -->)", lambda m, t=table: m[1] + t + m[2], text, flags=re.S
        )
        assert found == 1, f"README.md has {found} places for the {name} table"
    return text


def _commands() -> str:
    rows = [f"| `securemsg {name}` | {_sentence(command)} |" for name, command in _walked("", commands)]
    return "\n".join(["| Command | Does |", "|---|---|", *rows]) + "\n"


def _walked(prefix: str, group: click.Group):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _walked(f"{prefix}{name} ", command)
        else:
            arguments = "".join(
                f" {parameter.human_readable_name}" for parameter in command.params if isinstance(parameter, click.Argument)
            )
            yield f"{prefix}{name}{arguments}", command


def _sentence(command: click.Command) -> str:
    return " ".join((command.help or "").split())


def _settings() -> str:
    rows = [f"| `{PREFIX}{s.name}` | {f'`{s.default}`' if s.default else ''} | {s.help} |" for s in SETTINGS]
    return "\n".join(["| Setting | Default | What |", "|---|---|---|", *rows]) + "\n"


def _plugins() -> str:
    """The settings of the bundled ones, by plugin."""
    names = tuple(module.name for module in iter_modules(plugins.__path__))
    rows = [f"| {name} | `{full_name(name, s)}` | {f'`{s.default}`' if _is_short(s.default) else ''} | {s.per} | {s.help} |"
            for name, settings in Registry.load(names).settings.items() for s in settings]
    return "\n".join(["| Plugin | Setting | Default | Of each | What |", "|---|---|---|---|---|", *rows]) + "\n"


def _is_short(default: str) -> bool:
    return 0 < len(default) < 60 and "\n" not in default


def _limits() -> str:
    rows = [
        f"| {budget} | {whom} | {_amount(amount)} | {_amount(proven) if proven else ''} |"
        for budget, whom, amount, proven in LIMITS
    ]
    wrong = f"{FREE_FAILURES} wrong ones, then pauses that grow to {LONGEST_PAUSE_SECONDS // 60} minutes"
    rows.append(f"| sign-in | account; each of its known browsers by itself | {wrong} |  |")
    head = ["| Budget | Counted for | How much | And with a proof of work |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def _amount(text: str) -> str:
    amount, seconds = parse(text).amount, parse(text).get_expiry()
    return f"{amount:,} in {'an hour' if seconds == 3600 else 'a minute' if seconds == 60 else f'{seconds} s'}"


if __name__ == "__main__":
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
