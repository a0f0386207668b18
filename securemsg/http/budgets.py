"""One budget of one subject: whether it has room, taking from it, and how it stands in a header."""

import time
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from flask import Flask, current_app
from flask_limiter import Limiter
from limits import RateLimitItem, parse
from limits.storage import Storage
from limits.strategies import RateLimiter

import securemsg.http.counters  # noqa: F401  the storage named below


@dataclass(frozen=True, slots=True)
class Rule:
    """One amount of the table. `policy` is its name and numbers as draft-ietf-httpapi-ratelimit-headers-10 writes them."""

    name: str
    whom: str
    item: RateLimitItem
    policy: str
    proven: "Rule | None" = None


class Standing(NamedTuple):
    """How many more, and the seconds until there are more than that."""

    left: int
    seconds: int


class Budget(NamedTuple):
    """A rule for one subject."""

    rule: Rule
    subject: str

    def standing(self) -> Standing:
        reset, left = _strategy().get_window_stats(self.rule.item, self.rule.name, self.subject)
        return Standing(left, max(1, ceil(reset - time.time())))

    def taken(self, before: Standing) -> Standing | None:
        """Take one: how it stands then, or None when somebody took the last since we looked. Asks the counters only once."""
        if not _strategy().hit(self.rule.item, self.rule.name, self.subject):
            return None
        return Standing(before.left - 1, before.seconds) if before.left < self.rule.item.amount else self.standing()

    @property
    def proven(self) -> "Budget | None":
        """What is taken from instead by who brings a proof of work."""
        return Budget(self.rule.proven, self.subject) if self.rule.proven else None


def init(app: Flask) -> None:
    """Counting in this process: embedded there is one.

    What applies is known only when the visitor is, so `limits.spend` asks the strategy itself. Flask-Limiter is set up on an
    application of its own: its hooks would look at every request a second time (about 100 µs).
    """
    limiter = Limiter(key_func=lambda: "", app=Flask("securemsg.limits"), storage_uri="embedded://",
                      strategy="sliding-window-counter")
    app.extensions["securemsg.limits"] = limiter.limiter


def rule(budget: str, whom: str, amount: str, proven: str | None = None) -> Rule:
    """The rule of one line of the table."""
    name = f"{budget}-{whom}-{parse(amount).GRANULARITY.name}"
    return _rule(name, whom, amount, _rule(f"{name}-proven", whom, proven) if proven else None)


def _rule(name: str, whom: str, amount: str, proven: Rule | None = None) -> Rule:
    item = parse(amount)
    return Rule(name, whom, item, f'"{name}";q={item.amount};w={item.get_expiry()}', proven)


def storage() -> Storage:
    """Where the counters are."""
    return _strategy().storage


def _strategy() -> RateLimiter:
    return current_app.extensions["securemsg.limits"]
