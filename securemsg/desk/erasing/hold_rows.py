"""The row of a hold: what vouches for it, how it is written down outside the database, and how it comes back from there."""

from collections.abc import Iterator
from dataclasses import replace

from securemsg.crypto.envelope import Place, seal
from securemsg.crypto.keyring import SERVICE
from securemsg.crypto.ledger import Entry
from securemsg.desk.desk import Desk
from securemsg.desk.ended import HELD, LIFTED
from securemsg.store import Row, Tx, conversations, holds
from securemsg.store.holds import HoldRow

_FORGOTTEN = ("An older copy of the database was put back, which does not know this hold, or its entry was altered. Its reason"
              " stands in the audit log from before, if a copy of that was kept.")


def facts(row: Row | HoldRow) -> tuple:
    """What a hold's MAC covers."""
    return (row.clinic_id, row.id, row.conversation_id, row.reason, row.placed_by, row.placed_at, row.lifted_by, row.second_by,
            row.lifted_at, row.sealed)


def vouched(desk: Desk, row: HoldRow) -> HoldRow:
    return replace(row, mac=desk.vouch("holds", *facts(row)))


def is_genuine(desk: Desk, row: Row | HoldRow) -> bool:
    return desk.vouched(row.mac, "holds", *facts(row))


def new(desk: Desk, clinic_id: str, id: str, conversation_id: str, by: str, at: int, reason: str) -> HoldRow:
    """Held from now on, for a reason that is sealed."""
    sealed = seal(desk.keys.data(clinic_id), Place("holds", "sealed", clinic_id, id), reason.encode())
    return vouched(desk, HoldRow(clinic_id, id, conversation_id, "legal", by, at, None, None, None, sealed, b""))


def line(row: Row | HoldRow) -> Entry:
    """Of the ledger: it is held."""
    return Entry(row.placed_at, HELD, row.clinic_id, row.conversation_id, row.id)


def lines(desk: Desk) -> Iterator[Entry]:
    """For the ledger: each hold that was placed, then that it was lifted. Nobody lifts one with a row that is not ours."""
    for row in desk.database.read(holds.everywhere):
        if getattr(row, "mac", None) and is_genuine(desk, row):  # tables of an older form have no such column
            yield line(row)
            if row.lifted_at:
                yield Entry(row.lifted_at, LIFTED, row.clinic_id, row.id, f"{row.id}.{LIFTED}")


def forgotten(desk: Desk, tx: Tx, clinic_id: str) -> list[HoldRow]:
    """Holds of a clinic that the ledger knows and that nobody lifted, of which the database has no row: an older copy of it was
    put back, or the row was taken away or moved to another conversation. What was erased is not held."""
    known = [entry for entry in desk.ended.held() if entry.clinic == clinic_id]
    there = {(row.id, row.conversation_id) for row in holds.everything(tx, clinic_id)} if known else set()
    return [new(desk, clinic_id, entry.row, entry.id, SERVICE, entry.at, _FORGOTTEN) for entry in known
            if (entry.row, entry.id) not in there and (row := conversations.one(tx, clinic_id, entry.id)) and not row.erased_at]


def put_back(desk: Desk, tx: Tx) -> int:
    """Into a restored database, whose clinics hold again what the archive did not know: how many."""
    rows = [row for clinic_id in sorted({entry.clinic for entry in desk.ended.held()}) for row in forgotten(desk, tx, clinic_id)]
    for row in rows:
        holds.keep(tx, row)
    return len(rows)
