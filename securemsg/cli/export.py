"""`securemsg export` and `securemsg import`."""

from pathlib import Path
from typing import Any

import click
import orjson

from securemsg.cli.at_hand import at_clinic, speaker
from securemsg.cli.files import new_file
from securemsg.desk.erasing.person import UNPROVEN
from securemsg.desk.exporting import files, importing, importing_person
from securemsg.desk.exporting.files import FORMS
from securemsg.desk.exporting.importing_person import is_person
from securemsg.desk.exporting.shape import PATIENT, RECORD
from securemsg.errors import Refused

_LARGEST = 256 * 1024**2  # bytes


@click.command()
@click.argument("slug")
@click.argument("reference", required=False)
@click.option("--email", help="All conversations of who gave this address, as JSON.")
@click.option("--phone", help="All conversations of who gave this number, as JSON.")
@click.option("--unproven", is_flag=True, help="Those too in which nobody has shown that the address or number is theirs.")
@click.option("--as", "form", type=click.Choice(list(FORMS)), default="json", show_default=True, help="JSON can be put back.")
@click.option("--copy", type=click.Choice([RECORD, PATIENT]), default=PATIENT, show_default=True,
              help="A record holds the notes of staff as well.")
@click.option("--to", "file", required=True, help="The file to write; `-`: stdout.")
def export(slug: str, reference: str | None, email: str | None, phone: str | None, unproven: bool, form: str, copy: str,
           file: str) -> None:
    """Write the conversation with that REFERENCE, or all of a person's, to a file. That it was is in the audit log before."""
    contact = ("email", email) if email else ("phone", phone) if phone else None
    if bool(reference) + bool(email) + bool(phone) != 1:
        raise Refused("Say one of REFERENCE, --email and --phone.")
    if contact and form != "json":
        raise Refused(f"All of a person's is written as JSON alone. For {form.upper()}, say the REFERENCE of each conversation.")
    with at_clinic(slug) as (desk, home):
        who, now = speaker(home.id), desk.clock()
        found = files.of_person(desk, home, who, *contact, copy, now, unproven) if contact else files.of_conversation(
            desk, home, who, reference or "", copy, form, now)
        if found.left:
            click.echo(UNPROVEN.format(references=", ".join(found.left)), err=True)
        with new_file(file) as out:
            out.write(found.content)


@click.command("import")
@click.argument("slug")
@click.argument("file")
def import_(slug: str, file: str) -> None:
    """Put what `export --copy record` wrote as JSON back into a clinic: a conversation, or all of a person's."""
    found = _read(Path(file))
    with at_clinic(slug) as (desk, home):
        who, now = speaker(home.id), desk.clock()
        if is_person(found):
            records, ids = found["conversations"], importing_person.put_back(desk, home, who, found, now)
        else:
            records, ids = [found], [importing.put_back(desk, home, who, found, now)]
    for record, id in zip(records, ids, strict=True):
        click.echo(f"{record['conversation']['reference']} is at {home.slug} now, as {id}.")


def _read(path: Path) -> Any:
    """What stands in the file; Refused where it is no JSON, or more than any conversation has."""
    try:
        if path.stat().st_size > _LARGEST:
            raise Refused(f"{path} has more than {_LARGEST // 1024**2} MB: it is no record.")
        return orjson.loads(path.read_bytes())
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Refused(f"{path} cannot be read as JSON.") from error
