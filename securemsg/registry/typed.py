"""Whether a value is what its annotation says, down to its fields: what a plugin hands over is looked at once, here."""

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def fits(value: Any, hint: Any) -> bool:
    """True where `value` is a `hint`: a class, a union, `tuple[X, ...]`, `frozenset[X]`, `Mapping`, `Callable`, `type[X]`."""
    origin, inner = _taken_apart(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in inner)
    if origin in (tuple, frozenset):
        return isinstance(value, origin) and all(fits(each, inner[0]) for each in value)
    if origin is type:
        return isinstance(value, type) and issubclass(value, inner[0])
    if origin is Callable:
        return callable(value)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(fits(key, inner[0]) and fits(each, inner[1]) for key, each in value.items())
    return isinstance(value, hint) and all(fits(getattr(value, name), each) for name, each in _fields(hint))


@cache
def _taken_apart(hint: Any) -> tuple[Any, tuple]:
    return get_origin(hint), get_args(hint)


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    if not is_dataclass(kind) or not kind.__module__.startswith("securemsg."):
        return ()
    return tuple((name, hint) for name, hint in get_type_hints(kind).items() if name in kind.__dataclass_fields__)
