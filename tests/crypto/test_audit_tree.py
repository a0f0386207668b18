"""The tree of RFC 6962 and the signed notes over it, by the values that others published."""

import hashlib
from base64 import b64decode
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from securemsg.crypto import checkpoints
from securemsg.crypto.audit_tree import Frontier
from securemsg.crypto.checkpoints import Checkpoint, Note
from securemsg.errors import Unverified

# The reference inputs of Certificate Transparency, and the roots of the trees of the first 0 to 8 of them.
INPUTS = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
# The example in the documentation of Go's signed notes: the key PeterNeumann+c74f20a3, and below what it signed.
NEUMANN = b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
SEED = bytes(range(32))
SAID = Checkpoint("messages.clinic.example/audit/elm/0198c0de-0000-7000-8000-000000000000", 1532, hashlib.sha256(b"x").digest())


def leaves(inputs):
    return [hashlib.sha256(b"\0" + data).digest() for data in inputs]


def naive(hashes):
    """RFC 6962, section 2.1, word for word: split at the largest power of two below the size."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + naive(hashes[:split]) + naive(hashes[split:])).digest()


def test_the_published_roots():
    frontier = Frontier()
    assert frontier.root().hex() == ROOTS[0]
    for leaf, root in zip(leaves(INPUTS), ROOTS[1:], strict=True):
        frontier.add(leaf)
        assert frontier.root().hex() == root


@given(some.lists(some.binary(min_size=32, max_size=32), max_size=200))
def test_it_is_the_tree_of_the_definition_also_when_it_is_put_away_between_two_leaves(hashes):
    frontier = Frontier()
    for count, leaf in enumerate(hashes):
        assert frontier.root() == naive(hashes[:count])
        frontier.add(leaf)
        frontier = Frontier.read(frontier.size, bytes(frontier))
    assert frontier.root() == naive(hashes) and len(frontier.peaks) == len(hashes).bit_count()


@pytest.mark.parametrize(("size", "kept"), [(0, b"x"), (1, None), (1, bytes(31)), (3, bytes(32)), (4, bytes(64)), (-1, b"")])
def test_an_edge_that_does_not_belong_to_its_size_is_refused(size, kept):
    with pytest.raises(Unverified):
        Frontier.read(size, kept)


def test_the_key_id_and_signature_of_a_published_note():
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = b64decode("x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=")
    assert checkpoints.key_id("PeterNeumann", NEUMANN).hex() == "c74f20a3" == signature[:4].hex()
    assert checkpoints._fits(NEUMANN, signature[4:], text.encode())
    assert not checkpoints._fits(NEUMANN, signature[4:], text.encode() + b"\n")


def test_a_checkpoint_is_written_as_the_format_says_and_read_again():
    note = checkpoints.sign(SEED, SAID)
    lines = str(note).split("\n")
    assert lines[:2] == [SAID.origin, "1532"] and b64decode(lines[2], validate=True) == SAID.root and not lines[3]
    assert lines[4].startswith(f"— {SAID.origin} ") and lines[5:] == [""]
    assert checkpoints.read(str(note)) == note and note.signed_by([bytes(32), checkpoints.public_key(SEED)])
    assert SAID.clinic_id == "0198c0de-0000-7000-8000-000000000000"


def test_whatever_is_altered_in_a_note_its_signature_does_not_hold():
    note, public = checkpoints.sign(SEED, SAID), checkpoints.public_key(SEED)
    others = [Checkpoint("other" + SAID.origin, SAID.size, SAID.root), Checkpoint(SAID.origin, 1533, SAID.root),
              Checkpoint(SAID.origin, SAID.size, bytes(32))]
    wrong = [Note(other, other.origin, note.signature) for other in others]
    wrong += [Note(SAID, "another/audit/name", note.signature), Note(SAID, SAID.origin, bytes(4) + note.signature[4:]),
              Note(SAID, SAID.origin, note.signature[:4] + bytes(64))]
    assert not any(each.signed_by([public]) for each in wrong) and not note.signed_by([]) and note.signed_by([public])


@pytest.mark.parametrize("altered", [
    lambda text: text + "\n", lambda text: " " + text, lambda text: text.replace("1532", "01532"),
    lambda text: text.replace("—", "-"), lambda text: text.replace("\n", " "), lambda text: text[:-2],
    lambda text: text + text, lambda text: ""])
def test_a_stored_note_is_read_to_the_letter(altered):
    assert checkpoints.read(altered(str(checkpoints.sign(SEED, SAID)))) is None


def test_notes_are_found_in_files_and_in_logs_of_any_fashion():
    notes = [checkpoints.sign(SEED, Checkpoint(SAID.origin, size, SAID.root)) for size in range(1, 6)]
    first, second, third, fourth, fifth = map(str, notes)
    log = "\n".join([
        "Nov 22 01:00:00 host securemsg[12]: " + " ".join(second.split()), "Nov 22 01:00:00 host other: size 17 root",
        "<13>1 2026-11-22T01:00:00Z host securemsg - - - " + third.replace("\n", "#012"),
        '{"msg": "' + fourth.replace("\n", "\\n") + '"}',
        " ".join(fifth.split()).replace("—", "?")])
    assert list(checkpoints.found_in(f"{first}\n{log}\n")) == notes
    assert list(checkpoints.found_in("nothing of the kind\n")) == []


def test_an_attested_id_depends_on_its_key_and_on_every_fact():
    ids = [checkpoints.attested_id(*facts) for facts in ((SEED, "a", 1), (SEED, "a", 2), (SEED, "a1", ""), (bytes(32), "a", 1))]
    assert all(one != other for one, other in pairwise(sorted(ids))) and all(id[14] == "8" and id[19] in "89ab" for id in ids)
    assert checkpoints.attested_id(SEED, "a", 1) == ids[0]
