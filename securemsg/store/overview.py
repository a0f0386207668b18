"""How much is open and how long it waits, by pool, topic and person: numbers, and no conversation."""

from securemsg.store.database import Row, Tx

_COUNTED = ("count(*) AS open, sum(CASE WHEN waiting_on = 'staff' THEN 1 ELSE 0 END) AS waiting, sum(CASE WHEN urgency <>"
            " 'normal' THEN 1 ELSE 0 END) AS urgent, sum(CASE WHEN waiting_on = 'staff' AND promised_at < :now THEN 1 ELSE 0 END)"
            " AS late, min(waiting_since) AS since FROM conversations WHERE clinic_id = :clinic_id AND closed_at IS NULL")


def by_topic(tx: Tx, clinic_id: str, now: int) -> list[Row]:
    """`pool_id, category_id, open, waiting, urgent, late, since` of what is open; `pool_id`: of what was sent to one."""
    return tx.all(f"SELECT pool_id, category_id, {_COUNTED} GROUP BY pool_id, category_id", clinic_id=clinic_id, now=now)


def by_person(tx: Tx, clinic_id: str, now: int) -> list[Row]:
    """`person_id, open, waiting, urgent, late, since`, of what somebody has taken."""
    return tx.all(f"SELECT claimed_by AS person_id, {_COUNTED} AND claimed_by IS NOT NULL GROUP BY claimed_by",
                  clinic_id=clinic_id, now=now)
