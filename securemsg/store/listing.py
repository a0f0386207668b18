"""Conversations as systems list them: some of them, in one of three orders, page by page by key; never OFFSET."""

from collections.abc import Mapping

from securemsg.store.database import Row, Tx
from securemsg.store.pools import Within

_ROW = ("SELECT c.clinic_id, c.id, c.reference, c.category_id, c.pool_id, c.place_mac, c.about, c.urgency,"
        " c.waiting_on, c.waiting_since, c.claimed_by, c.closed_at, c.closed_reason, c.created_at, c.last_at, c.last_seq,"
        " c.version FROM conversations c WHERE c.clinic_id = :clinic_id AND c.erased_at IS NULL")
SORTS = {"opened": "created_at", "updated": "last_at", "waiting": "waiting_since"}
_WANTED = {
    # filter: what a conversation must be; the value of the filter's name is bound
    "open": "c.closed_at IS NULL", "closed": "c.closed_at IS NOT NULL", "unclaimed": "c.claimed_by IS NULL",
    "category_id": "c.category_id = :category_id", "urgency": "c.urgency = :urgency", "waiting_on": "c.waiting_on = :waiting_on",
    "claimed_by": "c.claimed_by = :claimed_by", "reference": "c.reference = :reference",
    "opened_since": "c.created_at >= :opened_since", "updated_since": "c.last_at >= :updated_since"}


def page(tx: Tx, clinic_id: str, within: Within, wanted: Mapping[str, object], sort: str, descending: bool, after: list | None,
         limit: int) -> list[Row]:
    """At most `limit` conversations `within` the caller's reach that are all of `wanted`, behind the position `after` (sort key,
    id).

    Sorted by `waiting` only those that wait are listed. Ids break ties, so none is listed twice or left out.
    """
    somebody_waits = wanted.get("waiting_on") in ("staff", "visitor")  # which nobody does in a closed one
    few = somebody_waits or "open" in wanted
    # A plus keeps the databases from walking through all that are closed in the order asked for: who is open is found and sorted.
    key = f"{'+' * few}c.{SORTS[sort]}"
    conditions = [_WANTED[name] for name in wanted] + [_WANTED["open"]] * somebody_waits
    conditions += [f"c.{SORTS[sort]} IS NOT NULL"] * (sort == "waiting")
    if after:
        conditions.append(f"({key}, c.id) {'<' if descending else '>'} (:after_key, :after_id)")
    where, order = "".join(f" AND {condition}" for condition in conditions), "DESC" if descending else "ASC"
    position = dict(zip(("after_key", "after_id"), after or (), strict=False))
    return tx.all(f"{_ROW}{within.where}{where} ORDER BY {key} {order}, c.id {order} LIMIT :limit", clinic_id=clinic_id,
                  limit=limit, **wanted, **position, **within.values)


def position(row: Row, sort: str) -> list:
    """Where the page after this row begins."""
    return [getattr(row, SORTS[sort]), row.id]
