"""Counters in this process: `limits`' own, without its timer, and never more of them than fit."""

import time
from itertools import islice

from limits.storage import MemoryStorage

MOST = 100_000  # about 25 MB; an attacker with many addresses must not choose how much memory we use
LASTING = "proof "  # what the names begin with that are not forgotten early: a used proof would count once more
_SWEEP_SECONDS = 60
_FEW = 2_000  # at once, a few milliseconds: nobody waits while room is made


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
        """When they are too many, the smaller half of the oldest few goes, and the others stay as if they were new: those who
        rotate addresses count one each, who is hot stays hot. Marks of used proofs stay until their time: each cost work."""
        if len(self.storage) < MOST:
            return
        oldest = list(islice(self.storage, _FEW))
        loose = [name for name in oldest if not name.startswith(LASTING) or self.expirations.get(name, 0) <= now]
        gone = set(sorted(loose, key=self.storage.__getitem__)[:(len(loose) + 1) // 2])
        for name in oldest:
            if name in gone:
                self.clear(name)
            else:
                self.storage[name] = self.storage.pop(name)

    def _drop_expired(self, now: float) -> None:
        """Those whose time is over, so many with each count until none is left."""
        over = list(islice((name for name, end in self.expirations.items() if end <= now), _FEW))
        if len(over) < _FEW:
            self._swept_at = now
        for name in over:
            self.clear(name)
