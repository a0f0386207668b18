"""Who fails again and again is not asked for a while: nobody waits for it in vain."""

import time
from dataclasses import dataclass, field

STRIKES, WITHIN_SECONDS, PAUSE_SECONDS = 5, 300.0, 300.0


@dataclass(slots=True)
class Breaker:
    """Closed while it is asked. After the pause it is tried again, and one more failure is enough."""

    _strikes: list[float] = field(default_factory=list)
    _until: float = 0.0

    @property
    def closed(self) -> bool:
        return not self._until or time.monotonic() >= self._until

    @property
    def doubted(self) -> bool:
        """Whether it failed not long ago."""
        return bool(self._strikes) and self._strikes[-1] > time.monotonic() - WITHIN_SECONDS

    @property
    def seconds(self) -> float:
        """Until it is tried again."""
        return max(0.0, self._until - time.monotonic())

    def works(self) -> None:
        """It answered in time."""
        if self._until:
            self._strikes, self._until = [], 0.0

    def fails(self) -> bool:
        """It did not; True when it will not be asked for a while."""
        now = time.monotonic()
        self._strikes = [at for at in self._strikes if at > now - WITHIN_SECONDS] + [now]
        opens = bool(self._until) or len(self._strikes) >= STRIKES
        if opens:
            self._until = now + PAUSE_SECONDS
        return opens
