"""People for systems: who works at a clinic, so that an id in a pool, a conversation or the audit log has a name."""

from securemsg.desk import people
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.people import Person
from securemsg.desk.system import cursors


def page(desk: Desk, who: Who, cursor: str | None, limit: int) -> tuple[list[Person], str | None]:
    """At most `limit` people, who was added first first, also who has left: they wrote messages. And the cursor of the next page.
    It says nothing of any visitor, so reading it makes no audit row."""
    require(who, "see_people")
    return cursors.part(desk, cursors.Place(who.clinic_id, "people"), cursor, limit, people.everyone(desk, who.clinic_id))
