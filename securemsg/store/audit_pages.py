"""Pages of the audit log, the newest first: each looks through a slice of the log at most, however rare what is wanted."""

from collections.abc import Mapping

from securemsg.store.audit import FIRST_ID, AuditRow
from securemsg.store.database import Row, Tx
from securemsg.store.ids import first_id
from securemsg.store.search import LAST_ID
from securemsg.times import DAY

SLICE = 5_000  # rows: about 5 ms on SQLite, where everybody else waits that long
_ROW = ", ".join(f"a.{column}" for column in ("number", "key_period", *AuditRow.__slots__))
_AROUND = 2 * DAY  # a row's id and its time are of one clock; the log's may stand a day ahead (Desk.recorded_at)
_OWN = "FROM audit o WHERE o.clinic_id = :clinic_id AND o.object_id = :object_id"
_LISTED = "FROM audit_objects o WHERE o.clinic_id = :clinic_id AND o.object_id = :object_id"
_WANTED = {
    # filter: what a row must be; the value of the filter's name is bound
    "action": "a.action = :action", "actor_id": "a.actor_id = :actor_id",
    "actor_kind": "(a.actor_kind = :actor_kind OR a.actor_kind LIKE :actor_kind || ':%')",  # of a plugin its name follows
    "outcome": "a.outcome = :outcome", "from_at": "a.happened_at >= :from_at", "to_at": "a.happened_at < :to_at",
    "object_id": "(a.object_id = :object_id OR EXISTS (SELECT 1 FROM audit_objects o WHERE o.clinic_id = a.clinic_id"
                 " AND o.audit_id = a.id AND o.object_id = :object_id))"}


def page(tx: Tx, clinic_id: str, wanted: Mapping[str, object], before: str | None, limit: int) -> tuple[list[Row], str | None]:
    """At most `limit` rows that are all of `wanted`, the newest first, below the id `before`; and the id to go on below.

    There may be fewer, or none, and more further on: None instead of the id is the end.
    """
    low, high = _span(wanted, before)
    found = _found_by_object(tx, clinic_id, wanted)
    end = None if found else _slice(tx, clinic_id, low, high)
    conditions = "".join(f" AND {_WANTED[name]}" for name in wanted)
    rows = tx.all(f"SELECT {_ROW} FROM {found}audit a WHERE a.clinic_id = :clinic_id AND a.id >= :low AND a.id < :high"
                  f"{' AND a.id = found.id' * bool(found)}{conditions} ORDER BY a.id DESC LIMIT :limit",
                  clinic_id=clinic_id, low=end or low, high=high, limit=limit + 1, **wanted)
    return (rows[:limit], rows[limit - 1].id) if len(rows) > limit else (rows, end)


def _span(wanted: Mapping[str, object], before: str | None) -> tuple[str, str]:
    """The ids between which it is. They sort by time, so a span of days is found by the key."""
    low = first_id(wanted["from_at"] - _AROUND) if "from_at" in wanted else FIRST_ID  # type: ignore[operator]
    high = first_id(wanted["to_at"] + _AROUND) if "to_at" in wanted else LAST_ID  # type: ignore[operator]
    return low, min(high, before or LAST_ID)


def _slice(tx: Tx, clinic_id: str, low: str, high: str) -> str | None:
    """The id at which a slice of the log ends, going down from `high`; None when all that is left is less."""
    row = tx.one("SELECT id FROM audit WHERE clinic_id = :clinic_id AND id >= :low AND id < :high ORDER BY id DESC"
                 " LIMIT 1 OFFSET :most", clinic_id=clinic_id, low=low, high=high, most=SLICE - 1)
    return row.id if row else None


def _found_by_object(tx: Tx, clinic_id: str, wanted: Mapping[str, object]) -> str:
    """What to join so that an object's rows are found from it, without a look at others; "" where it has a slice of them."""
    if "object_id" not in wanted:
        return ""
    some = " + ".join(f"(SELECT count(*) FROM (SELECT 1 {each} LIMIT :most) each_one)" for each in (_OWN, _LISTED))
    counted = tx.one(f"SELECT {some} AS rows", clinic_id=clinic_id, object_id=wanted["object_id"], most=SLICE)
    assert counted  # a count of nothing is 0
    if counted.rows >= SLICE:
        return ""
    return f"(SELECT o.id {_OWN} UNION SELECT o.audit_id {_LISTED}) found CROSS JOIN "
