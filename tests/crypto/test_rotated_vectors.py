"""What was rotated opens with today's code: two versions of a clinic's keys, a new epoch under a new root, an epoch that is gone.

These values are frozen, as those of format-1.json are: clinics have stored the like.
"""

import hashlib
import json
from pathlib import Path

import pytest

from securemsg.crypto import keystore, roots
from securemsg.crypto.envelope import Place, key_version, unseal
from securemsg.crypto.keyring import Keyring, WrappedKey

PATH = Path(__file__).parent.parent / "vectors" / "rotated-1.json"
VECTORS = json.loads(PATH.read_text("utf-8"))
raw = bytes.fromhex


@pytest.fixture
def ring(tmp_path) -> Keyring:
    (tmp_path / "keystore.json").write_text(json.dumps(VECTORS["keystore"]))
    opened = keystore.read(tmp_path / "keystore.json", (roots.parse(VECTORS["root"], "The vector"),))
    return Keyring(opened, lambda clinic: [WrappedKey(**row | {"wrapped": raw(row["wrapped"])}) for row in VECTORS["keys"]])


def test_nobody_wrote_the_vectors_anew():
    """A change here is a change of what is stored: see tests/vectors/README.md."""
    assert hashlib.sha256(PATH.read_bytes()).hexdigest() == "9920913f8a7820b15779b94d87c464e3f1f27ec403ff01d3d899c7975caaa9b3"


def test_a_message_of_before_opens_under_the_newest_clinic_key(ring):
    place, kept = Place(**VECTORS["place"]), VECTORS["conversation_key"]
    keys = ring.conversation(place.clinic, place.conversation, kept["version"], raw(kept["wrapped"]), kept["wrapped_by"])
    assert unseal(keys.body, place, raw(VECTORS["sealed"])).decode() == VECTORS["text"]


@pytest.mark.parametrize("person", VECTORS["people"], ids=lambda person: f"version {person['version']}")
def test_a_value_opens_under_the_data_key_that_sealed_it(ring, person):
    sealed, place = raw(person["sealed"]), Place(**person["place"])
    assert key_version(sealed) == person["version"]
    assert unseal(ring.data(place.clinic, key_version(sealed)), place, sealed).decode() == person["name"]


def test_an_equal_value_is_found_under_each_index_key(ring):
    index, clinic = VECTORS["index"], VECTORS["clinic"]
    found = ring.blind_indexes(clinic, index["field"], index["value"])
    assert set(found) == {raw(index["newest"]), raw(index["lasting"])}
    assert ring.newest_index(clinic, index["field"], index["value"]) == (raw(index["newest"]), 2)
    assert ring.lasting_index(clinic, index["field"], index["value"]) == raw(index["lasting"])


def test_what_became_of_each_epoch_is_told(tmp_path):
    (tmp_path / "keystore.json").write_text(json.dumps(VECTORS["keystore"]))
    gone, here = keystore.listed(tmp_path / "keystore.json")
    assert (gone.state, here.state, gone.retired_at, here.made_at) == ("destroyed", "active", 1772452900000000, 1772452900000000)
