"""Events in the order of their numbers: each change once, as ids only. Who numbers them: desk/audit/sealing.py."""

from securemsg.store.database import Row, Tx
from securemsg.store.ids import new_id

RESTORED = "service.restored"
_FAR = 1_000_000


def after(tx: Tx, clinic_id: str, number: int, limit: int) -> list[Row]:
    """At most `limit` events numbered above `number`. Numbers have no gaps and are given in order, so none comes later."""
    return tx.all("SELECT id, number, kind, conversation_id, object_id, seq, happened_at FROM events WHERE"
                  " clinic_id = :clinic_id AND number > :number ORDER BY number LIMIT :limit", clinic_id=clinic_id, number=number,
                  limit=limit)


def last(tx: Tx, clinic_id: str) -> int:
    """The highest number given; 0 before the first."""
    row = tx.one("SELECT number FROM events WHERE clinic_id = :clinic_id AND number IS NOT NULL ORDER BY number DESC LIMIT 1",
                 clinic_id=clinic_id)
    return row.number if row else 0


def last_of(tx: Tx, clinic_ids: list[str]) -> dict[str, int]:
    """The same of several clinics."""
    every = tx.everywhere
    return {id: last(every, id) for id in clinic_ids}


def is_there(tx: Tx, clinic_id: str, number: int) -> bool:
    """Whether this number was given to an event."""
    return tx.one("SELECT 1 AS yes FROM events WHERE clinic_id = :clinic_id AND number = :number", clinic_id=clinic_id,
                  number=number) is not None


def leap(tx: Tx, now: int) -> None:
    """An older copy of the database goes on: in each clinic an event says so, under a number far above all that can have been
    given since by another copy (the milliseconds of 1970; nowhere a thousand things happen each second for long). Those after
    it go on from there, without gaps.
    """
    every = tx.everywhere
    for clinic in every.all("SELECT id FROM clinics"):
        every.insert("events", clinic_id=clinic.id, id=new_id(), kind=RESTORED, happened_at=now,
                     number=max(now // 1000, last(every, clinic.id) + _FAR))
