"""Rows to look through for a search: what belongs to a run of conversations, in pieces that fit into memory.

Conversations are taken by their ids from the newest down. Ids do not change, so a search that goes on later misses none.
"""

from securemsg.store.database import Tx

LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"  # sorts after every other
LAST_SEQ = 2**62
PIECE = 500  # rows; of messages as long as can be 32 MB
# Ids as texts, see Tx.many; m.conversation_id in the order is the column, which an index has in order, and not the text.
_IDS = "SELECT CAST(m.conversation_id AS TEXT) AS conversation_id, CAST(m.id AS TEXT) AS id, m.seq, m.sealed"
_MESSAGES = f"{_IDS}, m.author_kind FROM messages m"
_NOTES = f"{_IDS}, CAST(m.author_id AS TEXT) AS author_id, m.received_at, m.ct_sha256 FROM notes m"
_RUN = (" WHERE m.clinic_id = :clinic_id AND m.conversation_id >= :low AND (m.conversation_id, m.seq) <= (:high, :upto)"
        " ORDER BY m.conversation_id DESC, m.seq DESC LIMIT :limit")


def messages(tx: Tx, clinic_id: str, low: str, high: str, upto: int) -> list:
    """The next piece of the messages of the conversations from `high` down to `low`; of the first those numbered up to `upto`."""
    return tx.many(_MESSAGES + _RUN, clinic_id=clinic_id, low=low, high=high, upto=upto, limit=PIECE)


def notes(tx: Tx, clinic_id: str, low: str, high: str, upto: int) -> list:
    """The same of notes."""
    return tx.many(_NOTES + _RUN, clinic_id=clinic_id, low=low, high=high, upto=upto, limit=PIECE)


def contacts(tx: Tx, clinic_id: str, low: str, high: str) -> list:
    """`clinic_id, conversation_id, id, sealed` of the conversations of a run, the first of each last."""
    return tx.all("SELECT clinic_id, conversation_id, id, sealed FROM contacts WHERE clinic_id = :clinic_id AND"
                  " conversation_id >= :low AND conversation_id <= :high ORDER BY conversation_id, id DESC",
                  clinic_id=clinic_id, low=low, high=high)
