"""When to try again: full jitter that doubles, then a breaker that lets one probe a minute through."""

import random

FIRST_S = 1.0
LONGEST_S = 300.0
BREAKER_AFTER = 5
PROBE_EVERY_S = 60.0


class Backoff:
    """Counts failures in a row. `rng` is random.Random or a seeded one."""

    def __init__(self, rng: random.Random | None = None) -> None:
        self.failures = 0
        self._rng = rng or random.Random()  # noqa: S311  jitter, not a secret

    def failed(self) -> float:
        """Count one more failure; returns the seconds to wait before the next try."""
        self.failures += 1
        if self.failures >= BREAKER_AFTER:
            return PROBE_EVERY_S
        ceiling = min(FIRST_S * 2**self.failures, LONGEST_S)
        return self._rng.uniform(FIRST_S / 2, ceiling)

    def succeeded(self) -> None:
        """Start over."""
        self.failures = 0
