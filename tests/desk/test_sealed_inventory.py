"""Every sealed column is known: to those who fill it, to the drill that opens it, to a rotation, after which it opens as well.

A new column of bytes without an entry here fails.
"""

from sqlalchemy import LargeBinary

from securemsg.crypto.envelope import key_version
from securemsg.desk import keys
from securemsg.desk.archive.opening import BY_CALLER, BY_CLINIC, BY_CONVERSATION, Tally, open_conversations, open_values
from securemsg.desk.archive.otherwise import OPENS
from securemsg.store.tables import metadata
from tests.desk.test_sealed_at_rest import NOT_FILLED_YET, SEALED, everything_is_said

# Bytes that are no sealed value: hashes, MACs, blind indexes, wrapped keys, and parts of the audit log's tree.
OTHER_BYTES = {
    "blind_index", "body_mac", "body_sha256", "code_mac", "ct_sha256", "email_index", "frontier", "head", "leaf", "mac", "name",
    "place_mac",
    "pool_mac", "root", "scope", "secret_sha256", "session_sha256", "sha256", "subject", "text_sha256", "token_sha256", "wrapped"}


def test_every_column_of_bytes_is_sealed_or_known_to_be_something_else():
    strange = {(table.name, column.name) for table in metadata.sorted_tables for column in table.columns
               if isinstance(column.type, LargeBinary) and not column.info.get("sealed") and column.name not in OTHER_BYTES}
    assert not strange, "mark it as sealed (tables.py), or say here that it holds nothing that people wrote"


def test_every_sealed_column_is_opened_by_the_drill():
    opened = {*BY_CLINIC, *BY_CONVERSATION, *BY_CALLER, *OPENS}
    assert opened - NOT_FILLED_YET == SEALED - NOT_FILLED_YET, "a new one has its row in archive/opening.py"


def test_every_sealed_value_opens_after_all_keys_were_rotated(clinic):
    """Those of before under the older keys, those of after under the newer ones."""
    everything_is_said(clinic)
    keys.rotate_clinic(clinic.desk, clinic.service, clinic.home.id, clinic.clock.tick())
    keys.rotate_epoch(clinic.desk, clinic.clock.tick())
    late = clinic.visitor()
    late.opens("And now?", name="Leo", contact=("email", "leo@example.org"))
    clinic.hires().opens(late)
    tally = Tally()
    open_values(clinic.desk, tally)
    open_conversations(clinic.desk, tally)
    assert {name for name in tally.counts if not name.endswith(".mac")} == {f"{table}.{column}" for table, column in
                                                                            SEALED - NOT_FILLED_YET - set(BY_CALLER)}
    assert {key_version(bytes(row.name)) for row in clinic.rows("people")} == {2}, "they go with the clinic key"
    assert {key_version(bytes(row.sealed)) for row in clinic.rows("holds")} == {1}, "others stay under the older data key"
    assert {row.wrapped_by for row in clinic.rows("conversation_keys")} == {2}
