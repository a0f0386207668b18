"""`securemsg audit verify | export | checkpoint`."""

import sys
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from securemsg.cli.at_hand import opened
from securemsg.desk import audit_log
from securemsg.desk.audit_log import ClinicLog, Report
from securemsg.errors import Misconfigured
from securemsg.times import rfc3339


@click.group()
def audit() -> None:
    """The log of who did what: check it, copy it, sign how far it reaches."""


@audit.command()
@click.option("--anchor", "anchors", multiple=True, type=click.Path(path_type=Path),
              help="A file in which checkpoints were kept elsewhere: an anchor's, or an extract of a system log. More than once.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def verify(anchors: tuple[Path, ...], as_json: bool) -> None:
    """Check every row, number, root and signature; status 1 and the first bad row if something is not as it was written."""
    texts = [_text(path) for path in anchors]
    with opened() as desk:
        report = audit_log.verify(desk, texts, _progress)
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    click.echo(orjson.dumps(_facts(report), option=orjson.OPT_INDENT_2).decode() if as_json else _sentences(report))
    sys.exit(0 if report.intact else 1)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise Misconfigured(f"The anchor {path} cannot be read: {error.strerror}.") from error


def _progress(done: int, total: int) -> None:
    """On a terminal only, and on stderr: what is printed stays what was found."""
    if sys.stderr.isatty():
        part = done / max(done, total, 1)
        click.echo(f"\r[{'#' * int(part * 40):<40}] {done:,} of {total:,} rows", nl=False, err=True)


def _sentences(report: Report) -> str:
    lines = [_line(log) for log in report.clinics] or ["The log is empty."]
    if bad := report.first_fault:
        row = "" if bad.number is None and bad.id is None else f"First bad row: number {bad.number}, id {bad.id or 'unknown'}. "
        lines.append(f"\nNOT INTACT: the log of {bad.clinic}. {row}{bad.fault}")
    else:
        lines.append(f"\nIntact: {report.rows:,} rows.")
    lines += ["Without an anchor this cannot be seen:", *(f"- {each};" for each in report.unseen)] if report.unseen else []
    lines += ["Keep checkpoints elsewhere (SECUREMSG_ANCHORS, or `securemsg audit checkpoint`) and give them to --anchor."] \
        if report.unseen else []
    lines += [f"{report.strange} checkpoints in the anchor are another service's."] if report.strange else []
    return "\n".join(lines)


def _line(log: ClinicLog) -> str:
    sealed = f", signed {rfc3339(log.made_at)}" if log.made_at else ""
    cut = f", rows up to {log.cut_upto:,} cut off by retention" if log.cut_upto else ""
    waiting = f", {log.unsealed:,} not sealed yet" if log.unsealed else ""
    anchored = f", {log.anchored:,} compared with the anchor" if log.anchored else ""
    what = f"{log.sealed:,} rows under {log.checkpoints:,} checkpoints"
    return f"{'BAD ' if log.fault else 'ok  '} {log.clinic}: {what}{anchored}{waiting}{cut}{sealed}"


def _facts(report: Report) -> dict:
    bad = report.first_fault
    return {"intact": report.intact, "rows": report.rows, "first_bad_row": _fault(bad) if bad else None,
            "cannot_see": report.unseen, "strange_checkpoints": report.strange,
            "clinics": [{**asdict(log), "rows": log.rows, "intact": not log.fault} for log in report.clinics]}


def _fault(log: ClinicLog) -> dict:
    return {"clinic": log.clinic, "number": log.number, "id": log.id, "fault": log.fault}
