"""`securemsg init`: asks on a terminal, takes flags without one; all is asked and checked before anything is written."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import click
from sqlalchemy.engine import make_url

from securemsg.cli import questions
from securemsg.cli.at_hand import opened, speaker
from securemsg.cli.clinic import first_card
from securemsg.cli.ignored import ignored
from securemsg.cli.questions import CLINIC, PLACE, Answers, Question
from securemsg.cli.staff import new_link
from securemsg.desk import Desk, owner, people
from securemsg.desk.access import FIRST
from securemsg.desk.clinics import clinic
from securemsg.desk.desk import prepare
from securemsg.errors import Misconfigured, Refused
from securemsg.settings import Settings

_NEXT = """\
  securemsg doctor                what is missing, and what others can read
  securemsg backup-key FILE       once; then `securemsg backup` each night
  securemsg example               files for systemd, nginx and Caddy: securemsg example nginx.conf --host {host}
  securemsg serve                 behind that proxy
Copy root key and keystore away from this machine now, and the ledger ({ledger}) each day."""


def _flags(command: Callable) -> Callable:
    for question in reversed((*PLACE, *CLINIC)):
        command = click.option(question.flag, question.name, help=question.help)(command)
    return command


@click.command()
@_flags
def init(**flags: str | None) -> None:
    """Make the data folder, keys and tables, and the first clinic with its owner. Asks on a terminal, else takes flags.

    What exists already is not changed.
    """
    given = {name: text for name, text in flags.items() if text is not None}
    asks = sys.stdin.isatty()
    answers = _answered(PLACE, given, given, asks)
    settings = questions.settings(answers)
    if there := questions.clinics_of(settings):
        _say_unchanged(settings, there, given)
        _say_settings(answers)
        return
    if asks or any(question.name in given for question in CLINIC):
        answers = _answered(CLINIC, given, answers, asks)
    with _uninterrupted():
        _write(settings, answers)


def _answered(asked: tuple[Question, ...], given: Answers, before: Answers, asks: bool) -> Answers:
    """Each answer from its flag, from the person at the terminal, or its default; Refused names what is missing."""
    answers = {name: text for name, text in before.items() if name not in {question.name for question in asked}}
    for question in asked:
        default = question.default(answers)
        if question.name in given:
            answers[question.name] = question.checked(given[question.name], answers)
        elif asks and question.asked(answers):
            answers[question.name] = _prompted(question, default, answers)
        elif default is not None:
            answers[question.name] = default
        else:
            raise Misconfigured(f"Please give {question.flag} as well: {question.help}")
    return answers


def _prompted(question: Question, default: str | None, answers: Answers) -> str:
    """The answer of somebody at a terminal; a sentence and the same question again until it fits."""
    def fits(text: str) -> str:
        try:
            return question.checked(text.strip(), answers)
        except Refused as error:
            raise click.UsageError(error.detail) from error

    return click.prompt(question.ask, default=default, value_proc=fits, show_default=bool(default))


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C comes too late: what is written takes a second, and would be half there."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _write(settings: Settings, answers: Answers) -> None:
    """All of it; the link last, so that it is seen."""
    prepare(settings)
    with opened(settings) as desk:
        link = _first_clinic(desk, answers) if "slug" in answers else ""
    _say_places(settings)
    _say_settings(answers)
    click.echo("\nNext:" + ("" if link else "\n  securemsg clinic add SLUG --name NAME"))
    click.echo(_NEXT.format(host=urlsplit(settings.public_url).hostname, ledger=settings.ledger))
    if not link:
        return
    click.echo(f"\nThe clinic: {settings.public_url}/contact/{answers['slug']}")
    click.echo(f"One-time sign-in link for {answers['owner_name']}, good for 24 hours, shown only now:\n{link}")


def _first_clinic(desk: Desk, answers: Answers) -> str:
    """The clinic and its owner; the link for the first sign-in."""
    phones, origins = ((answers[name],) if answers[name] else () for name in ("phone", "origin"))
    card = first_card(answers["name"], answers["timezone"], answers["emergency_number"], phones, origins,
                      answers["language"])
    home = owner.add_clinic(desk, answers["slug"], card, desk.clock())
    person = people.add(desk, speaker(home.id), home, answers["owner_name"], answers["owner_email"], None, FIRST,
                        desk.clock())
    return new_link(desk, home, person)


def _say_places(settings: Settings) -> None:
    place = make_url(settings.database_url)
    click.echo(f"Data: {'/'.join(filter(None, (place.host, place.database)))}")
    click.echo(f"Keys: {', '.join(settings.root_key)} and {settings.keystore}. Keep a copy of both, apart from the data:")
    click.echo("whoever loses them loses every message; whoever has them and the data can read every message.")


def _say_settings(answers: Answers) -> None:
    if chosen := questions.to_be_set(answers):
        click.echo("\nEvery later command needs this, in its environment or in the file that SECUREMSG_CONFIG names:")
        click.echo("\n".join(chosen))


def _say_unchanged(settings: Settings, there: list[str], given: Answers) -> None:
    if given.get("slug", there[0]) not in there:
        raise Misconfigured(f"This service is set up already, with {', '.join(there)}; nothing was changed. "
                            f"Add another clinic with: securemsg clinic add {given['slug']}")
    _say_places(settings)
    click.echo(f"All of it was there already, with {len(there)} clinic(s): {', '.join(there)}. Nothing was changed.")
    with opened(settings) as desk:
        for sentence in ignored(desk, clinic(desk, given.get("slug", there[0])), given):
            click.echo(sentence, err=True)
