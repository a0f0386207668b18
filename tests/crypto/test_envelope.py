"""A sealed value opens in its own place, whole, under its own key; else not at all."""

import struct
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securemsg.crypto import envelope
from securemsg.crypto.envelope import Key, Place, Unsealer, key_version, seal, unseal
from securemsg.errors import Unverified

KEY = Key(bytes(range(32)), 7)
PLACE = Place("messages", "sealed", "clinic", "row", "conversation", "visitor")
TEXT = b"Is the flu jab free?"
SEALED = seal(KEY, PLACE, TEXT)


def refused(key, place, sealed):
    try:
        unseal(key, place, sealed)
    except Unverified:
        return True
    return False


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000))
def test_what_was_sealed_comes_back(data):
    assert unseal(KEY, PLACE, seal(KEY, PLACE, data)) == data


@pytest.mark.parametrize("size", [0, 1, 59, 60, 61, 65_532, 65_533, 200_000])
def test_at_the_edges_of_each_bucket_too(size):
    data = b"\0" * size
    assert unseal(KEY, PLACE, seal(KEY, PLACE, data)) == data


def test_every_flipped_bit_is_refused():
    for at in range(len(SEALED)):
        for bit in range(8):
            changed = bytearray(SEALED)
            changed[at] ^= 1 << bit
            assert refused(KEY, PLACE, bytes(changed)), f"byte {at}, bit {bit}"


def test_every_cut_and_every_addition_is_refused():
    assert all(refused(KEY, PLACE, SEALED[:end]) for end in range(len(SEALED)))
    assert all(refused(KEY, PLACE, SEALED[start:]) for start in range(1, len(SEALED)))
    assert all(refused(KEY, PLACE, SEALED + more) for more in (b"\0", b"x" * 16, SEALED))


@pytest.mark.parametrize("field", [field.name for field in fields(Place)])
def test_in_another_place_it_is_refused(field):
    assert refused(KEY, replace(PLACE, **{field: "other"}), SEALED)
    assert refused(KEY, replace(PLACE, **{field: ""}), SEALED)


def test_places_that_read_alike_when_joined_are_different_places():
    one, other = replace(PLACE, table="a", column="bc"), replace(PLACE, table="ab", column="c")
    assert refused(KEY, other, seal(KEY, one, TEXT))
    shifted = (("x", "", ""), ("", "x", ""), ("", "", "x"))
    assert len({replace(PLACE, conversation=a, row=b, sender=c).context(1) for a, b, c in shifted}) == 3


def test_under_another_key_it_is_refused():
    assert refused(Key(bytes(32), 7), PLACE, SEALED)
    assert refused(replace(KEY, version=8), PLACE, SEALED)
    forged = SEALED[:2] + struct.pack(">I", 8) + SEALED[6:]  # the header says version 8, and so does the key asked for
    assert refused(replace(KEY, version=8), PLACE, forged)


@pytest.mark.parametrize("header", [b"\0\1", b"\2\1", b"\xff\1", b"\1\0", b"\1\2", b"\1\xff"])
def test_an_unknown_version_or_suite_is_refused(header):
    assert refused(KEY, PLACE, header + SEALED[2:])
    with pytest.raises(Unverified):
        key_version(header + SEALED[2:])


@pytest.mark.parametrize("nothing", [None, b"", b"\1", b"\1\1\0\0\0\7", "text", 7])
def test_what_is_no_sealed_value_is_refused(nothing):
    assert refused(KEY, PLACE, nothing)


def test_pieces_of_a_long_value_cannot_change_places():
    """Long values are sealed in chunks of 16 KiB."""
    data = b"".join(bytes([number]) * 16_384 for number in range(4))
    sealed = seal(KEY, PLACE, data)
    size, start = 16_384 + 16, len(sealed) % 16
    for offset in range(start, 200, 8):
        one, other = sealed[offset:offset + size], sealed[offset + size:offset + 2 * size]
        assert refused(KEY, PLACE, sealed[:offset] + other + one + sealed[offset + 2 * size:])
        assert refused(KEY, PLACE, sealed[:offset] + sealed[offset + size:])


def test_the_stored_length_tells_only_the_bucket():
    lengths = {size: len(seal(KEY, PLACE, b"x" * size)) for size in (0, 20, 60, 61, 252, 253, 1020, 1021, 8000)}
    assert lengths[0] == lengths[20] == lengths[60] == 64 + 78
    assert lengths[61] == lengths[252] == 256 + 78 and lengths[253] == lengths[1020] == 1024 + 78
    assert lengths[1021] == 4096 + 78 and lengths[8000] == 16_384 + 78 + 16


def test_padding_that_hides_something_is_refused(monkeypatch):
    hidden, too_long, far_too_long = ((3, b"abc" + b"\0" * 56 + b"x"), (61, b"y" * 60), (2**32 - 1, b"z" * 60))
    for length, rest in (hidden, too_long, far_too_long):
        padded = struct.pack(">I", length) + rest
        monkeypatch.setattr(envelope, "_pad", lambda data, padded=padded: padded)
        assert refused(KEY, PLACE, seal(KEY, PLACE, b""))


def test_the_same_text_never_looks_the_same_and_never_shows():
    sealed = [seal(KEY, PLACE, TEXT) for _ in range(200)]
    assert len({each[6:38] for each in sealed}) == 200 and not any(TEXT[:5] in each for each in sealed)


def test_a_key_does_not_print_itself():
    assert repr(KEY) == str(KEY) == "Key(version=7)"


def opens(row="row", sender="visitor", sealed=SEALED, key=KEY, **elsewhere):
    """What an unsealer of the column opens, or None."""
    unsealer = Unsealer(key, replace(PLACE, row="", sender="", **elsewhere))
    try:
        return unsealer.unseal(row, sender, sealed)
    except Unverified:
        return None


def test_who_opens_many_opens_each_in_its_own_place_alone():
    assert opens() == TEXT
    assert opens(row="other") is opens(sender="staff") is opens(row="") is None
    assert not any(opens(**{field: "other"}) for field in ("table", "column", "clinic", "conversation"))
    assert opens(key=replace(KEY, version=8)) is opens(key=replace(KEY, secret=bytes(32))) is None
    assert not any(opens(sealed=odd) for odd in (None, "text", b"", SEALED[:6], SEALED[:-1], SEALED + b"\0", b"\2" + SEALED[1:]))
