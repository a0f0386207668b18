"""The chain of keys: wrapped for one use, opened in one place, told apart when something does not belong."""

import time
from dataclasses import replace
from itertools import combinations

import pytest

from securemsg.crypto import keystore, lately, roots, wraps
from securemsg.crypto.keyring import SERVICE, Keyring, WrappedKey
from securemsg.errors import Misconfigured, Unverified

ROOT = roots.parse(roots.new_text(), "The test")
ONE, OTHER = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture
def ring(tmp_path):
    keystore.create(tmp_path / "keystore.json", ROOT)
    rows = {}
    made = Keyring(keystore.read(tmp_path / "keystore.json", (ROOT,)), lambda clinic: rows[clinic])
    made.rows = rows
    rows.update({SERVICE: made.new_service(), "elm": made.new_clinic("elm"), "oak": made.new_clinic("oak")})
    return made


def again(ring):
    """The same keys in a process that has opened none yet."""
    fresh = Keyring(ring._keystore, lambda clinic: ring.rows[clinic])
    fresh.rows = ring.rows
    return fresh


def test_a_wrapped_key_comes_back_for_the_same_use_only():
    wrapped = wraps.wrap(ONE, OTHER, "epoch", "1")
    assert wraps.unwrap(ONE, wrapped, "epoch", "1") == OTHER
    for wrapper, about in ((OTHER, "epoch 1"), (ONE, "epoch 2"), (ONE, "epoch"), (ONE, "epoc h1"), (ONE, "")):
        with pytest.raises(Unverified):
            wraps.unwrap(wrapper, wrapped, *about.split())


def test_every_flipped_bit_cut_or_addition_of_a_wrapped_key_is_refused():
    wrapped = wraps.wrap(ONE, OTHER, "epoch")
    altered = [wrapped[:at] + bytes([wrapped[at] ^ 1 << bit]) + wrapped[at + 1:] for at in range(62) for bit in range(8)]
    for each in [*altered, *(wrapped[:end] for end in range(len(wrapped))), wrapped + b"\0", b"\0" * len(wrapped)]:
        with pytest.raises(Unverified):
            wraps.unwrap(ONE, each, "epoch")


def test_an_opened_key_is_let_go_after_ten_minutes(ring, monkeypatch):
    _, row = ring.new_conversation("elm", "c1")
    ring.conversation("elm", "c1", 1, row.wrapped, int(row.wrapped_by))
    now = time.monotonic()
    for after, held in ((599, 1), (601, 0)):
        monkeypatch.setattr(time, "monotonic", lambda after=after: now + after)
        ring.forget_old()
        assert (len(ring._conversations._entries), len(ring._clinics._entries)) == (held, held)
    ring.active("elm", "data")
    monkeypatch.setattr(time, "monotonic", lambda: now + 2000)
    assert ring._clinics.get("elm") is None and not ring._clinics._entries, "nor does looking for it keep it"


def test_no_two_wraps_look_alike():
    assert len({wraps.wrap(ONE, OTHER, "epoch")[:14] for _ in range(500)}) == 500


def test_each_key_of_the_service_and_of_each_clinic_is_its_own(ring):
    secrets = [ring.active(SERVICE, purpose).secret for purpose in ("audit", "checkpoint", "receipt", "cursor", "limits")]
    secrets += [ring.active(clinic, purpose).secret for clinic in ("elm", "oak") for purpose in ("clinic", "data", "index")]
    assert len(set(secrets)) == 11 and all(len(secret) == 32 for secret in secrets)
    assert again(ring).active("elm", "data") == ring.active("elm", "data") == ring.data("elm") == ring.data("elm", 1)


def test_a_conversation_has_a_key_for_each_use(ring):
    keys, row = ring.new_conversation("elm", "c1")
    others, _ = ring.new_conversation("elm", "c2")
    uses = [keys.body.secret, keys.note.secret, keys.head, others.body.secret, others.note.secret, others.head]
    assert len(set(uses)) == 6
    assert again(ring).conversation("elm", "c1", 1, row.wrapped, 1) == keys


def test_a_conversations_key_opens_nowhere_else(ring):
    _, row = ring.new_conversation("elm", "c1")
    elsewhere = (("oak", "c1", 1, 1), ("elm", "c2", 1, 1), ("elm", "c1", 2, 1), ("elm", "c1", 1, 9))
    for clinic, conversation, version, wrapped_by in elsewhere:
        with pytest.raises(Unverified):
            again(ring).conversation(clinic, conversation, version, row.wrapped, wrapped_by)


def test_an_altered_wrapped_key_is_refused_even_by_who_has_opened_the_right_one(ring):
    _, row = ring.new_conversation("elm", "c1")
    ring.conversation("elm", "c1", 1, row.wrapped, 1)
    with pytest.raises(Unverified):
        ring.conversation("elm", "c1", 1, row.wrapped[:-1] + b"\0", 1)


def test_rows_of_keys_cannot_change_places(ring):
    """Not within a clinic, not between clinics, not with the service's own."""
    for clinic, rows in list(ring.rows.items()):
        for one, other in combinations(rows, 2):
            swapped = again(ring)
            wrapped = {row: row.wrapped for row in rows} | {one: other.wrapped, other: one.wrapped}
            mixed = [WrappedKey(row.purpose, row.version, wrapped[row], row.wrapped_by) for row in rows]
            swapped._load = lambda clinic, mixed=mixed: mixed
            with pytest.raises(Misconfigured, match="does not open"):
                swapped.active(clinic, one.purpose)
    foreign = again(ring)
    foreign._load = lambda clinic: ring.rows["oak"]
    with pytest.raises(Misconfigured, match="does not open"):
        foreign.active("elm", "clinic")


def test_a_keystore_of_another_service_is_told(ring, tmp_path):
    keystore.create(tmp_path / "another.json", ROOT)
    other = Keyring(keystore.read(tmp_path / "another.json", (ROOT,)), lambda clinic: ring.rows[clinic])
    with pytest.raises(Misconfigured, match="which the keystore does not hold"):
        other.active(SERVICE, "audit")


@pytest.mark.parametrize("wrapped_by", ["another", "", "7"])
def test_a_key_under_what_is_no_version_here_is_told(ring, wrapped_by):
    altered = again(ring)
    altered._load = lambda clinic: [replace(row, wrapped_by=wrapped_by) if row.purpose == "data" else row
                                    for row in ring.rows[clinic]]
    with pytest.raises(Misconfigured, match="which the keystore does not hold"):
        altered.active("elm", "data")


def test_a_key_version_that_is_not_there_is_unverified(ring):
    with pytest.raises(Unverified):
        ring.data("elm", 2)


def test_equal_values_have_equal_indexes_in_one_field_of_one_clinic_only(ring):
    found = ring.blind_index("elm", "email", "ana@example.org")
    assert found == again(ring).blind_index("elm", "email", "ana@example.org") and len(found) == 32
    assert found not in (ring.blind_index("oak", "email", "ana@example.org"), ring.blind_index("elm", "phone", "ana@example.org"),
                         ring.blind_index("elm", "email", "bo@example.org"))


def test_opened_keys_live_for_a_while_and_not_for_ever(ring, monkeypatch):
    loads = []
    fresh = again(ring)
    fresh._load = lambda clinic: loads.append(clinic) or ring.rows[clinic]
    for _ in range(3):
        fresh.active("elm", "data")
    assert loads == ["elm"]
    later = time.monotonic() + lately.SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    fresh.active("elm", "data")
    assert loads == ["elm", "elm"]


def test_no_more_than_so_many_conversations_stay_open(monkeypatch):
    monkeypatch.setattr(lately, "MOST", 3)
    cache = lately.Lately()
    for name in "abcd":
        cache.put(name, name)
        cache.get("b")
    assert [cache.get(name) for name in "abcd"] == [None, "b", "c", "d"]


def test_nothing_that_holds_a_key_prints_it(ring):
    keys, row = ring.new_conversation("elm", "c1")
    epoch, data = next(iter(ring._keystore.epochs.values())), ring.active("elm", "data")
    holders = ((keys, keys.head), (row, row.wrapped), (ROOT, ROOT.secret), (ring._keystore, epoch), (data, data.secret))
    for holder, secret in holders:
        assert repr(secret)[2:12] not in repr(holder) and secret.hex() not in repr(holder)
