"""Who opened the messages of a conversation, how far and when."""

from dataclasses import asdict, dataclass

from securemsg.store.database import Tx
from securemsg.store.ids import new_id

_ROWS = ("SELECT reader_kind, reader_id, role, upto_seq, opened_at, mac FROM openings WHERE clinic_id = :clinic_id AND"
         " conversation_id = :conversation_id AND reader_kind = :reader_kind")


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One row of `openings`, as it is inserted. `reader_kind` is staff or visitor; `role` the title that a reader had then."""

    clinic_id: str
    conversation_id: str
    reader_kind: str
    reader_id: str
    role: str | None
    upto_seq: int
    opened_at: int
    mac: bytes


def insert(tx: Tx, row: OpeningRow) -> None:
    """Somebody opened messages up to a number: for that side nothing is unread up to there."""
    tx.insert("openings", id=new_id(), **asdict(row))
    column = "unread_staff" if row.reader_kind == "staff" else "unread_visitor"
    tx.run(f"UPDATE conversations SET {column} = 0 WHERE clinic_id = :clinic_id AND id = :id AND last_seq <= :upto_seq",
           clinic_id=row.clinic_id, id=row.conversation_id, upto_seq=row.upto_seq)


def reaching(tx: Tx, clinic_id: str, conversation_id: str, reader_kind: str, upto_seq: int, limit: int) -> list:
    """At most `limit` openings by one side that reach a number, those that go least beyond it first."""
    return tx.all(f"{_ROWS} AND upto_seq >= :upto_seq ORDER BY upto_seq LIMIT :limit", clinic_id=clinic_id,
                  conversation_id=conversation_id, reader_kind=reader_kind, upto_seq=upto_seq, limit=limit)


def newest(tx: Tx, clinic_id: str, conversation_id: str, reader_kind: str, limit: int) -> list:
    """The newest `limit` openings by one side, each going further than the one before."""
    return tx.all(f"{_ROWS} ORDER BY upto_seq DESC LIMIT :limit", clinic_id=clinic_id, conversation_id=conversation_id,
                  reader_kind=reader_kind, limit=limit)[::-1]
