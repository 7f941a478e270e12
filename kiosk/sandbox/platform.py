"""The platform behind the web service: its memory, the rules for how orders end, and its own work, by one clock."""

import random
from collections.abc import Callable

from kiosk.sandbox.outcomes import Outcomes
from kiosk.sandbox.state import State
from kiosk.sandbox.transactions import Transaction

Clock = Callable[[], float]
"""The time in seconds since 1970."""


class Platform:
    """What stands behind every call. `dice` is seeded, so that a run repeats."""

    def __init__(self, state: State, clock: Clock, dice: random.Random) -> None:
        self.state = state
        self.clock = clock
        self.outcomes = Outcomes(dice)

    def open(self, asked: Transaction, amount: str, now: float, *, queued: bool) -> Transaction:
        """Take on an order, whose `amount` was written so, and decide how it will end. Raises RefusedError."""
        ending = self.outcomes.ending(asked, amount)
        return self.state.transactions.open(asked, ending, now, queued=queued)

    def find(self, reference: str, now: float) -> Transaction | None:
        """A transaction as it is now."""
        self.state.transactions.advance(now)
        return self.state.transactions.find(reference)
