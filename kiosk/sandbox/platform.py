"""The platform behind the web service: its memory, the rules for how orders end, and its own work, by one clock."""

import random
from collections.abc import Callable

from kiosk.sandbox.outcomes import Outcomes
from kiosk.sandbox.state import State
from kiosk.sandbox.transactions import Ending, Transaction

Clock = Callable[[], float]
"""The time in seconds since 1970."""


class Platform:
    """What stands behind every call. `dice` is seeded, so that a run repeats."""

    def __init__(self, state: State, clock: Clock, dice: random.Random) -> None:
        self.state = state
        self.clock = clock
        self.outcomes = Outcomes(dice)

    def open(
        self, asked: Transaction, amount: str, now: float, *, queued: bool = False, refusal: str | None = None
    ) -> Transaction:
        """Take on an order, whose `amount` was written so, and decide how it will end. Raises RefusedError.

        `refusal` is the code of what is wrong with an order that is queued all the same.
        """
        ending = Ending(refusal) if refusal is not None else self.outcomes.ending(asked, amount)
        return self.state.transactions.open(asked, ending, now, queued=queued)
