"""`securemsg erase` and `securemsg hold place | lift | list`."""

import click

from securemsg.cli.at_hand import at_clinic, for_programs, show, speaker, write_down
from securemsg.desk import people
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.erasing import conversation, holds, message, person
from securemsg.errors import Conflict, Missing, Refused
from securemsg.store import Row, conversations
from securemsg.times import rfc3339

_FINAL = ("Backups and copies of the database from before still hold it, until their keys are destroyed: {days} days from the"
          " next night on.")


@click.command()
@click.argument("slug")
@click.argument("reference", required=False)
@click.option("--message", "number", type=click.IntRange(1, 2**31 - 1),
              help="Only what this message says, by its number in the conversation.")
@click.option("--email", help="All conversations of who gave this address.")
@click.option("--phone", help="All conversations of who gave this number.")
@click.option("--unproven", is_flag=True, help="Those too in which nobody has shown that the address or number is theirs.")
@click.option("--staff", "left", help="What is known of the member of staff with this address, whose access has ended.")
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(slug: str, reference: str | None, number: int | None, email: str | None, phone: str | None, unproven: bool,
          left: str | None, reason: str, yes: bool) -> None:
    """Erase the conversation with that REFERENCE, one message of it, or a person. It cannot be undone."""
    if sum(map(bool, (reference, email, phone, left))) != 1 or (number is not None and not reference):
        raise Refused("Say one of REFERENCE, --email, --phone and --staff; --message goes with a REFERENCE.")
    what = f"message {number} of {reference}" if number is not None else reference or email or phone or left
    if not yes:
        click.confirm(f"Erase {what} for good?", abort=True, err=True)
    with at_clinic(slug) as (desk, home):
        reason = holds.checked(reason)
        if reference:
            _one(desk, home, reference, number, reason)
        elif left:
            person.staff(desk, speaker(home.id), home, people.by_email(desk, home, left), reason, desk.clock())
        else:
            _everything(desk, home, ("email", email) if email else ("phone", phone or ""), reason, unproven)
        write_down(desk)
        click.echo(f"{what} is erased here. {_FINAL.format(days=desk.settings.backup_retention_days)}")


@click.group()
def hold() -> None:
    """Keep a conversation from being erased, by anybody and by age."""


@hold.command()
@click.argument("slug")
@click.argument("reference")
@click.option("--reason", required=True, help="Why; it is kept with the hold, sealed.")
def place(slug: str, reference: str, reason: str) -> None:
    """Hold a conversation."""
    with at_clinic(slug) as (desk, home):
        id = holds.place(desk, speaker(home.id), _found(desk, home, reference).id, reason, desk.clock())
        write_down(desk)
    click.echo(id)


@hold.command()
@click.argument("slug")
@click.argument("id")
@click.option("--reason", required=True, help="Why it is not needed any more.")
def lift(slug: str, id: str, reason: str) -> None:
    """Ask for the end of a hold, or agree with who did: it takes two, and this command counts as one of them."""
    with at_clinic(slug) as (desk, home):
        lifted = holds.lift(desk, speaker(home.id), id, reason, desk.clock())
        write_down(desk)
    click.echo("The hold is lifted." if lifted else "Asked. Somebody else has to agree, on the page of records.")


@hold.command("list")
@click.argument("slug")
@for_programs
def list_(slug: str, as_json: bool) -> None:
    """All holds of a clinic, the newest first."""
    with at_clinic(slug) as (desk, home):
        show([{"id": each.id, "reference": _called(desk, home, each.conversation_id), "conversation": each.conversation_id,
               "state": each.state, "placed": rfc3339(each.placed_at), "reason": each.reason or "could not be verified"}
              for each in holds.everything(desk, speaker(home.id))], as_json)


def _one(desk: Desk, home: Clinic, reference: str, number: int | None, reason: str) -> None:
    found, who = _found(desk, home, reference), speaker(home.id)
    if number is None:
        return conversation.erase(desk, who, found.id, reason, desk.clock())
    rows = desk.database.read(lambda tx: conversations.messages(tx, home.id, found.id, number, 0))
    if not rows or rows[0].seq != number:
        raise Missing(f"{reference} has no message {number}.")
    return message.erase(desk, who, found.id, rows[0].id, reason, desk.clock())


def _everything(desk: Desk, home: Clinic, contact: tuple[str, str], reason: str, unproven: bool) -> None:
    done = person.visitor(desk, speaker(home.id), *contact, reason, desk.clock(), unproven)
    if done.unproven:
        click.echo(person.UNPROVEN.format(references=", ".join(done.unproven)), err=True)
    for reference in done.erased:
        click.echo(f"{reference}: erased")
    for reference, why in done.held.items():
        click.echo(f"{reference}: {why}", err=True)
    if done.held:
        write_down(desk)
        raise Conflict(f"{len(done.held)} of {len(done.held) + len(done.erased)} conversations stay: they are held.")


def _called(desk: Desk, home: Clinic, id: str) -> str:
    """What people call a conversation; "" where an altered row names one that is not there."""
    row = desk.database.read(lambda tx: conversations.one(tx, home.id, id))
    return row.reference if row else ""


def _found(desk: Desk, home: Clinic, reference: str) -> Row:
    found = desk.database.read(lambda tx: conversations.one_by_reference(tx, home.id, reference.strip().upper()))
    if found is None:
        raise Missing(f"There is no conversation {reference[:20]!r} at {home.slug}, or it was erased.")
    return found
