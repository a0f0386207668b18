"""Ask one plugin: in its time, and whatever it does instead of answering harms nobody else."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pkgutil import resolve_name
from typing import Any

from securemsg import logs
from securemsg.answers import Availability, Kind, Notice, Offer, Panel, PersonalData, Resource, Screening, Setting, Tool
from securemsg.registry import guard
from securemsg.registry.breaker import Breaker
from securemsg.registry.typed import fits
from securemsg.safety import SafetyWords

BUDGET_SECONDS = 0.05
_WORK_SECONDS = 0.002  # who is late and has worked less was kept waiting by the machine; usual hooks need less, a loop more
MOST = 100  # values of one answer
# What a hook gives: one of these or None ...
ONE: Mapping[str, type] = {"screen": Screening, "availability": Availability, "safety_words": SafetyWords, "panel": Panel}
# ... or any number of these.
MANY: Mapping[str, type | str] = {
    "settings": Setting, "personal_data": PersonalData, "needs": str, "kinds": Kind, "resources": Resource,
    "blueprints": "flask:Blueprint", "commands": "click:Command", "notices": Notice, "offers": Offer, "tools": Tool}
_log = logging.getLogger("securemsg")


@dataclass(frozen=True, slots=True)
class Fault:
    """That a plugin failed while somebody waited: `error` is its type and place, never its words; `at` seconds since 1970."""

    plugin: str
    hook: str
    error: str
    at: float


class Rubbish(Exception):
    """What a hook gave is not what it should give."""


@dataclass(slots=True)
class Asked:
    """One plugin's implementation of one hook; `takes` are the arguments that it names."""

    plugin: str
    hook: str
    function: Callable[..., Any] = field(repr=False)
    takes: tuple[str, ...]
    breaker: Breaker = field(default_factory=Breaker)

    def call(self, values: Mapping[str, Any]) -> Any:
        """Call it with those of `values` that it names."""
        return self.function(*(values[name] for name in self.takes))

    def value(self, values: Mapping[str, Any]) -> Any:
        """What it gives: one value or None, or a tuple of several. Rubbish when it is neither."""
        given = self.call(values)
        if self.hook in MANY:
            given = _several(given)
            whole = all(fits(each, made_of(self.hook)) for each in given)
        else:
            whole = given is None or fits(given, ONE[self.hook])
        if not whole:
            raise Rubbish
        return given


def made_of(hook: str) -> type:
    """What a hook gives any number of. A name is looked up when it is asked for: without pages nobody needs 6 MB of Flask."""
    kind = MANY[hook]
    return resolve_name(kind) if isinstance(kind, str) else kind


def answer(asked: Asked, values: Mapping[str, Any], faults: Any) -> Any:
    """Its answer, or None when it fails. A late answer counts where it could not be interrupted, and is noted all the same. Who
    is late since the machine is busy, and not by its own work or waiting, gets no strike for it; but for the first: how much one
    works is looked at only where there is doubt, since to look may cost more than all that it does."""
    begun, worked = time.monotonic(), time.thread_time() if asked.breaker.doubted else None
    try:
        given = guard.within(BUDGET_SECONDS, asked.value, values)
    except guard.FAILURES as error:
        busy = isinstance(error, guard.Overdue) and not error.waited and _is_idle(worked)
        _note(asked, error, faults, strike=not busy)
        return None
    if time.monotonic() - begun > BUDGET_SECONDS:
        _note(asked, guard.Overdue(), faults, strike=not _is_idle(worked))
    else:
        asked.breaker.works()
    return given


def _is_idle(worked: float | None) -> bool:
    """Whether this thread has hardly worked since its time was that."""
    return worked is not None and time.thread_time() - worked < _WORK_SECONDS


def _several(given: Any) -> tuple:
    if given is None:
        return ()
    if not isinstance(given, Iterable) or isinstance(given, str | bytes):
        raise Rubbish
    listed = tuple(islice(given, MOST + 1))
    if len(listed) > MOST:
        raise Rubbish
    return listed


def _note(asked: Asked, error: BaseException, faults: Any, strike: bool = True) -> None:
    at = logs.place(error.__traceback__, most=1)
    told = f"{type(error).__name__} at {at}" if at else type(error).__name__
    faults.append(Fault(asked.plugin, asked.hook, told, time.time()))
    extra = {"plugin": asked.plugin, "hook": asked.hook, "error": told}
    _log.warning("a plugin failed", extra=extra)
    if strike and asked.breaker.fails():
        _log.warning("a plugin is not asked for some minutes", extra=extra)
