"""`securemsg token add | list | revoke | rotate`."""

import re
from typing import Any
from uuid import UUID

import click

from securemsg.cli.at_hand import at_clinic, for_programs, show, speaker, write_down
from securemsg.desk.access import SCOPES
from securemsg.desk.system import tokens
from securemsg.desk.system.tokens import MOST_DAYS, USUAL_DAYS, USUAL_OVERLAP_HOURS, Token
from securemsg.times import DAY, HOUR, MINUTE, rfc3339

_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}


class Span(click.ParamType):
    """`90d`, `24h` or `30m`, in microseconds."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"([0-9]{1,6})([mhd])", value)
        if match is None:
            self.fail(f"{value[:20]!r} is no time span; one is written like 90d, 24h or 30m.", param, ctx)
        return int(match[1]) * _UNITS[match[2]]


class Id(click.ParamType):
    """A token's id, with hyphens or, as it stands in the token, without."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return str(UUID(value))
        except ValueError:
            self.fail(f"{value[:40]!r} is no token's id; `securemsg token list` shows them.", param, ctx)


@click.group()
def token() -> None:
    """Let other systems in, by tokens with scopes and an end."""


@token.command()
@click.argument("slug")
@click.option("--label", required=True, help="Which system it is for, as staff and the audit log call it.")
@click.option("--scopes", required=True, help=f"What it may do, with commas between: {', '.join(SCOPES)}.")
@click.option("--expires", type=Span(), default=f"{USUAL_DAYS}d", show_default=True, help=f"When it ends; {MOST_DAYS}d at most.")
def add(slug: str, label: str, scopes: str, expires: int) -> None:
    """Make a token and print it, this once."""
    wanted = tuple(filter(None, (scope.strip() for scope in scopes.split(","))))
    with at_clinic(slug) as (desk, home):
        secret, made = tokens.add(desk, speaker(home.id), home, label, wanted, expires, desk.clock())
        _print(secret, made)


@token.command("list")
@click.argument("slug")
@for_programs
def list_(slug: str, as_json: bool) -> None:
    """All tokens of a clinic, ended ones too."""
    with at_clinic(slug) as (desk, home):
        now = desk.clock()
        show([_row(each, now) for each in tokens.everyone(desk, home)], as_json)


@token.command()
@click.argument("slug")
@click.argument("id", type=Id())
def revoke(slug: str, id: str) -> None:
    """End a token at once."""
    with at_clinic(slug) as (desk, home):
        ended = tokens.revoke(desk, speaker(home.id), home, id, desk.clock())
        write_down(desk)
        click.echo(f"The token {ended.label!r} opens nothing any more.")


@token.command()
@click.argument("slug")
@click.argument("id", type=Id())
@click.option("--overlap", type=Span(), default=f"{USUAL_OVERLAP_HOURS}h", show_default=True,
              help="How long the old one holds beside the new one; 0m ends it at once.")
def rotate(slug: str, id: str, overlap: int) -> None:
    """Make another token in place of one, with the same label, scopes and lifetime, and print it, this once."""
    with at_clinic(slug) as (desk, home):
        secret, made = tokens.rotate(desk, speaker(home.id), home, id, overlap, desk.clock())
        _print(secret, made)
        click.echo(f"The one before it ends {rfc3339(tokens.one(desk, home, id).expires_at)}.", err=True)


def _print(secret: str, made: Token) -> None:
    """The token alone stands on the standard output, for who pipes it into a safe."""
    click.echo(f"Token for {made.label}, good until {rfc3339(made.expires_at)}, shown only now; its id is {made.id}.", err=True)
    click.echo(secret)


def _row(each: Token, now: int) -> dict[str, Any]:
    return {"id": each.id, "label": each.label, "state": each.state(now), "scopes": list(each.scopes),
            "created": rfc3339(each.created_at), "expires": rfc3339(each.expires_at),
            "last_used": rfc3339(each.last_used_at) if each.last_used_at else None, "replaced_by": each.replaced_by_id}
