"""Counters in this process: `limits`' own, without its timer, and never more of them than fit."""

import time

from limits.storage import MemoryStorage

MOST = 100_000  # about 25 MB; an attacker with many addresses must not choose how much memory we use
_SWEEP_SECONDS = 60


class Counters(MemoryStorage):
    """Counts by name. The parent's timer walks over all of them a hundred times a second; here a count sweeps now and then."""

    STORAGE_SCHEME = ["embedded"]  # noqa: RUF012  as its parent declares it
    _swept_at = 0.0

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and when: a name begins anew after `expiry` seconds."""
        now = time.time()
        if now - self._swept_at > _SWEEP_SECONDS:
            self._drop_expired(now)
        if not self.get(key):
            self._make_room(now)
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]

    def _make_room(self, now: float) -> None:
        """When they are too many, the smallest half goes: those who rotate addresses count one each, who is hot stays hot."""
        if len(self.storage) < MOST:
            return
        self._drop_expired(now)
        if len(self.storage) >= MOST:
            for name in sorted(self.storage, key=self.storage.__getitem__)[:MOST // 2]:
                self.clear(name)

    def _drop_expired(self, now: float) -> None:
        self._swept_at = now
        for name in [name for name, end in self.expirations.items() if end <= now]:
            self.clear(name)
