"""`securemsg clinic add | list | show | set`."""

from dataclasses import replace

import click
import orjson

from securemsg.cli.at_hand import at_clinic, for_programs, opened, show, speaker
from securemsg.desk import Desk, owner, plugin_settings
from securemsg.desk.defaults import CATEGORIES, CONSENT, EMERGENCY, PROMISE
from securemsg.desk.owner import Card
from securemsg.errors import Refused
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
@for_programs
def list_(as_json: bool) -> None:
    """All clinics of this service."""
    with opened() as desk:
        rows = desk.database.read(clinics.everyone)
        show([{"id": row.id, "clinic": row.slug, "name": orjson.loads(row.profile)["name"], "added": rfc3339(row.created_at)}
              for row in rows], as_json)


@clinic.command("show")
@click.argument("slug")
@click.option("--json", is_flag=True, expose_value=False, help="It is JSON in any case.")
def show_(slug: str) -> None:
    """A clinic's card, origins and what it set for its plugins, as JSON."""
    with at_clinic(slug) as (desk, home):
        plugins = {plugin: _set_there(desk, home.id, plugin) for plugin in desk.registry.names}
        told = {"id": home.id, "clinic": home.slug, **home.card(), "origins": home.origins, "plugins": plugins}
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())


def _set_there(desk: Desk, clinic_id: str, plugin: str) -> dict[str, str]:
    """What the clinic set itself, by name; of a secret only that it did."""
    secret = {setting.name for setting in desk.registry.settings.get(plugin, ()) if setting.secret}
    texts = plugin_settings.kept(desk, clinic_id, plugin).texts
    return {name: "(set)" if name in secret else text for name, text in texts.items()}


@clinic.command("set")
@click.argument("slug")
@click.option("--name")
@click.option("--timezone")
@click.option("--emergency-number")
@click.option("--phone", multiple=True, help="Replaces all phones.")
@click.option("--origin", multiple=True, help="Replaces all origins.")
@click.option("--language", help="What the clinic itself writes in; a notice in our words follows.")
@click.option("--plugin", "of_plugins", multiple=True, metavar="PLUGIN.NAME=TEXT",
              help="A setting of a plugin; without TEXT what the service has counts again. More than once.")
def set_(slug: str, name: str | None, timezone: str | None, emergency_number: str | None, phone: tuple[str, ...],
         origin: tuple[str, ...], language: str | None, of_plugins: tuple[str, ...]) -> None:
    """Change what is given; the rest stays."""
    _refuse_nothing({"--name": name, "--timezone": timezone, "--emergency-number": emergency_number, "--phone": phone or None,
                     "--origin": origin or None, "--language": language, "--plugin": of_plugins or None})
    with at_clinic(slug) as (desk, home):
        _set_plugins(desk, home.id, _by_plugin(of_plugins))
        if not any((name, timezone, emergency_number, phone, origin, language)):
            click.echo(f"Clinic {slug} is changed.")
            return
        number = emergency_number or home.emergency_number
        said = home.profile["emergency_text"].replace(home.emergency_number, number)  # one number on the card, never two
        profile = {**home.profile, "emergency_text": said, **({"name": name} if name else {}),
                   **({"phones": list(phone)} if phone else {})}
        card = replace(owner.card_of(home), profile=profile, timezone=timezone or home.timezone, emergency_number=number,
                       origins=origin or home.origins, locale=language or home.locale)
        owner.save_card(desk, speaker(home.id), home, card, home.version, desk.clock())
        click.echo(f"Clinic {slug} is changed.")


def _set_plugins(desk: Desk, clinic_id: str, by_plugin: dict[str, dict[str, str]]) -> None:
    for plugin, texts in by_plugin.items():
        try:
            plugin_settings.change(desk, speaker(clinic_id), plugin, texts, desk.clock())
        except Refused as error:
            told = {name: [f"{plugin}.{name}: {fault}" for fault in faults] for name, faults in (error.errors or {}).items()}
            raise Refused(f"The plugin {plugin} was not changed.", errors=told) from error


def _by_plugin(given: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Each `hours.weekly=…` by plugin and name."""
    found: dict[str, dict[str, str]] = {}
    for each in given:
        where, equals, text = each.partition("=")
        plugin, dot, name = where.strip().partition(".")
        if not (equals and dot and plugin and name):
            raise click.UsageError(f"--plugin takes PLUGIN.NAME=TEXT, and {each!r} is none.")
        found.setdefault(plugin, {})[name] = text
    return found


def _refuse_nothing(given: dict[str, str | tuple[str, ...] | None]) -> None:
    """A change without anything to change, or to nothing, is a slip: an empty variable in a script, say."""
    values = {option: value for option, value in given.items() if value is not None}
    if not values:
        raise click.UsageError(f"Nothing is changed: give at least one of {', '.join(given)}.")
    for option, value in values.items():
        if any(not part.strip() for part in (value if isinstance(value, tuple) else (value,))):
            raise click.UsageError(f"Nothing is changed: {option} is empty. Leave it out to keep what is there.")
