"""The drill opens everything, and says what does not open; it leaves nothing behind and writes nothing but its own row."""

import tempfile
from base64 import b64decode

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from securemsg.crypto.keyring import SERVICE
from securemsg.crypto.receipts import public_key
from securemsg.crypto.statements import signed_bytes
from securemsg.desk.archive import drill, opening, otherwise
from securemsg.desk.audit import log as audit_log
from securemsg.desk.audit.sealing import Sealer
from securemsg.store import archive as store_archive
from securemsg.store.ids import new_id
from securemsg.store.tables import metadata
from tests.desk.archives import archived, drilled, erases, everything, once
from tests.desk.canary import CANARY, disguises, files, found_in
from tests.desk.hand import flipped

TAUGHT = opening.BY_CLINIC + opening.BY_CONVERSATION + tuple(otherwise.OPENS)


@pytest.fixture
def folder(clinic, monkeypatch, tmp_path):
    """Where temporary files go."""
    path = tmp_path / "temporary"
    path.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(path))
    return path


def test_everything_opens_and_the_result_is_signed(clinic, busy, folder):
    archive, before = archived(clinic), everything(clinic.desk.database)
    result = drilled(clinic.desk.settings, archive)
    assert (result["result"], result["fault"], result["erased"]) == ("ok", None, 0)
    rows = {name: len(rows) for name, rows in before.items()}
    assert result["counts"] == rows
    sealed = {f"{table}.{column}": sum(getattr(row, column) is not None for row in clinic.rows(table))
              for table, column in TAUGHT}
    assert {name: result["opened"].get(name, 0) for name in sealed} == sealed and all(sealed.values()), "each value, once"
    assert {f"{table}.mac": result["opened"].get(f"{table}.mac", 0) for table in opening.VOUCHED} == \
        {f"{table}.mac": rows[table] for table in opening.VOUCHED}
    told = public_key(clinic.desk.keys.active(SERVICE, "receipt").secret)
    key = Ed25519PublicKey.from_public_bytes(b64decode(told["public"]))
    key.verify(b64decode(result["signature"]), signed_bytes("drill", result))
    assert result["key"] == told["key"] and everything(clinic.desk.database) == before and not list(folder.iterdir())


def test_no_word_of_anybody_reaches_the_disk(clinic, busy, folder, monkeypatch):
    archive, found = archived(clinic), []
    monkeypatch.setattr(drill, "open_conversations", lambda desk, opened: found.extend(files(folder)))
    drilled(clinic.desk.settings, archive)
    assert not found_in(found, disguises(CANARY)) and found_in(found, [b"Elm Street Surgery"])


def breaks_message(clinic, busy):
    row = clinic.rows("messages", conversation_id=busy.visitor.conversation)[1]
    clinic.sql("UPDATE messages SET sealed = :value WHERE id = :id", id=row.id, value=flipped(bytes(row.sealed)))


def breaks(table: str, column: str):
    """One bit of a sealed value, or of a MAC, in the newest row that has one."""
    def act(clinic, busy):
        row = next(row for row in reversed(clinic.rows(table)) if getattr(row, column))
        named = "person_id" if table == "person_roles" else "id"
        clinic.sql(f"UPDATE {table} SET {column} = :value WHERE {named} = :id", id=getattr(row, named),
                   value=flipped(bytes(getattr(row, column))))
    return act


def seals(clinic) -> None:
    """Number and sign what the audit log has."""
    sealer = Sealer(clinic.desk)
    while sealer.look():
        pass
    sealer.close()


def cuts(sql: str):
    """Somebody cuts the audit log, sealed up to here."""
    def act(clinic, busy):
        seals(clinic)
        assert clinic.sql(sql, c=clinic.home.id) >= 1
    return act


def runs(sql: str):
    return lambda clinic, busy: clinic.sql(sql, **({"c": busy.visitor.conversation} if ":c" in sql else {}))


FAULTS = {
    "a message altered": (breaks_message, "Message 2 of conversation"),
    "a message gone": (runs("DELETE FROM messages WHERE conversation_id = :c AND seq = 2"), "Message 2 of conversation"),
    "the newest message gone": (runs("DELETE FROM messages WHERE conversation_id = :c AND seq = 3"), "Message 3 of conversation"),
    "messages swapped": (runs("UPDATE messages SET seq = 7 - seq WHERE conversation_id = :c AND seq > 2"), "of conversation"),
    "the newest cut off": (runs("UPDATE conversations SET last_seq = 1 WHERE id = :c"), "counts 1 messages"),
    "a body nulled": (runs("UPDATE messages SET sealed = NULL WHERE conversation_id = :c AND seq = 1"), "Message 1"),
    "a key gone": (runs("UPDATE conversation_keys SET wrapped = NULL WHERE conversation_id = :c"), "of conversation"),
    "a name gone": (runs("UPDATE conversations SET name = NULL WHERE id = :c"), "its first message vouches for"),
    "a contact gone": (runs("DELETE FROM contacts WHERE conversation_id = :c"), "its first message vouches for"),
    "a note gone": (runs("DELETE FROM notes WHERE conversation_id = :c"), "counts 1 notes, and there are 0"),
    "a note altered": (breaks("notes", "sealed"), "Note 1 of conversation"),
    "a name of staff altered": (breaks("people", "name"), "people.name of"),
    "an address altered": (breaks("people", "email"), "people.email of"),
    "a secret altered": (breaks("credentials", "sealed"), "credentials"),
    "a detail altered": (breaks("audit", "detail"), "The audit log of elm"),
    "a role made up": (breaks("person_roles", "mac"), "A row of person_roles"),
    "a session given away": (breaks("visitor_sessions", "mac"), "A row of visitor_sessions"),
    "a session that began another way": (runs("UPDATE visitor_sessions SET via = 'link' WHERE conversation_id = :c"),
                                         "A row of visitor_sessions"),
    "the audit log cut": (cuts("DELETE FROM audit WHERE clinic_id = :c AND number > 5"), "The audit log of elm"),
    "a row of the audit log gone": (cuts("DELETE FROM audit WHERE clinic_id = :c AND number = 5"), "Row 5 is missing"),
    "a row of the audit log altered": (cuts("UPDATE audit SET outcome = 'failed' WHERE clinic_id = :c AND number = 5"),
                                       "Row 5 was altered"),
    "a link made up": (breaks("invites", "mac"), "A row of invites")}


@once
@pytest.mark.parametrize("what", FAULTS)
def test_what_does_not_open_is_named(clinic, busy, what):
    act, words = FAULTS[what]
    act(clinic, busy)
    result = drilled(clinic.desk.settings, archived(clinic))
    assert result["result"] == "failed" and words in result["fault"], result["fault"]


def test_its_result_is_an_anchor(clinic, busy):
    """What the archive knew of the audit log convicts a later database that lost the end of it."""
    seals(clinic)
    result = drilled(clinic.desk.settings, archived(clinic))
    told = orjson.dumps(result).decode()
    assert clinic.home.id in result["checkpoints"] and result["audited"] > 10
    assert audit_log.verify(clinic.desk, [told]).intact
    upto = clinic.desk.database.read(lambda tx: tx.one(
        "SELECT max(size) AS size FROM audit_checkpoints WHERE clinic_id = :clinic AND"
        " size < (SELECT max(size) FROM audit_checkpoints WHERE clinic_id = :clinic)", clinic=clinic.home.id)).size or 0
    clinic.sql("DELETE FROM audit WHERE clinic_id = :c AND number > :upto", c=clinic.home.id, upto=upto)
    clinic.sql("DELETE FROM audit_checkpoints WHERE clinic_id = :c AND size > :upto", c=clinic.home.id, upto=upto)
    assert audit_log.verify(clinic.desk).intact and not audit_log.verify(clinic.desk, [told]).intact


def test_what_was_erased_on_purpose_is_no_fault(clinic, busy):
    other = clinic.visitor()
    other.opens("Erase all of it.")
    clinic.sql("UPDATE conversation_keys SET wrapped = NULL WHERE conversation_id = :c", c=other.conversation)
    clinic.sql("UPDATE messages SET sealed = NULL WHERE conversation_id = :c", c=other.conversation)
    message = busy.visitor.messages()[1].id
    clinic.sql("UPDATE messages SET sealed = NULL WHERE id = :id", id=message)
    erases(clinic, "conversation", other.conversation)
    erases(clinic, "message", message)
    result = drilled(clinic.desk.settings, archived(clinic))
    assert (result["result"], result["erased"]) == ("ok", 2), result["fault"]


def test_a_sealed_value_that_nobody_taught_the_drill_to_open_is_a_fault(clinic, busy):
    clinic.sql("INSERT INTO subjects (clinic_id, id, created_at, sealed) VALUES (:c, :id, 1, :s)", c=clinic.home.id, id=new_id(),
               s=b"something")
    assert "subjects.sealed, which this drill has no way to open" in drilled(clinic.desk.settings, archived(clinic))["fault"]


def test_every_row_that_vouches_is_asked():
    """Of conversations the whole vouches; a ticket lives for a minute; the audit log has a command of its own."""
    with_mac = {table.name for table in metadata.sorted_tables if "mac" in table.columns}
    assert with_mac - set(opening.VOUCHED) == {"conversations", "tickets", "audit"}
    assert set(TAUGHT + opening.BY_CALLER) < set(store_archive.SEALED)


def test_the_living_service_writes_down_what_came_of_it(clinic, busy):
    drill.note(clinic.desk.settings, drilled(clinic.desk.settings, archived(clinic)))
    rows = clinic.desk.database.read(lambda tx: tx.everywhere.all("SELECT * FROM audit WHERE clinic_id = :id", id=SERVICE))
    assert [row.outcome for row in rows if row.action == "service.drill"] == ["ok"]
