"""Who answers for a log that is not as it was written, for which, and why."""

from contextlib import suppress
from dataclasses import dataclass

from securemsg.crypto.keyring import SERVICE
from securemsg.desk import people
from securemsg.desk.audit.log import NOBODYS
from securemsg.desk.clinics import clinic
from securemsg.desk.desk import Desk
from securemsg.desk.erasing.holds import checked
from securemsg.errors import Missing, Refused
from securemsg.store import audit_scan, clinics
from securemsg.store.ids import is_id

ANSWER = frozenset({"owner", "compliance"})  # roles of who may answer for a log
_NOBODY = "Only an owner, or somebody in the role compliance, who works here and has signed in, answers for a log."
_NO_TEXT = "That cannot be read: {what} holds bytes that are no UTF-8."


@dataclass(frozen=True, slots=True)
class Answer:
    """The person's id, and the reason as it is written down."""

    person_id: str
    reason: str


def named(desk: Desk, name: str) -> tuple[str, str]:
    """The id and the short name of a clinic, by either; `name` "" is the service itself, and the short name "" is of a log of no
    clinic. Missing where there is none, Refused for what no clinic can have as its id."""
    if not name:
        return SERVICE, ""
    _refuse_bytes("the name of the clinic", name)
    with suppress(Missing):
        home = clinic(desk, name)
        return home.id, home.slug
    with desk.database.snapshot() as stream:
        slugs, there = audit_scan.slugs(stream), audit_scan.clinic_ids(stream)
    if name not in there and name not in slugs:
        raise Missing(f"There is no log of a clinic {name!r} here. `securemsg audit verify --json` names all there are.")
    if not is_id(name):
        raise Refused(NOBODYS.format(name))
    return name, slugs.get(name, "")


def answer(desk: Desk, slug: str, email: str, reason: str) -> Answer:
    """Of an owner, or of whoever watches over compliance, at the clinic; for a log of no clinic (""), at any. Refused for anybody
    else, and without a reason."""
    _refuse_bytes("the address", email)
    _refuse_bytes("the reason", reason)
    slugs = [slug] if slug else [row.slug for row in desk.database.read(clinics.everyone)]
    for each in slugs:
        with suppress(Missing):
            person = people.by_email(desk, clinic(desk, each), email)
            if person.roles & ANSWER and person.enrolled_at and not person.disabled_at:
                return Answer(person.id, checked(reason))
    raise Refused(_NOBODY)


def _refuse_bytes(what: str, text: str) -> None:
    """What a shell hands over that is no UTF-8 stands in a text as surrogates (PEP 383)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(_NO_TEXT.format(what=what)) from None
