"""Pages of the audit log, the newest first, by key."""

from collections.abc import Mapping

from securemsg.store.audit import AuditRow
from securemsg.store.database import Row, Tx
from securemsg.store.ids import first_id
from securemsg.times import DAY

_ROW = ", ".join(f"a.{column}" for column in ("number", "key_period", *AuditRow.__slots__))
_AROUND = 2 * DAY  # a row's id and its time are of one clock; the log's may stand a day ahead (Desk.recorded_at)
_LISTED = "SELECT o.audit_id FROM audit_objects o WHERE o.clinic_id = :clinic_id AND o.object_id = :object_id"
_WANTED = {
    # filter: what a row must be; the value of the filter's name is bound
    "action": "a.action = :action", "actor_kind": "a.actor_kind = :actor_kind", "actor_id": "a.actor_id = :actor_id",
    "outcome": "a.outcome = :outcome", "object_id": f"(a.object_id = :object_id OR a.id IN ({_LISTED}))",
    "from_at": "a.happened_at >= :from_at AND a.id >= :from_id", "to_at": "a.happened_at < :to_at AND a.id < :to_id"}


def page(tx: Tx, clinic_id: str, wanted: Mapping[str, object], before: str | None, limit: int) -> list[Row]:
    """At most `limit` rows that are all of `wanted`, the newest first, below the id `before`."""
    conditions = [_WANTED[name] for name in wanted] + (["a.id < :before"] if before else [])
    where = "".join(f" AND {condition}" for condition in conditions)
    values = {**wanted, **_ids(wanted), **({"before": before} if before else {})}
    return tx.all(f"SELECT {_ROW} FROM audit a WHERE a.clinic_id = :clinic_id{where} ORDER BY a.id DESC LIMIT :limit",
                  clinic_id=clinic_id, limit=limit, **values)


def _ids(wanted: Mapping[str, object]) -> dict[str, str]:
    """Ids sort by time: with them a span of days is found by the key."""
    span = {"from_id": ("from_at", -_AROUND), "to_id": ("to_at", _AROUND)}
    return {id: first_id(wanted[at] + away) for id, (at, away) in span.items() if at in wanted}  # type: ignore[operator]
