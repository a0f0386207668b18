"""`securemsg retention run | list | set | certificate`."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
import orjson

from securemsg.cli.at_hand import at_clinic, for_programs, opened, show, speaker, write_down
from securemsg.desk.erasing import after_restore, nightly
from securemsg.desk.erasing import certificate as certificates
from securemsg.desk.erasing import retention as periods
from securemsg.desk.erasing.retention import DAYS, Report
from securemsg.errors import Refused
from securemsg.times import SECOND


@click.group()
def retention() -> None:
    """How long conversations are kept, and what is old enough to go."""


@retention.command()
@click.option("--dry-run", is_flag=True, help="Say what would be erased, and erase nothing.")
@click.option("--after-a-pause", is_flag=True, help="The clock is right, though nothing was recorded for a month.")
@click.option("--after-a-restore", is_flag=True, help="All is held that has to be, though a restore had no whole ledger.")
@for_programs
def run(dry_run: bool, after_a_pause: bool, after_a_restore: bool, as_json: bool) -> None:
    """Erase what is old enough, in every clinic. The service does this once a day by itself."""
    with opened() as desk:
        now = desk.clock()
        if not (dry_run or after_a_pause):
            nightly.refuse_after_a_pause(desk, now)
        if after_a_restore and not dry_run:
            after_restore.resume(desk, now)
        if not dry_run:
            after_restore.refuse_while_waiting(desk)
        reports = periods.everywhere(desk, now, dry_run)
        if not dry_run:
            nightly.shred(desk, now)
            write_down(desk)
    show([row for report in reports for row in _rows(report)], as_json)


@retention.command("list")
@click.argument("slug")
@for_programs
def list_(slug: str, as_json: bool) -> None:
    """How many days what is kept after the last message, by topic and kind."""
    with at_clinic(slug) as (desk, home):
        chosen = periods.periods(desk, home.id)
    topics = ["", *(each.name for each in home.categories if each.listed)]
    show([{"topic": topic or "(all)", "kind": kind, "days": periods.days(chosen, topic, kind),
           "set_by": "clinic" if (topic, kind) in chosen or ("", kind) in chosen else "usual"}
          for topic in topics for kind in DAYS if topic == "" or (topic, kind) in chosen], as_json)


@retention.command("set")
@click.argument("slug")
@click.argument("kind", type=click.Choice(list(DAYS)))
@click.argument("days", type=int)
@click.option("--topic", default="", help="The short name of one topic; without it, all.")
def set_(slug: str, kind: str, days: int, topic: str) -> None:
    """Keep what is of this KIND for so many DAYS after its last message."""
    with at_clinic(slug) as (desk, home):
        periods.set_period(desk, speaker(home.id), home, topic, kind, days, desk.clock())
    click.echo(f"{kind} is kept for {days} days{f' in {topic}' if topic else ''}.")


@retention.command()
@click.argument("slug")
@click.option("--from", "since", required=True, help="The first day, as 2026-01-31.")
@click.option("--until", help="The day after the last; without it, until now.")
def certificate(slug: str, since: str, until: str | None) -> None:
    """Print what was erased in that time, as counts, signed: the public keys are at /receipt-keys.json."""
    with at_clinic(slug) as (desk, home):
        now = desk.clock()
        begin, end = _midnight(since, home.timezone), _midnight(until, home.timezone) if until else now
        told = certificates.certificate(desk, home, begin, end, now)
    click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())


def _midnight(text: str, timezone: str) -> int:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text[:20]!r} is no day; one is written like 2026-01-31.") from None
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).timestamp()) * SECOND


def _rows(report: Report) -> list[dict[str, Any]]:
    done = "would be erased" if report.dry else "erased"
    rows = [{"clinic": report.clinic, "what": f"{category or 'no topic'}: {kind}", "number": number, "outcome": done}
            for (category, kind), number in sorted(report.erased.items())]
    rows += [{"clinic": report.clinic, "what": reference, "number": 1, "outcome": f"left: {why}"}
             for reference, why in sorted(report.left.items())]
    drafts = [{"clinic": report.clinic, "what": "drafts", "number": report.drafts, "outcome": done}] if report.drafts else []
    return rows + drafts or [{"clinic": report.clinic, "what": "nothing is old enough", "number": 0, "outcome": ""}]
