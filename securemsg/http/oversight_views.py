"""What the pages of who watches over a clinic are given: rows of the log as lines in plain words."""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from securemsg.desk import people
from securemsg.desk.audit.actions import ACTIONS
from securemsg.desk.audit.review import Sample
from securemsg.desk.audit.unusual import Unusual
from securemsg.desk.clinics import Clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.glass import PURPOSES, Broken
from securemsg.errors import Missing, Refused
from securemsg.http import entries
from securemsg.http.here import desk
from securemsg.http.oversight_words import said
from securemsg.store import Row, conversations

_KINDS = {"family_name": "Read a conversation of somebody with the same family name",
          "after_hours": "Read outside of working hours", "many": "Read very many conversations in a day"}
_SOMEBODY = "Somebody"
_PURPOSES = {code: label for known in PURPOSES.values() for code, label in known.items()}


def found_by(home: Clinic, asked: Mapping[str, str]) -> dict[str, object]:
    """The filters of the log that somebody asked for; Missing for a reference that is none, Refused for a person or an act."""
    wanted: dict[str, object] = {}
    if person := asked.get("person"):
        if person not in people.everyone(desk(), home.id):
            raise Refused(errors={"person": ["Please choose somebody of the list."]})
        wanted["actor_id"] = person
    if action := asked.get("action"):
        wanted["action"] = action
    if reference := asked.get("reference", "").strip().upper():
        row = "\0" not in reference and desk().database.read(
            lambda tx: conversations.one_by_reference(tx, home.id, reference))
        if not row:
            raise Missing("There is no conversation with this reference.")
        wanted["object_id"] = row.id
    if any("\0" in str(value) for value in wanted.values()):
        raise Refused(errors={"action": ["Please choose one of the list."]})
    return wanted


def lines(home: Clinic, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events as lines: who, what, about which conversation."""
    ids = {each["id"] for event in events for each in (event["object"], *event["objects"]) if each["kind"] == "conversation"}
    known = _references(home, ids)
    return [{"who": _actor(**event["actor"]), "automatic": event["actor"]["kind"] == "plugin",
             "what": said(event["action"]), "at": event["at"],
             "action": event["action"], "outcome": event["outcome"], "verified": event["verified"],
             "reference": known.get(event["object"]["id"] or ""), "address": event["address"],
             "more": (event["detail"] or {}).get("note") or (event["detail"] or {}).get("reason")} for event in events]


def acts() -> list[tuple[str, str]]:
    """Every act that the log can be asked for, with its words, as a list to choose from."""
    return sorted(((action, said(action)[:1].upper() + said(action)[1:]) for action in ACTIONS), key=itemgetter(1))


def _actor(kind: str, id: str | None, name: str | None) -> str:
    """Who it was: a person by name, a plugin by its title, of others what they are."""
    return entries.title(name) if kind == "plugin" and name else name or kind.capitalize()


def references(home: Clinic, found: Iterable[Unusual]) -> dict[str, str]:
    """What the conversations are called."""
    return _references(home, {each.conversation_id for each in found if each.conversation_id})


def shown_unusual(home: Clinic, found: list[Unusual], known: dict[str, str]) -> list[dict[str, Any]]:
    staff = people.everyone(desk(), home.id)
    return [{"what": _KINDS[each.kind], "kind": each.kind, "who": _name(staff, each.person_id), "person_id": each.person_id,
             "at": each.at, "count": each.count, "reference": known.get(each.conversation_id or "")} for each in found]


def shown_sample(home: Clinic, drawn: Sample) -> dict[str, Any]:
    staff, known = people.everyone(desk(), home.id), _references(home, {row.object_id for row in drawn.rows})
    return {"day": drawn.day, "signed": drawn.signed, "rows": [
        {"who": _name(staff, row.actor_id), "at": row.happened_at, "reference": known.get(row.object_id)} for row in drawn.rows]}


def shown_glass(home: Clinic, me: Session, broken: list[Broken]) -> list[dict[str, Any]]:
    staff = people.everyone(desk(), home.id)
    return [{"id": each.id, "reference": each.reference, "who": _name(staff, each.person_id), "at": each.opened_at,
             "until": each.until_at, "purpose": _PURPOSES.get(each.purpose, each.purpose), "reason": each.reason,
             "mine": each.person_id == me.person.id} for each in broken]


def _name(staff: Mapping[str, people.Person], id: str | None) -> str:
    person = staff.get(id or "")
    return person.name if person else _SOMEBODY


def _references(home: Clinic, ids: set[str]) -> dict[str, str]:
    def read(tx) -> list[Row]:
        return [row for id in sorted(ids) if (row := conversations.one(tx, home.id, id))]

    return {row.id: row.reference for row in desk().database.read(read)} if ids else {}
