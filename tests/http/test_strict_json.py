"""The reader of JSON against made-up bytes: it takes only what another reader sees the same in, and fails in one way."""

import json
import math

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securemsg.errors import BadRequest
from securemsg.http.strict_json import DEEPEST, parsed

SAME_EACH_TIME = settings(derandomize=True, database=None, deadline=None, max_examples=200)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-2**63, 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(st.none() | st.booleans() | NUMBERS | TEXT,
                      lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12)
PIECES = st.sampled_from([
    *"[]{}:,\"0123456789eE+-.\\/ \t\r\n", "null", "true", "false", "NaN", "Infinity", "-Infinity", '"a"', '"a":1', '"a":1,"a":2',
    "1e400", "-0", "0x1", "01", "1.", ".5", "9" * 30, r'"\ud800"', r'"\udc00\ud800"', r'"\ud83d\ude00"', r'"\u0000"', r"\x41",
    "'a'", "//", "/**/", "\ufeff", "\u2028", "\x00", "\x7f", "é", "😀"])


def answer(raw: bytes) -> object:
    """What the reader says: a value, or BadRequest; anything else it does is a fault."""
    try:
        return parsed(raw)
    except BadRequest as refused:
        return refused


def assert_two_readers_agree(raw: bytes) -> None:
    found = answer(raw)
    if not isinstance(found, BadRequest):
        assert json.dumps(orjson.loads(raw)) == json.dumps(found)  # as text: -0.0 equals 0, and 1 equals True


@SAME_EACH_TIME
@given(st.binary(max_size=200))
def test_any_bytes(raw):
    assert_two_readers_agree(raw)


@SAME_EACH_TIME
@given(st.lists(PIECES, max_size=12).map("".join))
def test_what_looks_like_json(text):
    for encoding in ("utf-8", "utf-16", "utf-8-sig"):
        assert_two_readers_agree(text.encode(encoding))


@SAME_EACH_TIME
@given(VALUES, st.booleans())
def test_every_value_comes_through_as_it_was(value, ascii):
    raw = json.dumps(value, ensure_ascii=ascii).encode()
    assert parsed(raw) == value
    assert_two_readers_agree(raw)


@SAME_EACH_TIME
@given(VALUES, st.data())
def test_a_value_with_one_byte_changed_is_never_read_in_two_ways(value, data):
    raw = bytearray(json.dumps(value, ensure_ascii=False).encode())
    at = data.draw(st.integers(0, len(raw)))
    raw[at:at + data.draw(st.integers(0, 1))] = data.draw(st.binary(max_size=1))
    assert_two_readers_agree(bytes(raw))


@SAME_EACH_TIME
@given(VALUES, st.integers(0, DEEPEST + 3), st.booleans())
def test_no_value_passes_deeper_than_it_may(value, levels, arrays):
    opens, closes = (b"[", b"]") if arrays else (b'{"a":', b"}")
    depth = levels + _depth(value)
    found = answer(opens * levels + json.dumps(value).encode() + closes * levels)
    assert isinstance(found, BadRequest) == (depth > DEEPEST)


@SAME_EACH_TIME
@given(TEXT, NUMBERS, NUMBERS)
def test_no_name_comes_twice_however_it_is_written(name, one, other):
    spelt = "".join(f"\\u{unit:04x}" for unit in _units(name))
    for again in (spelt, json.dumps(name)[1:-1], json.dumps(name, ensure_ascii=False)[1:-1]):
        assert isinstance(answer(f'{{"{spelt}":{one},"x{again}":0,"{again}":{other}}}'.encode()), BadRequest)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1E+309", "9" * 400 + ".0", str(2**64), str(-2**63 - 1), "9" * 5000])
def test_a_number_that_no_reader_keeps_is_refused(number):
    assert isinstance(answer(number.encode()), BadRequest) and isinstance(answer(f'[{{"a": {number}}}]'.encode()), BadRequest)


@pytest.mark.parametrize("number", ["1e308", "5e-324", "1e-400", str(2**64 - 1), str(-2**63), "0." + "3" * 5000])
def test_a_number_that_fits_is_read(number):
    assert math.isfinite(parsed(number.encode()))


def _depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _units(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[at:at + 2]) for at in range(0, len(raw), 2)]
