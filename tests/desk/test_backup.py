"""A backup: all rows as they were at one moment, readable by nobody without the private half of its key."""

import io
import os
import random

import orjson
import pytest
from sqlalchemy import inspect

from securemsg import store
from securemsg.crypto import backup_keys
from securemsg.crypto.archive import Opener, Sealer
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.archive import backup
from securemsg.desk.archive.archives import Reading
from securemsg.errors import Refused
from securemsg.store import archive as store_archive
from securemsg.store.migrate import revisions
from tests.desk.archives import KEY, PUBLIC, archived, changed, everything, fault, is_empty, once, restored
from tests.desk.canary import CANARY, disguises, found_in, rows
from tests.store.forms import put_back
from tests.together import at_once

# What a restore changes on purpose: links and codes that may have been used since, and the rows that say so.
SETTLED = {"invites": "used_at", "tickets": "used_at", "returns": "used_at", "credentials": "last_step"}


@pytest.mark.parametrize("where", ["elsewhere", "across"])
def test_every_row_of_every_table_comes_back_on_either_database(clinic, busy, where, request, reopened):
    archive, elsewhere = archived(clinic), request.getfixturevalue(where)
    before = everything(clinic.desk.database)
    assert sum(map(bool, before.values())) > 15
    restored(elsewhere.settings(clinic.desk), archive, clinic.clock)
    after = everything(reopened(clinic, elsewhere.settings(clinic.desk)).desk.database)
    waited = {"audit_objects", "drafts", "pending_replies"}  # a reply that waited is its writer's draft again, and never goes out
    for table in before.keys() - SETTLED.keys() - waited - {"audit", "events", "outbox"}:
        assert after[table] == before[table], table
    assert {row[:7] for row in after["outbox"]} >= {row[:7] for row in before["outbox"]} != set(), "what was due is set aside"
    for table in SETTLED:
        assert len(after[table]) == len(before[table]) > 0, table
    for table, written in (("audit", 2), ("events", 1)):  # in the audit log also what became of the reply that waited
        new = after[table] - before[table]
        assert before[table] < after[table] and len(new) == written and any("service.restored" in row for row in new), table
    unsent = after["audit_objects"] - before["audit_objects"]
    assert before["audit_objects"] < after["audit_objects"] and [row[2] for row in unsent] == ["message"]
    assert len(after["drafts"]) == len(before["drafts"]) > 0 and not after["pending_replies"]


def test_a_restored_practice_goes_on(clinic, busy, elsewhere, reopened):
    restored(elsewhere.settings(clinic.desk), archived(clinic), clinic.clock)
    again = reopened(clinic, elsewhere.settings(clinic.desk))
    busy.visitor.clinic = again
    busy.visitor.says("One more.")
    said = busy.visitor.reads()
    assert (said[0], said[-1]) == (f"{CANARY} first", "One more.") and None not in said
    assert busy.visitor.visit().conversation.last_seq == len(said)


def test_an_archive_of_a_restored_database_goes_back_again(clinic, busy, across, elsewhere, reopened):
    """From one kind to the other and back: this is how a clinic moves."""
    restored(across.settings(clinic.desk), archived(clinic), clinic.clock)
    moved = reopened(clinic, across.settings(clinic.desk))
    restored(elsewhere.settings(clinic.desk), archived(moved), clinic.clock)
    home = reopened(clinic, elsewhere.settings(clinic.desk))
    assert everything(home.desk.database)["messages"] == everything(clinic.desk.database)["messages"]
    assert len(home.rows("audit")) == len(moved.rows("audit")) and home.rows("people")


def test_while_four_write_it_is_one_moment(clinic, elsewhere, reopened):
    """What is inside fits together: each conversation counts the messages that are there, and events those that happened."""
    visitors = [clinic.visitor() for _ in range(4)]
    for visitor in visitors:
        visitor.opens("Hello?")
    archives = []

    def act(number: int) -> None:
        if number == 4:
            archives.extend(archived(clinic) for _ in range(3))
        else:
            while len(archives) < 3:
                visitors[number].says("and more")

    assert at_once(5, act) == [None] * 5
    restored(elsewhere.settings(clinic.desk), archives[-1], clinic.clock)
    found = reopened(clinic, elsewhere.settings(clinic.desk))
    counted = {row.id: row.last_seq for row in found.rows("conversations")}
    messages = [row.conversation_id for row in found.rows("messages")]
    assert len(messages) > 8 and all(messages.count(id) == last for id, last in counted.items())
    assert len(messages) == len([row for row in found.rows("events") if row.kind in ("message.sent", "conversation.opened")])


def test_what_is_written_between_two_batches_is_not_in_it(clinic, visitor, elsewhere, reopened):
    visitor.opens("Before.")
    clinic.desk.settings, file = changed(clinic.desk.settings, backup_key=PUBLIC), io.BytesIO()
    backup.back_up(clinic.desk, file, clinic.clock.tick(), lambda done, of: visitor.says("Meanwhile."))
    assert len(clinic.rows("messages")) > 5
    restored(elsewhere.settings(clinic.desk), file.getvalue(), clinic.clock)
    visitor.clinic = reopened(clinic, elsewhere.settings(clinic.desk))
    assert visitor.reads() == ["Before."]


def test_the_audit_log_has_it_before_a_row_is_read(clinic, busy):
    archive = archived(clinic)
    header = Reading(io.BytesIO(archive), KEY).header
    rows = clinic.desk.database.read(lambda tx: tx.everywhere.all("SELECT * FROM audit WHERE clinic_id = :id", id=SERVICE))
    row = next(row for row in rows if row.action == "service.backup")
    named = dict(orjson.loads(row.objects))
    assert row.object_id == named["archive"] == header["archive"] and named["backup key"] == backup_keys.key_id(KEY.public_key())
    assert int(named["rows"]) == sum(header["counts"].values()) - 1, "all but this row itself"


def test_without_room_for_the_audit_row_nothing_is_read(clinic, busy, monkeypatch):
    def refuses(tx, row):
        raise RuntimeError("no room")

    monkeypatch.setattr("securemsg.store.audit.insert", refuses)
    file = io.BytesIO()
    clinic.desk.settings = changed(clinic.desk.settings, backup_key=backup_keys.new_texts()[0])
    with pytest.raises(RuntimeError):
        backup.back_up(clinic.desk, file, clinic.clock.tick(), lambda done, of: None)
    assert not file.getvalue()


def test_nobody_reads_it_without_the_private_half(clinic, busy):
    archive = archived(clinic)
    needles = disguises(CANARY) | disguises("Elm Street Surgery") | disguises(clinic.home.id)
    assert not found_in([("archive", archive)], needles)
    root = next(iter(clinic.desk.keys._keystore.epochs.values()))
    opened = [key.secret for _, keys in clinic.desk.keys._clinics._entries.values() for key in keys.values()]
    ours = [root, *opened]
    assert len(ours) > 8
    for secret in ours:
        other = backup_keys.X25519PrivateKey.from_private_bytes(secret)
        assert "is sealed for the backup key" in fault(Reading, io.BytesIO(archive), other)
        its, mine = (backup_keys.key_id(key.public_key()).encode() for key in (KEY, other))
        named = archive.replace(its, mine)
        assert named != archive and "does not open" in fault(Reading, io.BytesIO(named), other), "nor when it says it is for it"


def test_the_keys_are_not_in_it_and_no_word_is_in_the_clear_inside(clinic, busy):
    inside = b"".join(Opener(io.BytesIO(archived(clinic))).records(KEY))
    settings = clinic.desk.settings
    keys = [settings.keystore.read_bytes(), *clinic.desk.keys._keystore.epochs.values()]
    assert not found_in([("inside", inside)], set().union(disguises(CANARY), *(disguises(key) for key in keys)))
    assert found_in([("inside", inside)], [b"Elm Street Surgery"])
    assert not found_in(list(rows(clinic.desk.database)), disguises(backup_keys.key_id(KEY.public_key()) + "x"))


@pytest.fixture
def archive(clinic, busy) -> bytes:
    return archived(clinic)


@once
def test_an_archive_that_was_altered_anywhere_is_refused(clinic, archive):
    places = [*range(0, 240), *random.Random(6).sample(range(240, len(archive)), 100), len(archive) - 1]
    for place in places:
        altered = archive[:place] + bytes([archive[place] ^ 1 << place % 8]) + archive[place + 1:]
        with pytest.raises(Refused):
            list(Opener(io.BytesIO(altered)).records(KEY))


@once
def test_what_is_altered_cut_or_goes_on_leaves_nothing_behind(clinic, archive, elsewhere):
    late = len(archive) - 20_000
    damaged = [archive[:cut] for cut in (0, 18, 150, 16_640, late, len(archive) - 1)] + [archive + b"\0", archive + archive]
    for bad in (*damaged, archive[:late] + bytes([archive[late] ^ 1]) + archive[late + 1:]):
        said = fault(restored, elsewhere.settings(clinic.desk), bad, clinic.clock)
        assert said.endswith(("Nothing was written.", "does not know.")), said
    assert is_empty(elsewhere.settings(clinic.desk))


def test_another_key_and_another_services_keystore_are_told(clinic, archive, elsewhere, tmp_path):
    from securemsg.crypto import keystore, roots

    settings = elsewhere.settings(clinic.desk)
    other = backup_keys.private(backup_keys.new_texts()[1], "x")
    assert "is sealed for the backup key" in fault(restored, settings, archive, clinic.clock, other)
    keystore.create(tmp_path / "other" / "keystore.json", roots.read(settings.root_key[0], settings.environ, settings.data))
    wrong = changed(settings, keystore=tmp_path / "other" / "keystore.json")
    assert "needs the epoch" in fault(restored, wrong, archive, clinic.clock)
    lost = changed(settings, keystore=tmp_path / "nowhere.json")
    assert "Put it back" in fault(restored, lost, archive, clinic.clock)
    assert is_empty(settings)


def forged(archive: bytes, change) -> bytes:
    """Put together anew by somebody who holds the private half: `change(records)`."""
    file = io.BytesIO()
    opener = Opener(io.BytesIO(archive))
    sealer = Sealer(file, KEY.public_key(), {"archive": opener.label["archive"], "made_at": opener.label["made_at"]})
    for record in change([orjson.loads(record) for record in opener.records(KEY)]):
        sealer.put(record if isinstance(record, bytes) else orjson.dumps(record))
    sealer.finish()
    return file.getvalue()


FORGERIES = {
    "a row taken away": (lambda r: [*r[:-2], [*r[-2][:2], r[-2][2][:-1]], r[-1]], "not the ones that were signed"),
    "a batch taken away": (lambda r: [*r[:-2], r[-1]], "not the ones that were signed"),
    "batches swapped": (lambda r: [*r[:2], *r[2:-1][::-1], r[-1]], ""),
    "another count": (lambda r: [r[0] | {"counts": r[0]["counts"] | {"notes": 0}}, *r[1:]], "signature does not fit"),
    "an older form": (lambda r: [r[0] | {"revision": "0001"}, *r[1:]], ""),
    "a newer form": (lambda r: [r[0] | {"revision": "9999"}, *r[1:]], "newer version"),
    "no end": (lambda r: r[:-1], "ends too early"),
    "more after the end": (lambda r: [*r, r[1]], "goes on after its end"),
    "a table of nobody's": (lambda r: [r[0], ["alembic_version; --", ["version_num"], [["x"]]], *r[1:]], "do not fit"),
    "a column of nobody's": (lambda r: [r[0], ["keys", ["id) VALUES (1); --"], [["x"]]], *r[1:]], "do not fit"),
    "no JSON": (lambda r: [r[0], b"{", *r[1:]], "ends too early"),
    "no rows": (lambda r: [r[0], 7, *r[1:]], "was not put together by securemsg"),
    "rows of other lengths": (lambda r: [r[0], ["keys", ["id"], [["x", "y"]]], *r[1:]], "was not put together by securemsg"),
    "another header": (lambda r: [{"archive": 1}, *r[1:]], "was not put together by securemsg"),
    "no header": (lambda r: r[1:], "was not put together by securemsg"),
    "nothing": (lambda r: [], "ends too early")}


@once
def test_what_somebody_with_the_private_half_puts_together_is_refused(clinic, archive, elsewhere):
    for forgery, (change, words) in FORGERIES.items():
        said = fault(restored, elsewhere.settings(clinic.desk), forged(archive, change), clinic.clock)
        assert words in said, (forgery, said)
    assert is_empty(elsewhere.settings(clinic.desk))
    restored(elsewhere.settings(clinic.desk), forged(archive, lambda records: records), clinic.clock)


NONSENSE = {
    "counts of words": ({"counts": {"a": "b"}}, []), "no keys": ({}, []), "keys of another kind": ({}, [
        ["keys", ["clinic_id", "id", "purpose", "version", "wrapped", "wrapped_by", "state"],
         [[SERVICE, "x", "receipt", 1, 7, "x", "active"]]]]),
    "a number too large": ({}, [["people", ["clinic_id", "id", "created_at"], [["x", "y", 2**63]]]]),
    "a list for a value": ({}, [["people", ["clinic_id", "id"], [["x", [1]]]]]),
    "a name for a number": ({}, [["events", ["clinic_id", "id", "kind", "happened_at"], [["x", "y", "z", "Ana Ruiz"]]]]),
    "a name that is very long": ({}, [["keys", ["clinic_id", "id", "purpose"], [["Ana Ruiz " * 40_000, "y", "z"]]]])}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_that_anybody_could_seal_is_refused_in_a_sentence(clinic, busy, elsewhere, what):
    """The public half of the key is enough to seal something; what is sealed is not told."""
    about, records = NONSENSE[what]
    header = {"archive": "x", "made_at": "x", "at": 1, "address": "x", "revision": revisions()[-1], "counts": {},
              "checkpoints": {}, "epochs": {}, "ledger": {}, **about}
    file = io.BytesIO()
    sealer = Sealer(file, KEY.public_key(), {"archive": "x", "made_at": "x"})
    for record in (header, *records, {"sha256": "x"}):
        sealer.put(orjson.dumps(record))
    sealer.finish()
    said = fault(restored, elsewhere.settings(clinic.desk), file.getvalue(), clinic.clock)
    assert said.endswith(("Nothing was written.", "Nothing was changed.")) and len(said) < 300 and "Ana" not in said, said
    assert is_empty(elsewhere.settings(clinic.desk))


def test_an_archive_goes_into_an_empty_database_only(clinic, archive, busy):
    assert "There are rows in this database already" in fault(restored, clinic.desk.settings, archive, clinic.clock) or \
        "The service is running" in fault(restored, clinic.desk.settings, archive, clinic.clock)
    assert busy.visitor.reads()[0] == f"{CANARY} first"


@pytest.mark.parametrize("form", [revisions()[0], revisions()[-2]])
def test_tables_of_an_older_form_are_archived_as_they_are_and_restored_as_the_newest(clinic, elsewhere, reopened, form):
    """Before an upgrade: by the new program, from what the old one left."""
    clinic.visitor().opens("Hello?")
    put_back(clinic.desk.database, form)
    assert set(inspect(clinic.desk.database.engine).get_table_names()) <= {*store_archive.TABLES, "alembic_version"}, "all of it"
    archive = archived(clinic)
    assert Reading(io.BytesIO(archive), KEY).header["revision"] == store.form(clinic.desk.database) == form
    restored(elsewhere.settings(clinic.desk), archive, clinic.clock)
    again = reopened(clinic, elsewhere.settings(clinic.desk))
    assert len(again.rows("messages")) == 1 and store.form(again.desk.database) == revisions()[-1]


@once
def test_memory_stays_small_whatever_is_in_it(clinic):
    """A batch is what is held: of rows as long as can be, not all of them."""
    clinic.sql("INSERT INTO attempts (clinic_id, subject, failures, first_at) VALUES (:c, :s, 0, 0)", c=clinic.home.id, s=b"0")
    for number in range(1, 1200):
        clinic.sql("INSERT INTO attempts (clinic_id, subject, failures, first_at) VALUES (:c, :s, 0, 0)", c=clinic.home.id,
                   s=number.to_bytes(2) + os.urandom(2000))
    sizes = [len(record) for record in Opener(io.BytesIO(archived(clinic))).records(KEY)]
    assert max(sizes) < 400_000 and len(sizes) > 12
