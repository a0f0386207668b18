"""`securemsg audit verify | accept | export | checkpoint`."""

import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import click
import orjson

from securemsg.cli.at_hand import clinic_named, opened
from securemsg.cli.files import new_file, progress
from securemsg.desk.audit import accepting, answering
from securemsg.desk.audit import copies as audit_copies
from securemsg.desk.audit import log as audit_log
from securemsg.desk.audit.breaks import Break
from securemsg.desk.audit.log import ClinicLog, Report
from securemsg.desk.legible import printable
from securemsg.errors import Misconfigured, Refused
from securemsg.times import rfc3339

_SHOWN = 10  # faults of a break, of those that people read


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
    with opened() as desk, progress("Checking") as tell:
        report = audit_log.verify(desk, texts, tell)
    click.echo(_json(report) if as_json else _sentences(report))
    sys.exit(0 if report.intact else 1)


@audit.command()
@click.argument("clinic", required=False)
@click.option("--service", is_flag=True, help="The service's own log, instead of a CLINIC's.")
@click.option("--by", "email", required=True, help="The address of who answers for it: an owner, or somebody in the role"
              " compliance.")
@click.option("--reason", required=True, help="What happened; it stands in the audit log. Name no patient.")
@click.option("--anchor", "anchors", multiple=True, type=click.Path(path_type=Path),
              help="As for `verify`: what does not fit these is accepted as well. More than once.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def accept(clinic: str | None, service: bool, email: str, reason: str, anchors: tuple[Path, ...], yes: bool) -> None:
    """Name all that is not as it was written in a log, answer for it, and seal on behind it. `verify` tells of it ever after."""
    if bool(clinic) == service:
        raise Refused("Say either CLINIC, its short name or id, or --service.")
    texts = [_text(path) for path in anchors]
    with opened() as desk:
        answering.answer(desk, answering.named(desk, clinic or "")[1], email, reason)
        with progress("Checking") as tell:
            found = accepting.look(desk, clinic or "", texts, tell)
        of = found.slug or clinic or "the service"
        click.echo("\n".join([f"Not as it was written in the log of {of}:", *(f"- {fault}" for fault in found.faults)]))
        if not yes:
            click.confirm("Keep it as it is, and go on behind it? This stays in every check of the log.", abort=True, err=True)
        row = accepting.accept(desk, found, email, reason, desk.clock())
    click.echo(f"Accepted. The log of {of} goes on behind row {row.upto_number}, as tree {row.tree}."
               " Keep a new checkpoint elsewhere now: `securemsg audit checkpoint`.")


@audit.command()
@click.argument("slugs", nargs=-1, metavar="[CLINIC]…")
@click.option("--out", default="-", help="A new file, readable by you alone; else it is printed.")
def export(slugs: tuple[str, ...], out: str) -> None:
    """The log as JSON lines, of all clinics or of some, with what is needed to check it; that you took it is recorded in it."""
    with opened() as desk:
        clinic_ids = [clinic_named(desk, slug).id for slug in slugs] or audit_copies.everyone(desk)
        lines = (orjson.dumps(each).decode() + "\n" for each in audit_copies.export(desk, clinic_ids, desk.clock()))
        _give(lines, out)


@audit.command()
@click.option("--out", default="-", help="A new file, readable by you alone; else it is printed.")
def checkpoint(out: str) -> None:
    """Seal what is written by now and give each clinic's newest signed checkpoint, to be kept where the database is not."""
    with opened() as desk:
        taken = audit_copies.checkpoint(desk)
    if taken.notes or not taken.fault:
        _give((f"{note}\n" for note in taken.notes), out)
    if taken.fault:
        raise taken.fault


def _give(lines: Iterable[str], out: str) -> None:
    if out == "-":
        for line in lines:
            click.echo(line, nl=False)
        return
    with new_file(out) as file:
        file.writelines(line.encode() for line in lines)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise Misconfigured(f"The anchor {path} cannot be read: {error.strerror}.") from error


def _sentences(report: Report) -> str:
    lines = [line for log in report.clinics for line in (_line(log), *_breaks(log))] or ["The log is empty."]
    if bad := report.first_fault:
        row = "" if bad.number is None and bad.id is None else f"First bad row: number {bad.number}, id {bad.id or 'unknown'}. "
        lines += ["", f"NOT INTACT: the log of {bad.clinic}. {row}{bad.fault}",
                  "Find out what happened first. `securemsg audit accept` then names all of it, and lets the log go on."]
    else:
        behind = " behind what was accepted, which is not" if any(log.breaks for log in report.clinics) else ""
        lines += ["", f"Intact{behind}: {report.rows:,} rows."]
    lines += [f"This database was put back on {at} from an archive of {made_at}: what came in between is not here, and an anchor"
              " that saw it does not fit." for at, made_at in report.restores]
    lines += ["Beyond the anchor this cannot be seen:" if report.anchored else "Without an anchor this cannot be seen:",
              *(f"- {each};" for each in report.unseen)]
    lines += [] if report.anchored else \
        ["Keep checkpoints elsewhere (SECUREMSG_ANCHORS, or `securemsg audit checkpoint`) and give them to --anchor."]
    lines += [f"{report.strange} checkpoints in the anchor are another service's."] if report.strange else []
    return "\n".join(map(printable, lines))  # an altered row may hold what moves a cursor, or begins a line of its own


def _line(log: ClinicLog) -> str:
    sealed = f", signed {rfc3339(log.made_at)}" if log.made_at else ""
    cut = f", rows up to {log.cut_upto:,} cut off by retention" if log.cut_upto else ""
    waiting = f", {log.unsealed:,} not sealed yet" if log.unsealed else ""
    anchored = f", {log.anchored:,} compared with the anchor" if log.anchored else ""
    what = f"{log.sealed:,} rows under {log.checkpoints:,} checkpoints"
    return f"{'BAD ' if log.fault else 'ok  '} {log.clinic}: {what}{anchored}{waiting}{cut}{sealed}"


def _breaks(log: ClinicLog) -> list[str]:
    """What somebody answered for: told with each check."""
    lines = []
    for each in log.breaks:
        row, faults = each.row, each.faults
        lines.append(f"     ACCEPTED on {rfc3339(row.accepted_at)}, up to row {row.upto_number:,}, and not as it was written; who"
                     f" answers for it and why: row {each.audit_id} of the log.")
        lines += [f"       - {fault}" for fault in faults[:_SHOWN]]
        lines += [f"       - and {len(faults) - _SHOWN:,} more: --json tells all."] if len(faults) > _SHOWN else []
    return lines


def _json(report: Report) -> str:
    return orjson.dumps(_facts(report), default=str, option=orjson.OPT_INDENT_2).decode()  # an altered id may be anything


def _facts(report: Report) -> dict:
    bad = report.first_fault
    return {"intact": report.intact, "rows": report.rows, "first_bad_row": _fault(bad) if bad else None,
            "cannot_see": report.unseen, "strange_checkpoints": report.strange,
            "restores": report.restores,
            "clinics": [{**asdict(replace(log, breaks=())), "rows": log.rows, "intact": not log.fault,
                         "breaks": [_break(each) for each in log.breaks]} for log in report.clinics]}


def _break(each: Break) -> dict:
    row = each.row
    return {"tree": row.tree, "upto": row.upto_number, "accepted_at": rfc3339(row.accepted_at), "person": each.person_id,
            "row": each.audit_id, "faults": each.faults}


def _fault(log: ClinicLog) -> dict:
    return {"clinic": log.clinic, "number": log.number, "id": log.id, "fault": log.fault}
