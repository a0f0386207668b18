"""`securemsg clinic add | list | show | set`."""

from dataclasses import replace

import click
import orjson

from securemsg.cli.at_hand import clinic_named, opened, show, speaker
from securemsg.desk import owner
from securemsg.desk.defaults import CATEGORIES, CONSENT, EMERGENCY, PROMISE
from securemsg.desk.owner import Card
from securemsg.store import clinics
from securemsg.times import rfc3339
from securemsg.words import LANGUAGES


@click.group()
def clinic() -> None:
    """Add and change clinics."""


@clinic.command()
@click.argument("slug")
@click.option("--name", required=True, help="The clinic's name as visitors know it.")
@click.option("--timezone", default="UTC", help="An IANA zone, for example Europe/Berlin.")
@click.option("--emergency-number", default="112", help="The number people call in an emergency there.")
@click.option("--phone", multiple=True, help="May be given more than once.")
@click.option("--origin", multiple=True,
              help="An address the widget may stand on, e.g. https://www.clinic.example. More than once.")
@click.option("--language", default="en", help=f"What the clinic itself writes in: {', '.join(LANGUAGES)}; also like de-CH.")
def add(slug: str, name: str, timezone: str, emergency_number: str, phone: tuple[str, ...], origin: tuple[str, ...],
        language: str) -> None:
    """Add a clinic with keys of its own; the rest of its card is edited by its owner."""
    with opened() as desk:
        owner.add_clinic(desk, slug, first_card(name, timezone, emergency_number, phone, origin, language), desk.clock())
        click.echo(f"Clinic {slug} is here: {desk.settings.public_url}/contact/{slug}")
        click.echo(f"Next: securemsg staff add {slug} --name NAME --email EMAIL --role owner")


def first_card(name: str, timezone: str, emergency_number: str, phones: tuple[str, ...], origins: tuple[str, ...],
               language: str = "en") -> Card:
    """What a clinic says of itself at first; its owner edits the rest."""
    profile = {"name": name, "address": "", "phones": list(phones), "doctors": [], "hours_text": "", "promise": str(PROMISE),
               "emergency_text": str(EMERGENCY.format(number=emergency_number))}
    categories = tuple((name, str(label), is_open, contact) for name, label, is_open, contact in CATEGORIES)
    return Card(profile, timezone, language, emergency_number, "#0b6e6e", origins, categories, str(CONSENT))


@clinic.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(as_json: bool) -> None:
    """All clinics of this service."""
    with opened() as desk:
        rows = desk.database.read(clinics.everyone)
        show([{"clinic": row.slug, "name": orjson.loads(row.profile)["name"], "added": rfc3339(row.created_at)} for row in rows],
             as_json)


@clinic.command("show")
@click.argument("slug")
def show_(slug: str) -> None:
    """A clinic's card and origins, as JSON."""
    with opened() as desk:
        home = clinic_named(desk, slug)
        click.echo(orjson.dumps({**home.card(), "origins": home.origins}, option=orjson.OPT_INDENT_2).decode())


@clinic.command("set")
@click.argument("slug")
@click.option("--name")
@click.option("--timezone")
@click.option("--emergency-number")
@click.option("--phone", multiple=True, help="Replaces all phones.")
@click.option("--origin", multiple=True, help="Replaces all origins.")
@click.option("--language", help="What the clinic itself writes in; a notice in our words follows.")
def set_(slug: str, name: str | None, timezone: str | None, emergency_number: str | None, phone: tuple[str, ...],
         origin: tuple[str, ...], language: str | None) -> None:
    """Change what is given; the rest stays."""
    _refuse_nothing({"--name": name, "--timezone": timezone, "--emergency-number": emergency_number, "--phone": phone or None,
                     "--origin": origin or None, "--language": language})
    with opened() as desk:
        home = clinic_named(desk, slug)
        number = emergency_number or home.emergency_number
        said = home.profile["emergency_text"].replace(home.emergency_number, number)  # one number on the card, never two
        profile = {**home.profile, "emergency_text": said, **({"name": name} if name else {}),
                   **({"phones": list(phone)} if phone else {})}
        card = replace(owner.card_of(home), profile=profile, timezone=timezone or home.timezone, emergency_number=number,
                       origins=origin or home.origins, locale=language or home.locale)
        owner.save_card(desk, speaker(home.id), home, card, home.version, desk.clock())
        click.echo(f"Clinic {slug} is changed.")


def _refuse_nothing(given: dict[str, str | tuple[str, ...] | None]) -> None:
    """A change without anything to change, or to nothing, is a slip: an empty variable in a script, say."""
    values = {option: value for option, value in given.items() if value is not None}
    if not values:
        raise click.UsageError(f"Nothing is changed: give at least one of {', '.join(given)}.")
    for option, value in values.items():
        if any(not part.strip() for part in (value if isinstance(value, tuple) else (value,))):
            raise click.UsageError(f"Nothing is changed: {option} is empty. Leave it out to keep what is there.")
