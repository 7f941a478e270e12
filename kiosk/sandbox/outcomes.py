"""How orders are going to end: well, unless a rule says otherwise."""

import random
import threading

import msgspec

from kiosk.kemru.codes import CODES
from kiosk.sandbox.transactions import Ending, Transaction


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule: what `call` asks for `destination` (its end is enough) of `amount` (as written) ends with `code`.

    What is left empty fits everything. `retries` lets it pass through Retry before; `chance` is how likely the rule is, 0 to 1.
    """

    code: str = "0000"
    call: str = ""
    destination: str = ""
    amount: str = ""
    retries: bool = False
    chance: float = 1.0

    def __post_init__(self) -> None:
        if self.code not in CODES or self.code in {"200", "1100"}:
            raise ValueError(
                f"{self.code} is no code that a transaction can end with: 0000 for success, or the code of a failure"
            )
        if not 0 <= self.chance <= 1:
            raise ValueError("chance is from 0 to 1")

    def fits(self, transaction: Transaction, amount: str) -> bool:
        """Whether the rule speaks of `transaction`, whose amount was written as `amount`."""
        return (
            self.call in {"", transaction.call}
            and transaction.destination.endswith(self.destination)
            and self.amount in {"", amount}
        )


class Outcomes:
    """The rules in force; the first that fits decides. Chance is drawn from `dice`. Any thread may change them."""

    def __init__(self, dice: random.Random) -> None:
        self._lock = threading.Lock()
        self._rules: list[Outcome] = []
        self._dice = dice

    def add(self, rule: Outcome) -> None:
        """Put `rule` behind the others."""
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Let everything end well again."""
        with self._lock:
            self._rules.clear()

    def active(self) -> list[Outcome]:
        """The rules in force."""
        with self._lock:
            return list(self._rules)

    def ending(self, transaction: Transaction, amount: str) -> Ending:
        """How `transaction` is going to end."""
        with self._lock:
            for rule in self._rules:
                if rule.fits(transaction, amount) and self._dice.random() < rule.chance:
                    return Ending(rule.code, rule.retries)
        return Ending()
