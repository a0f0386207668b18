"""One budget of one subject: whether it has room, taking from it, and how it stands in a header."""

import time
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil

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
    proven: "Rule | None" = field(default=None)

    @property
    def policy(self) -> str:
        return f'"{self.name}";q={self.item.amount};w={self.item.get_expiry()}'


@dataclass(frozen=True, slots=True)
class Budget:
    """A rule for one subject."""

    rule: Rule
    subject: str

    def has_room(self) -> bool:
        return _strategy().test(self.rule.item, self.rule.name, self.subject)

    def take(self) -> bool:
        return _strategy().hit(self.rule.item, self.rule.name, self.subject)

    def left(self) -> tuple[int, int]:
        """How many more, and the seconds until there are more than that."""
        reset, left = _strategy().get_window_stats(self.rule.item, self.rule.name, self.subject)
        return left, max(1, ceil(reset - time.time()))

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


@lru_cache(maxsize=64)
def rule(budget: str, whom: str, amount: str, proven: str | None = None) -> Rule:
    """The rule of one line of the table."""
    item = parse(amount)
    name = f"{budget}-{whom}-{item.GRANULARITY.name}"
    return Rule(name, whom, item, Rule(f"{name}-proven", whom, parse(proven)) if proven else None)


def storage() -> Storage:
    """Where the counters are."""
    return _strategy().storage


def _strategy() -> RateLimiter:
    return current_app.extensions["securemsg.limits"]
