"""How much anybody may do: one table, counted by Flask-Limiter's strategy, told in RateLimit headers.

The clinic card, the emergency card, the frame and the contact page's first view are not in the table: never limited.
"""

import hmac
import time
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Flask, g
from flask_limiter import Limiter
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage

from securemsg.crypto.keyring import SERVICE
from securemsg.desk import Desk
from securemsg.errors import Limited
from securemsg.http.here import address, desk

LIMITS = (
    # budget, whom it counts, how much. The session's comes first: a hospital's address is shared by many.
    ("open", "address", "5 per 1 minute"),
    ("open", "address", "30 per 1 hour"),
    ("open", "clinic", "300 per 1 hour"),
    ("message", "session", "20 per 1 minute"),
    ("message", "address", "120 per 1 minute"),
    ("read", "session", "600 per 1 minute"),
    ("stream", "session", "60 per 1 minute"),
    ("sign-in", "address", "10 per 1 minute"),
    ("ticket", "address", "10 per 1 minute"),
    ("act", "session", "120 per 1 minute"),
)
_SWEEP_SECONDS = 60
_RULES: dict[str, list[tuple[str, RateLimitItem]]] = {}
for _budget, _whom, _amount in LIMITS:
    _RULES.setdefault(_budget, []).append((_whom, parse(_amount)))


@dataclass(frozen=True, slots=True)
class Spent:
    """One budget after this request, as draft-ietf-httpapi-ratelimit-headers writes it."""

    policy: str
    state: str


class Counters(MemoryStorage):
    """Counters in this process, without the timer of its parent, which walks over all of them a hundred times a second."""

    STORAGE_SCHEME = ["embedded"]  # noqa: RUF012  as its parent declares it
    _swept_at = 0.0

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count; what has expired is dropped once a minute."""
        now = time.time()
        if now - self._swept_at > _SWEEP_SECONDS:
            self._swept_at = now
            for old in [name for name, end in self.expirations.items() if end <= now]:
                self.clear(old)
        if not self.get(key):
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]


def init(app: Flask) -> None:
    """Counting in this process: embedded there is one.

    What applies is known only when the visitor is, so `spend` asks the strategy itself. Flask-Limiter is set up on an
    application of its own: its hooks would look at every request a second time (about 100 µs).
    """
    limiter = Limiter(key_func=lambda: "", app=Flask("securemsg.limits"), storage_uri="embedded://",
                      strategy="sliding-window-counter")
    app.extensions["securemsg.limits"] = limiter.limiter


def spend(app: Flask, budget: str, *, clinic: str, session: str = "") -> None:
    """Take one from each budget that applies, or raise Limited with the seconds to wait."""
    strategy, here = app.extensions["securemsg.limits"], desk()
    spent = g.setdefault("limits", [])
    for whom, item in _RULES[budget]:
        for subject in _subjects(here, whom, clinic, session):
            passed = strategy.hit(item, budget, subject)
            reset, left = strategy.get_window_stats(item, budget, subject)
            wait = max(1, round(reset - time.time()))
            name = f'"{budget}-{whom}-{item.GRANULARITY.name}"'
            spent.append(Spent(f"{name};q={item.amount};w={item.get_expiry()}", f"{name};r={left};t={wait}"))
            if not passed:
                raise Limited(retry_after_seconds=wait)


def _subjects(here: Desk, whom: str, clinic: str, session: str) -> list[str]:
    if whom == "session":
        return [_hidden(here, session)]
    if whom == "clinic":
        return [_hidden(here, clinic)]
    return [_hidden(here, part) for part in _address_parts(address())]


@lru_cache(maxsize=4096)
def _address_parts(text: str) -> list[str]:
    """An IPv4 address; of an IPv6 one the /64 and the /48, since the rest is the visitor's to choose."""
    ip = ip_address(text)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if isinstance(ip, IPv6Address):
        return [str(ip_network(f"{ip}/{bits}", strict=False)) for bits in (64, 48)]
    return [str(ip)]


def _hidden(here: Desk, subject: str) -> str:
    """Counters know nobody: their keys are HMACs."""
    return hmac.digest(here.keys.active(SERVICE, "limits").secret, subject.encode(), "sha256").hex()[:32]
