"""Each change and each staff read leaves its row: with the change, or before the content."""

import hashlib
from collections import Counter
from itertools import product

import orjson
import pytest

from securemsg.crypto import audit_tree
from securemsg.crypto.keyring import SERVICE
from securemsg.desk import reading
from securemsg.store.audit import AuditRow
from tests.listening import silent

TABLES = (
    "conversations", "conversation_keys", "messages", "consents", "contacts", "visitor_sessions", "audit", "events", "outbox",
    "idempotency", "notes", "openings", "revocations")


def stored(clinic):
    """How many rows stand in each table, and every word of the conversations' rows."""
    return [len(clinic.rows(table)) for table in TABLES], clinic.rows("conversations")


def broken(clinic, table):
    """Nothing can be inserted into `table` any more: the statement fails, as on a full or failing disk."""
    clinic.sql(f"ALTER TABLE {table} RENAME TO {table}_away")
    return lambda: clinic.sql(f"ALTER TABLE {table}_away RENAME TO {table}")


def test_a_message_is_written_with_its_audit_row_event_and_answer(clinic, visitor):
    clinic.desk.registry = silent("mail", "triage")
    answer = visitor.opens("Hello?")
    (message,), (kept,) = clinic.rows("messages"), clinic.rows("idempotency")
    row, event = clinic.rows("audit")[-1], clinic.rows("events")[-1]
    here, waiting = visitor.conversation, [(row.plugin, row.event_id, row.done_at) for row in clinic.rows("outbox")]
    assert (row.action, row.actor_kind, row.object_id, row.outcome) == ("conversation.opened", "visitor", here, "ok")
    assert (event.kind, event.conversation_id, event.object_id, event.seq) == ("conversation.opened", here, message.id, 1)
    assert waiting == [("mail", event.id, None), ("triage", event.id, None)]
    assert message.id == answer["message"]["id"] and kept.state == "done" and row.address is None


def test_when_one_row_of_a_first_message_cannot_be_written_none_is(clinic, visitor):
    clinic.desk.registry = silent("mail")
    before = stored(clinic)
    for table in ("messages", "consents", "contacts", "visitor_sessions", "conversation_keys", "audit", "events", "outbox"):
        mend = broken(clinic, table)
        with pytest.raises(Exception, match=table):
            visitor.opens("Hello?", key="a-key-that-is-kept", contact=("phone", "+1 555 0100"))
        mend()
        assert stored(clinic) == before
    visitor.opens("Hello?", key="a-key-that-is-kept", contact=("phone", "+1 555 0100"))
    assert visitor.reads() == ["Hello?"]


def test_when_one_row_of_a_further_message_cannot_be_written_none_is(clinic, visitor, staff):
    clinic.desk.registry = silent("mail")
    visitor.says("Hello?")
    before, acts = stored(clinic), (lambda: visitor.says("one"), lambda: staff.replies("two"), staff.claims, staff.closes)
    for table, act in product(("messages", "audit", "events", "outbox"), acts):
        mend = broken(clinic, table)
        with pytest.raises(Exception, match=table):
            act()
        mend()
        assert stored(clinic) == before
    visitor.says("three")
    assert visitor.reads() == ["Hello?", "three"]


def test_without_its_audit_row_no_other_act_happens(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.claims()
    before = stored(clinic)
    for act in (lambda: staff.notes("A note."), staff.flags, staff.releases, staff.closes):
        mend = broken(clinic, "audit")
        with pytest.raises(Exception, match="audit"):
            act()
        mend()
        assert stored(clinic) == before


def test_without_an_audit_row_staff_are_shown_nothing(clinic, visitor, staff, monkeypatch):
    visitor.says("Hello?")
    opened = []
    monkeypatch.setattr(reading, "_shown", lambda *_: opened.append("content"))
    mend = broken(clinic, "audit")
    with pytest.raises(Exception, match="audit"):
        staff.opens(visitor)
    mend()
    assert not opened and not clinic.rows("openings")


def test_the_audit_row_of_a_read_is_committed_before_a_word_is_opened(clinic, visitor, staff, monkeypatch):
    visitor.says("Hello?")
    committed = []
    real = reading._shown

    def spy(*args):
        committed.extend(row.action for row in clinic.rows("audit", action="conversation.read"))
        return real(*args)

    monkeypatch.setattr(reading, "_shown", spy)
    staff.opens(visitor)
    assert committed == ["conversation.read"]


def test_a_read_names_what_it_disclosed(clinic, visitor, staff):
    visitor.says("one")
    visitor.says("two")
    staff.notes("A note.")
    staff.opens(visitor)
    (row,) = clinic.rows("audit", action="conversation.read")
    assert orjson.loads(row.objects) == [["messages", "1-2"], ["notes", "1-1"], ["contact", visitor.conversation],
                                         ["name", visitor.conversation]]
    assert (row.actor_kind, row.actor_id, row.object_id) == ("staff", staff.person.id, visitor.conversation)


def test_who_saw_this_is_answered_by_the_conversation(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.opens(visitor)
    colleague = clinic.hires("Bo Li")
    trail = [(row.actor_id, row.action, row.happened_at) for row in colleague.opens(visitor).audit]
    assert [act[:2] for act in trail[:2]] == [(reader.person.id, "conversation.read") for reader in (colleague, staff)]
    assert trail[-1][1] == "conversation.opened"
    assert [at for *_, at in trail] == sorted((at for *_, at in trail), reverse=True)


def test_each_change_has_one_row_and_reads_of_visitors_have_none(clinic, visitor, staff):
    before = Counter(row.action for row in clinic.rows("audit"))
    visitor.says("one")
    visitor.says("two")
    staff.claims()
    staff.replies("three")
    staff.notes("four")
    staff.flags()
    staff.closes()
    staff.reopens()
    staff.releases()
    visitor.reads()
    assert Counter(row.action for row in clinic.rows("audit")) - before == Counter({
        "conversation.opened": 1, "message.sent": 2, "conversation.claimed": 1, "note.added": 1, "conversation.urgent": 1,
        "conversation.closed": 1, "conversation.reopened": 1, "conversation.released": 1})


def test_every_leaf_and_mac_fits_its_row(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.opens(visitor)
    staff.closes("called")
    key = clinic.desk.keys.active(SERVICE, "audit").secret
    rows = clinic.rows("audit")
    for row in rows:
        facts = tuple(getattr(row, name) for name in AuditRow.__slots__[:-2])
        assert bytes(row.leaf) == audit_tree.leaf(facts) and bytes(row.mac) == audit_tree.mac(key, row.id, row.leaf)
    altered = (*facts[:7], "conversation.opened", *facts[8:])
    assert audit_tree.leaf(altered) != bytes(rows[-1].leaf)


def test_addresses_of_staff_and_reasons_are_sealed(clinic, visitor, staff):
    visitor.says("Hello?")
    staff.closes("emergency")
    row = clinic.rows("audit")[-1]
    assert b"192.0.2" not in bytes(row.address) and b"emergency" not in bytes(row.detail)
    assert row.session_sha256 and hashlib.sha256(b"").digest() != bytes(row.session_sha256)
