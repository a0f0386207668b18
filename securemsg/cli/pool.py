"""`securemsg pool add | list | members | route`."""

import click

from securemsg.cli.at_hand import at_clinic, for_programs, show, speaker, write_down
from securemsg.desk import looked_after, people, pooling, pools


@click.group()
def pool() -> None:
    """Say which of a clinic's people see which conversations. Without any pool, everybody at work sees all."""


@pool.command()
@click.argument("slug")
@click.argument("name")
@click.option("--label", help="What people call it; without it, the name.")
def add(slug: str, name: str, label: str | None) -> None:
    """Add a pool, as front-desk or billing. Nobody is in it yet, and no topic goes to it."""
    with at_clinic(slug) as (desk, home):
        pooling.add(desk, speaker(home.id), home, name, label or name, desk.clock())
        click.echo(f"{name} is there. Next: securemsg pool members {slug} EMAIL --in {name}, and "
                   f"securemsg pool route {slug} TOPIC --to {name}.")


@pool.command("list")
@click.argument("slug")
@for_programs
def list_(slug: str, as_json: bool) -> None:
    """The pools of a clinic: who is in them, which topics go to them."""
    with at_clinic(slug) as (desk, home):
        found, everyone = pools.pools_of(desk, home.id), people.everyone(desk, home.id)
        topics = {each.id: each.name for each in home.categories}
        show([{"id": id, "name": name, "label": found.labels[id],
               "members": sorted(everyone[person].name for person in found.members[id]),
               "topics": [topics[topic] for topic, to in found.routed.items() if to == id]}
              for id, name in found.names.items()], as_json)


@pool.command()
@click.argument("slug")
@click.argument("email")
@click.option("--in", "names", multiple=True, help="A pool; more than once if needed. Without it: in none.")
def members(slug: str, email: str, names: tuple[str, ...]) -> None:
    """Put a person into these pools, and into no other."""
    with at_clinic(slug) as (desk, home):
        person = people.by_email(desk, home, email)
        pooling.put_members(desk, speaker(home.id), home, person, names, desk.clock())
        write_down(desk)
        click.echo("\n".join([f"{person.name} is in {', '.join(names) or 'no pool'}.", *looked_after.warnings(desk, home.id)]))


@pool.command()
@click.argument("slug")
@click.argument("topic")
@click.option("--to", "name", help="The pool; without it the topic goes to none.")
def route(slug: str, topic: str, name: str | None) -> None:
    """Send the conversations of a topic, those that are there too, to a pool."""
    with at_clinic(slug) as (desk, home):
        pooling.route(desk, speaker(home.id), home, topic, name, desk.clock())
        told = f"{topic} goes to {name}." if name else f"{topic} goes to no pool: nurses, doctors and who does everything see it."
        click.echo("\n".join([told, *looked_after.warnings(desk, home.id)]))
