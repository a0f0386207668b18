"""What keeps a conversation from being erased, and requests that one be: rows in, rows out."""

from dataclasses import dataclass, field

from securemsg.store.database import Row, Tx, columns

_HOLD = ("SELECT clinic_id, id, conversation_id, reason, placed_by, placed_at, lifted_by, second_by, lifted_at, sealed, mac"
         " FROM holds")
_REQUEST = ("SELECT r.clinic_id, r.id, r.conversation_id, r.requested_by, r.requested_at, r.answer, r.answered_at, r.answered_by,"
            " r.sealed, c.reference FROM erasure_requests r JOIN conversations c ON c.clinic_id = r.clinic_id AND"
            " c.id = r.conversation_id WHERE r.clinic_id = :clinic_id")


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One row of `holds`. `lifted_by` asked for its end, `second_by` agreed; then `lifted_at` is set."""

    clinic_id: str
    id: str
    conversation_id: str
    reason: str
    placed_by: str
    placed_at: int
    lifted_by: str | None
    second_by: str | None
    lifted_at: int | None
    sealed: bytes = field(repr=False)
    mac: bytes = field(repr=False)


def insert(tx: Tx, row: HoldRow) -> None:
    tx.insert("holds", **columns(row))


def keep(tx: Tx, row: HoldRow) -> bool:
    """The row is there now, whether it was before or not; one of its id that is about another conversation gives way."""
    tx.run("DELETE FROM holds WHERE clinic_id = :clinic_id AND id = :id AND conversation_id <> :conversation_id",
           clinic_id=row.clinic_id, id=row.id, conversation_id=row.conversation_id)
    tx.insert("holds", or_nothing=True, **columns(row))
    return True


def change(tx: Tx, before: HoldRow, row: HoldRow) -> bool:
    """Another state of the same hold; False when somebody changed it meanwhile."""
    return tx.run("UPDATE holds SET lifted_by = :lifted_by, second_by = :second_by, lifted_at = :lifted_at, mac = :mac WHERE"
                  " clinic_id = :clinic_id AND id = :id AND coalesce(mac, :nothing) = :before", nothing=b"",
                  before=before.mac or b"", clinic_id=row.clinic_id, id=row.id,
                  lifted_by=row.lifted_by, second_by=row.second_by, lifted_at=row.lifted_at, mac=row.mac) == 1


def of(tx: Tx, clinic_id: str, conversation_id: str) -> list[Row]:
    """Every hold of a conversation, lifted ones too."""
    return tx.all(f"{_HOLD} WHERE clinic_id = :clinic_id AND conversation_id = :conversation_id ORDER BY id",
                  clinic_id=clinic_id, conversation_id=conversation_id)


def everything(tx: Tx, clinic_id: str) -> list[Row]:
    """Every hold of a clinic, the newest first."""
    return tx.all(f"{_HOLD} WHERE clinic_id = :clinic_id ORDER BY id DESC", clinic_id=clinic_id)


def everywhere(tx: Tx) -> list[Row]:
    """Every hold of every clinic, with all columns that there are."""
    return tx.everywhere.all("SELECT * FROM holds")


def insert_request(tx: Tx, clinic_id: str, id: str, conversation_id: str, by: str, now: int) -> None:
    tx.insert("erasure_requests", clinic_id=clinic_id, id=id, conversation_id=conversation_id, requested_by=by, requested_at=now)


def open_request(tx: Tx, clinic_id: str, conversation_id: str) -> Row | None:
    """The request of a conversation that nobody has answered yet."""
    return tx.one(f"{_REQUEST} AND r.conversation_id = :conversation_id AND r.answered_at IS NULL", clinic_id=clinic_id,
                  conversation_id=conversation_id)


def open_requests(tx: Tx, clinic_id: str) -> list[Row]:
    """All of a clinic's that wait, the longest waiting first."""
    return tx.all(f"{_REQUEST} AND r.answered_at IS NULL ORDER BY r.requested_at, r.id", clinic_id=clinic_id)


def answer_requests(tx: Tx, clinic_id: str, conversation_id: str, answer: str, by: str | None, now: int,
                    sealed: bytes | None = None) -> int:
    """Those of a conversation that wait are answered: erased or refused; how many they were."""
    return tx.run("UPDATE erasure_requests SET answer = :answer, answered_at = :now, answered_by = :by, sealed = :sealed WHERE"
                  " clinic_id = :clinic_id AND conversation_id = :conversation_id AND answered_at IS NULL", answer=answer,
                  now=now, by=by, sealed=sealed, clinic_id=clinic_id, conversation_id=conversation_id)
