"""When somebody leaves: access ends, and each open conversation of theirs goes to a colleague, or back to whoever is free."""

from securemsg.desk import acts, people, placed, reach, strays
from securemsg.desk.access import Who, require
from securemsg.desk.acts import Act, Wish
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.people import Person
from securemsg.desk.reading import tell
from securemsg.desk.thread import Draft
from securemsg.errors import Conflict, Missing, Refused
from securemsg.store import Row, Tx, conversations
from securemsg.store import inbox as store_inbox

MOST = 500  # conversations on one page: who leaves with more is handed over in turns
_HANDED = Act("people", "conversation.handed_over")
_TRIES = 3


def end_access(desk: Desk, who: Who, clinic: Clinic, person: Person, now: int) -> None:
    """As people.disable, by a colleague; Refused for oneself, and for the last who may decide about people."""
    require(who, "people")
    if person.id == who.id:
        raise Refused("You cannot end your own access. Another owner can, or whoever runs this service.")
    left = [each for each in people.everyone(desk, clinic.id).values()
            if each.id != person.id and "owner" in each.roles and each.enrolled_at]
    if "owner" in person.roles and not left:
        raise Refused(f"{person.name} is the only owner. Make somebody else one first.")
    people.disable(desk, who, clinic, person, now)


def open_of(desk: Desk, who: Who, person: Person) -> list[Row]:
    """The open conversations that a person holds: references and topics, none of their words."""
    require(who, "people")
    strays.put_back(desk, who.clinic_id, desk.clock())
    return desk.database.read(lambda tx: store_inbox.claimed_by(tx, who.clinic_id, person.id, MOST))


def takers(desk: Desk, who: Who, clinic: Clinic, leaves: Person, row: Row) -> list[Person]:
    """Who can be given a conversation: who has enrolled, may take it by role and pool, and is not the one who gives it away."""
    return [each for each in people.everyone(desk, clinic.id).values()
            if each.id not in (leaves.id, who.id) and each.enrolled_at and _may_take(desk, clinic, each, row)]


def _may_take(desk: Desk, clinic: Clinic, person: Person, row: Row) -> bool:
    taker = Who("staff", clinic.id, person.id, roles=person.roles)
    return taker.may("claim") and reach.may_take(desk, taker, row)


def hand_over(desk: Desk, who: Who, clinic: Clinic, person: Person, to: dict[str, str], now: int) -> int:
    """Give conversations (by id) of who has left to colleagues (by id), "" for whoever is free; how many. The visitor sees who
    answers from now on. What somebody has taken or closed meanwhile stays as it is. Conflict while they still work here, Refused,
    with nothing done, for a colleague who cannot take one.
    """
    require(who, "people")
    if not person.disabled_at:
        raise Conflict(f"{person.name} still works here, and can hand back what they have taken. End their access first.")
    for id, taker in to.items():
        _check(desk, who, clinic, person, id, taker)
    known = people.everyone(desk, clinic.id)
    return sum(_one(desk, who, id, person, known.get(taker), now) for id, taker in to.items())


def _check(desk: Desk, who: Who, clinic: Clinic, person: Person, id: str, taker: str) -> None:
    row = desk.database.read(lambda tx: conversations.one(tx, who.clinic_id, id))
    if row is None:
        raise Missing
    allowed = {"", *(each.id for each in takers(desk, who, clinic, person, row))}
    if row.claimed_by == person.id and taker not in allowed:
        raise Refused(f"Who was chosen for {row.reference} works in another team, or not here any more. Please choose again.")


def _one(desk: Desk, who: Who, id: str, person: Person, taker: Person | None, now: int) -> bool:
    """Whether it was still theirs to hand over."""
    for _ in range(_TRIES):
        before = desk.database.read(lambda tx: conversations.one(tx, who.clinic_id, id))
        if before is None:
            raise Missing
        before = placed.mended(desk, before, now)
        if before.claimed_by != person.id or before.closed_at:
            return False
        try:
            desk.database.write(_write(desk, who, before, taker, now))
        except Conflict:  # somebody wrote in between
            continue
        tell(desk, who.clinic_id, id, "message" if taker else "changed", before.last_seq + bool(taker))
        return True
    raise Conflict


def _write(desk: Desk, who: Who, before: Row, taker: Person | None, now: int):
    """What hands one over, as it is now; it raises Conflict, and undoes all of it, where that has changed."""
    from_id, place_mac = before.claimed_by, placed.vouch(desk, before, taker.id if taker else None)
    if taker:
        draft = Draft("system", "system.claimed", {"name": taker.name, "role": taker.title}, taker.id)
        _, step = acts.step(desk, Wish(who, before.id, _HANDED, draft), before, now)
    else:
        step = entry(desk, who, "conversation.released", "conversation", before.id, now, conversation_id=before.id,
                     detail={"from": from_id}).after(lambda tx: True)

    def write(tx: Tx) -> None:
        mine = conversations.claim(tx, before, taker.id if taker else None, place_mac, now)
        if not mine or not step(tx):
            raise Conflict

    return write
