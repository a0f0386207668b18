"""The audit log for who watches over it: pages of it, opened and verified; and that somebody looked is in it as well."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from securemsg.crypto import audit_tree
from securemsg.crypto.keyring import SERVICE
from securemsg.desk import reading
from securemsg.desk.access import Who, require
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.people import open_value
from securemsg.desk.system import cursors
from securemsg.desk.system.holders import authors
from securemsg.errors import Unverified
from securemsg.store import Row, audit_pages
from securemsg.store.audit import AuditRow

_FACTS = AuditRow.__slots__[:-2]  # what the leaf is made of, in its order
_SEARCHED = "conversations.searched"
_THROUGH = ("read", "notes")  # the rights to what a search looks through


def sheet(desk: Desk, who: Who, wanted: Mapping[str, object], limit: int, now: int) -> list[dict]:
    """The newest events, as `page` has them, for a file that is taken along: that it was, is on record before."""
    require(who, "audit")
    taken = entry(desk, who, "audit.exported", "audit", None, now, detail={name: str(text) for name, text in wanted.items()},
                  event=False)
    reading.on_record(desk, taken)
    return page(desk, who, wanted, None, limit, now)[0]


def page(desk: Desk, who: Who, wanted: Mapping[str, object], cursor: str | None, limit: int,
         now: int) -> tuple[list[dict], str | None]:
    """Audit events, the newest first, and the cursor of the next page. `wanted` are the filters of store/audit_pages.py: where
    few rows are of them there may be fewer than `limit`, and a next page all the same.

    What was searched for is patients' words, and the kind of place says who or what they name: both only for who may read them.
    """
    require(who, "audit")
    place = cursors.Place(who.clinic_id, "audit-events", tuple(part for pair in sorted(wanted.items()) for part in pair))
    [before] = cursors.position(desk, place, cursor) or [None]
    rows, below = desk.database.read(lambda tx: audit_pages.page(tx, who.clinic_id, wanted, before, limit))
    more = cursors.made(desk, place, [below]) if below else None
    if rows:
        read = entry(desk, who, "audit.read", "audit", None, now, objects=tuple(("audit", row.id) for row in rows), event=False)
        reading.on_record(desk, read)
    words = all(who.may(act) for act in _THROUGH)
    return [event if words or event["action"] != _SEARCHED else _without_words(event)
            for event in (_event(desk, row) for row in rows)], more


def _event(desk: Desk, row: Row) -> dict[str, Any]:
    """One row, opened; times in microseconds. `verified` False: it is not as it was written."""
    kind, _, plugin = row.actor_kind.partition(":")
    name = plugin or getattr(authors(desk, row.clinic_id).get(row.actor_id), "name", None)
    whole, address, detail = _is_genuine(desk, row), _open(desk, row, "address"), _open(desk, row, "detail")
    return {
        "id": row.id, "number": row.number, "at": row.happened_at, "action": row.action, "outcome": row.outcome,
        "actor": {"kind": kind, "id": row.actor_id, "name": name}, "node": row.node, "request_id": row.request_id,
        "object": {"kind": row.object_kind, "id": row.object_id}, "address": address.decode() if address else None,
        "detail": orjson.loads(detail) if detail else None, "objects": _objects(row), "verified": whole}


def _without_words(event: dict[str, Any]) -> dict[str, Any]:
    """A search as who may not read sees it: by whom, when, how many it found, and in which conversations."""
    detail = {name: value for name, value in (event["detail"] or {}).items() if name != "query"}
    return {**event, "detail": detail or None, "objects": [each for each in event["objects"] if each["kind"] == "conversation"]}


def _is_genuine(desk: Desk, row: Row) -> bool:
    key = next((key for key in desk.keys.versions(SERVICE, "audit") if key.version == row.key_period), None)
    leaf = audit_tree.leaf(tuple(getattr(row, name) for name in _FACTS))
    return key is not None and row.leaf == leaf and row.mac == audit_tree.mac(key.secret, row.id, leaf)


def _open(desk: Desk, row: Row, column: str) -> bytes | None:
    """A sealed value; None also where it does not open: then the row is not verified either."""
    with suppress(Unverified):
        sealed = getattr(row, column)
        return open_value(desk, row.clinic_id, "audit", column, row.id, sealed) if sealed else None
    return None


def _objects(row: Row) -> list[dict[str, str]]:
    """What a read disclosed, as it was listed."""
    with suppress(ValueError, TypeError):
        return [{"kind": str(kind), "id": str(id)} for kind, id in orjson.loads(row.objects or "[]")]
    return []
