"""`securemsg staff add | list | roles | disable | link`."""

import click

from securemsg.cli.at_hand import at_clinic, for_programs, show, speaker, write_down
from securemsg.desk import Desk, looked_after, people
from securemsg.desk.access import ROLES
from securemsg.desk.clinics import Clinic
from securemsg.desk.people import Person


@click.group()
def staff() -> None:
    """Add people, list them, give roles, make one-time links, end access."""


@staff.command()
@click.argument("slug")
@click.option("--name", required=True, help="As visitors see it beside replies.")
@click.option("--email", required=True, help="For signing in.")
@click.option("--role", "roles", multiple=True, type=click.Choice(list(ROLES)), default=("staff",),
              help="More than once if needed.")
@click.option("--title", help="What visitors see beside the name, e.g. Nurse.")
def add(slug: str, name: str, email: str, roles: tuple[str, ...], title: str | None) -> None:
    """Add a person and print the one-time sign-in link."""
    with at_clinic(slug) as (desk, home):
        person = people.add(desk, speaker(home.id), home, name, email, title, roles, desk.clock())
        _print_link(desk, home, person)


@staff.command()
@click.argument("slug")
@click.argument("email")
def link(slug: str, email: str) -> None:
    """Print a new one-time link: for a first sign-in, or after a lost phone or password. Older links end."""
    with at_clinic(slug) as (desk, home):
        _print_link(desk, home, people.by_email(desk, home, email))


@staff.command("list")
@click.argument("slug")
@for_programs
def list_(slug: str, as_json: bool) -> None:
    """Everybody who works at a clinic."""
    with at_clinic(slug) as (desk, home):
        found = people.everyone(desk, home.id).values()
        show([{"id": p.id, "name": p.name, "email": p.email, "roles": sorted(p.roles),
               "state": "disabled" if p.disabled_at else "enrolled" if p.enrolled_at else "invited"} for p in found], as_json)


@staff.command()
@click.argument("slug")
@click.argument("email")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(list(ROLES)), help="More than once if needed.")
def roles(slug: str, email: str, roles: tuple[str, ...]) -> None:
    """Give a person these roles and no others; who is signed in has to sign in again."""
    with at_clinic(slug) as (desk, home):
        person = people.by_email(desk, home, email)
        people.set_roles(desk, speaker(home.id), home, person, roles, desk.clock())
        write_down(desk)
        click.echo("\n".join([f"{person.name}: {', '.join(sorted(roles))}. Whoever is signed in as {person.name} has to sign in"
                              " again.", *looked_after.warnings(desk, home.id)]))


@staff.command()
@click.argument("slug")
@click.argument("email")
def disable(slug: str, email: str) -> None:
    """End a person's access at once; what they wrote stays."""
    with at_clinic(slug) as (desk, home):
        person = people.by_email(desk, home, email)
        people.disable(desk, speaker(home.id), home, person, desk.clock())
        write_down(desk)
        click.echo("\n".join([f"{person.name} has no access any more.", *looked_after.warnings(desk, home.id)]))


def new_link(desk: Desk, home: Clinic, person: Person) -> str:
    """A fresh one-time link. The secret stands after the #, so that no server log and no referrer has it."""
    secret = people.invite(desk, speaker(home.id), home, person, desk.clock())
    return f"{desk.settings.public_url}/staff/{home.slug}/start#{secret}"


def _print_link(desk: Desk, home: Clinic, person: Person) -> None:
    link = new_link(desk, home, person)
    write_down(desk)  # the sessions and browsers that it ended
    click.echo(f"One-time sign-in link for {person.name}, good for 24 hours, shown only now:\n{link}")
