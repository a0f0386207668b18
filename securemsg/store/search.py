"""Rows to look through for a search: what belongs to a run of conversations, in pieces that fit into memory.

Conversations are taken by their ids from the newest down. Ids do not change, so a search that goes on later misses none.
"""

from securemsg.store.database import Row, Tx

LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"  # sorts after every other
_LAST_SEQ = 2**62
PIECE = 250  # rows; of messages as long as can be 16 MB
_MESSAGES = "SELECT conversation_id, id, seq, author_kind, sealed FROM messages"
_NOTES = "SELECT conversation_id, id, seq, author_id, received_at, ct_sha256, sealed FROM notes"
_RUN = (" WHERE clinic_id = :clinic_id AND conversation_id >= :low AND (conversation_id, seq) < (:high, :seq)"
        " ORDER BY conversation_id DESC, seq DESC LIMIT :limit")


def messages(tx: Tx, clinic_id: str, low: str, after: Row | None, high: str) -> list:
    """The next piece of the messages of the conversations from `high` down to `low`, below the row `after`."""
    return _piece(tx, _MESSAGES, clinic_id, low, after, high)


def notes(tx: Tx, clinic_id: str, low: str, after: Row | None, high: str) -> list:
    """The same of notes."""
    return _piece(tx, _NOTES, clinic_id, low, after, high)


def contacts(tx: Tx, clinic_id: str, low: str, high: str) -> list:
    """`clinic_id, conversation_id, id, sealed` of the conversations of a run, the first of each last."""
    return tx.all("SELECT clinic_id, conversation_id, id, sealed FROM contacts WHERE clinic_id = :clinic_id AND"
                  " conversation_id >= :low AND conversation_id <= :high ORDER BY conversation_id, id DESC",
                  clinic_id=clinic_id, low=low, high=high)


def _piece(tx: Tx, select: str, clinic_id: str, low: str, after: Row | None, high: str) -> list:
    at, seq = (after.conversation_id, after.seq) if after else (high, _LAST_SEQ)
    return tx.all(select + _RUN, clinic_id=clinic_id, low=low, high=at, seq=seq, limit=PIECE)
