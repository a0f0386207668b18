"""What was written by format 1 opens with today's code: these values are frozen, and stored in clinics' databases."""

import hashlib
import json
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from securemsg.crypto import audit_tree, credentials, heads, keystore, receipts, roots, tokens, wraps
from securemsg.crypto.envelope import Key, Place, unseal
from securemsg.crypto.keyring import Keyring, WrappedKey, expand

PATH = Path(__file__).parent.parent / "vectors" / "format-1.json"
VECTORS = json.loads(PATH.read_text("utf-8"))
raw = bytes.fromhex


def test_nobody_wrote_the_vectors_anew():
    """A change here is a change of what is stored: see tests/vectors/README.md."""
    assert hashlib.sha256(PATH.read_bytes()).hexdigest() == "5d57cb037c04a996a56634723ef260354273555764b7e6627b6b4ec62c796a5c"


@pytest.mark.parametrize("value", VECTORS["envelope"], ids=lambda value: value["text"][:20] or "nothing")
def test_a_sealed_value_opens(value):
    key, place = Key(raw(value["secret"]), value["version"]), Place(**value["place"])
    assert unseal(key, place, raw(value["sealed"])).decode() == value["text"]


def test_a_wrapped_key_opens():
    value = VECTORS["wrap"]
    assert wraps.unwrap(raw(value["wrapper"]), raw(value["wrapped"]), *value["about"]) == raw(value["secret"])


def test_a_root_key_is_read():
    value = VECTORS["root"]
    root = roots.parse(value["text"] + "\n", "The vector")
    assert (root.secret, root.id) == (raw(value["secret"]), value["id"])


def test_the_chain_opens_from_the_root_down_to_a_message_a_note_and_a_name(tmp_path):
    value = VECTORS["chain"]
    (tmp_path / "keystore.json").write_text(json.dumps(value["keystore"]))
    opened = keystore.read(tmp_path / "keystore.json", (roots.parse(value["root"], "The vector"),))
    ring = Keyring(opened, lambda clinic: [WrappedKey(**row | {"wrapped": raw(row["wrapped"])}) for row in value["keys"]])
    place, kept = Place(**value["place"]), value["conversation_key"]
    keys = ring.conversation(place.clinic, place.conversation, kept["version"], raw(kept["wrapped"]), kept["wrapped_by"])
    assert unseal(keys.body, place, raw(value["sealed"])).decode() == value["text"]
    assert unseal(keys.note, Place(**value["note_place"]), raw(value["sealed_note"])).decode() == value["note"]
    name = unseal(ring.data(place.clinic), Place(**value["person_place"]), raw(value["sealed_person"]))
    assert name.decode() == value["person"]
    index = value["index"]
    assert ring.blind_index(place.clinic, index["field"], index["value"]) == raw(index["index"])


def test_keys_are_derived_as_before():
    for value in VECTORS["expand"]:
        assert expand(raw(value["secret"]), value["info"]) == raw(value["key"])


def test_heads_follow_as_before():
    key = raw(VECTORS["head"]["key"])
    for value in VECTORS["head"]["chain"]:
        before, sha256 = raw(value["before"]), raw(value["ciphertext_sha256"])
        assert heads.advance(key, before, value["message"], value["seq"], sha256) == raw(value["head"])


def test_leaves_and_macs_of_the_audit_log_are_as_before():
    value = VECTORS["audit"]
    leaf = audit_tree.leaf(tuple(value["fields"]))
    assert leaf == raw(value["leaf"]) and audit_tree.mac(raw(value["key"]), value["uid"], leaf) == raw(value["mac"])


def test_a_receipt_still_holds():
    value = VECTORS["receipt"]
    receipt, public = value["receipt"], value["public"]
    assert receipts.public_key(raw(value["seed"])) == public and receipt["key"] == public["key"]
    key = Ed25519PublicKey.from_public_bytes(b64decode(public["public"]))
    key.verify(b64decode(receipt["signature"]), receipts.signed_bytes(receipt))
    assert hashlib.sha256((receipt["salt"] + value["text"]).encode()).hexdigest() == receipt["text_sha256"]


def test_a_token_is_found_by_its_hash():
    value = VECTORS["token"]
    assert (tokens.clinic_of(value["token"]), tokens.hashed(value["token"])) == (value["clinic"], raw(value["sha256"]))


def test_a_stored_answer_is_found_and_opened_by_its_key():
    value = VECTORS["answer"]
    key, mac_key = tokens.answer_keys(value["idempotency_key"])
    assert (key.secret, mac_key) == (raw(value["secret"]), raw(value["mac_key"]))
    assert tokens.body_mac(mac_key, value["body"].encode()) == raw(value["mac"])


@pytest.mark.parametrize(("seconds", "code"), VECTORS["totp"]["codes"])
def test_codes_are_those_of_rfc_6238(seconds, code):
    secret = raw(VECTORS["totp"]["secret"])
    assert credentials.totp_code(secret, seconds // 30) == code
    assert credentials.totp_step(secret, code, seconds, 0) == seconds // 30


def test_a_password_still_fits():
    assert credentials.password_fits(VECTORS["password"]["password"], VECTORS["password"]["phc"])
