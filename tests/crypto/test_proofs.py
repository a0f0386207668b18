"""Tokens, receipts, heads and leaves: what others hold, and what convicts who altered a row."""

import hashlib
import json

import pytest

from securemsg.crypto import audit_tree, heads, receipts, tokens
from securemsg.errors import Unknown
from tests.receipts import holds

SEED = bytes(range(32))
FACTS = (SEED, "elm", "conversation", "message", 3, "2026-03-02T12:00:00.000000Z", b"Is the flu jab free?")


def test_a_receipt_is_verified_offline_by_the_public_key():
    receipt, public = json.loads(json.dumps(receipts.sign(*FACTS))), receipts.public_key(SEED)
    assert holds(receipt, public["public"]) and receipt["key"] == public["key"]
    assert hashlib.sha256((receipt["salt"] + "Is the flu jab free?").encode()).hexdigest() == receipt["text_sha256"]


def test_a_receipt_with_any_fact_altered_does_not_hold():
    receipt, public = receipts.sign(*FACTS), receipts.public_key(SEED)["public"]
    for name in set(receipt) - {"signature"}:
        assert not holds(receipt | {name: "other"}, public), name
    assert not holds(receipt, receipts.public_key(bytes(32))["public"])


def test_two_receipts_of_one_text_do_not_tell_that_it_is_the_same():
    one, other = receipts.sign(*FACTS), receipts.sign(*FACTS)
    assert one["text_sha256"] != other["text_sha256"] and "flu jab" not in json.dumps(one)


def test_the_visitor_can_prove_what_was_sent(clinic, visitor):
    visitor.says("Is the flu jab free?")
    (receipt,) = visitor.receipts
    public = receipts.public_key(clinic.desk.keys.active("00000000-0000-0000-0000-000000000000", "receipt").secret)
    assert holds(receipt, public["public"]) and receipt["message"] == visitor.messages()[0].id and receipt["clinic"] == "elm"


def test_a_token_carries_its_clinic_and_256_bits():
    token = tokens.new_visitor_token("elm-street")
    assert tokens.clinic_of(token) == "elm-street" and len(token) == len("smv_elm-street_") + 43
    assert len({tokens.new_visitor_token("elm") for _ in range(1000)}) == 1000
    assert len(tokens.hashed(token)) == 32 and tokens.hashed(token) != tokens.hashed(token[:-1])


@pytest.mark.parametrize("text", [
    "", "smv_elm_", "smv_Elm_" + "A" * 43, "smv_e_" + "A" * 43, "smv_elm_" + "A" * 42, "smv_elm_" + "A" * 44,
    "smv_elm_" + "A" * 42 + "=", " smv_elm_" + "A" * 43, "smv_elm_" + "A" * 43 + "\n", "sm_live_elm_" + "A" * 43])
def test_what_is_no_token_has_no_clinic(text):
    with pytest.raises(Unknown):
        tokens.clinic_of(text)


def test_an_answers_keys_come_from_the_callers_key_alone():
    one, mac = tokens.answer_keys("key one")
    assert (one, mac) == tokens.answer_keys("key one") and one.secret != mac
    assert tokens.answer_keys("key two")[0] != one
    assert tokens.body_mac(mac, b"a") != tokens.body_mac(mac, b"b")


def test_a_head_depends_on_each_part_and_on_all_that_came_before():
    parts = (SEED, b"before", "message", 3, b"hash")
    changes = [(0, bytes(32)), (1, b"other"), (2, "other"), (3, 4), (4, b"other")]
    found = {heads.advance(*parts)} | {heads.advance(*parts[:at], other, *parts[at + 1:]) for at, other in changes}
    assert len(found) == 6 and heads.fits(heads.advance(*parts), heads.advance(*parts)) and not heads.fits(b"a", b"b")


def test_a_leaf_depends_on_each_field_and_its_place():
    rows = [("a", "b"), ("ab", ""), ("", "ab"), ("a", None), ("a", ""), ("a", b"b\0"), ("b", "a"), ("a", "b", None), ("a", 1)]
    assert len({audit_tree.leaf(row) for row in rows}) == len(rows)
    assert audit_tree.leaf(("a", 1)) == audit_tree.leaf(("a", "1")), "numbers are written as text"


def test_a_mac_needs_the_key_and_belongs_to_one_row():
    leaf = audit_tree.leaf(("a",))
    assert len({audit_tree.mac(SEED, "1", leaf), audit_tree.mac(bytes(32), "1", leaf), audit_tree.mac(SEED, "2", leaf)}) == 3
