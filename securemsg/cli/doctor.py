"""`securemsg doctor`."""

import sys
from dataclasses import asdict

import click
import orjson

from securemsg.checks import Finding, examined
from securemsg.cli.at_hand import for_programs

_COLORS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@for_programs
def doctor(as_json: bool) -> None:
    """Check configuration, keys, database, disk, clock and more: a sentence for each. Exit status 1 when something failed."""
    findings = examined()
    sound = all(finding.state != "fail" for finding in findings)
    if as_json:
        told = {"ok": sound, "checks": [asdict(finding) for finding in findings]}
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
    else:
        _print(findings)
    sys.exit(0 if sound else 1)


def _print(findings: list[Finding]) -> None:
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        mark = click.style(finding.state.ljust(4), fg=_COLORS[finding.state])
        click.echo(f"{mark}  {finding.check.ljust(width)}  {finding.sentence}")
