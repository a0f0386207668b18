"""JSON read strictly: what two readers could take for different things is refused (RFC 8259 leaves much of it open; RFC 7493)."""

import json
import math
from typing import Any

import orjson

from securemsg.errors import BadRequest
from securemsg.words import say

DEEPEST = 32  # levels of arrays and objects


def parsed(raw: bytes) -> Any:
    """The value, or BadRequest: UTF-8 without a mark, no duplicate names, no NaN or Infinity, no integer beyond 64 bits and no
    number beyond a double, no lone surrogate, no more than 32 levels, nothing after it."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_constant, parse_float=_finite)
        orjson.dumps(value)  # refuses lone surrogates and integers beyond 64 bits
        _shallow(value, DEEPEST)
        return value
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRequest(say("The request holds no JSON that can be read.")) from error


def _once_each(pairs: list) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate name")
    return found


def _no_constant(name: str):
    raise ValueError(name)


def _finite(text: str) -> float:
    """`1e400` is JSON, and infinite to Python."""
    if math.isinf(number := float(text)):
        raise ValueError("beyond a double")
    return number


def _shallow(value: Any, left: int) -> None:
    if isinstance(value, (dict, list)):
        if not left:
            raise ValueError("too deep")
        for inner in value.values() if isinstance(value, dict) else value:
            _shallow(inner, left - 1)
