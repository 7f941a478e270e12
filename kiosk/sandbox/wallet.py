"""The merchant's money, in cents."""

from kiosk.sandbox.book import Book, Settings
from kiosk.sandbox.refusals import RefusedError

FIRST_CENTS = 100_000_00
"""What a fresh merchant has: a hundred thousand shillings."""

SMS_CENTS = 1_00
"""The price of a message."""


class Wallet:
    """The float of the one merchant."""

    def __init__(self, book: Book, settings: Settings) -> None:
        self._book = book
        self._settings = settings

    @property
    def cents(self) -> int:
        """What is left."""
        return int(self._settings.get("float", FIRST_CENTS))

    @cents.setter
    def cents(self, cents: int) -> None:
        self._settings.put("float", cents)

    def take(self, cents: int) -> None:
        """Pay. Raises RefusedError (1107) for lack of money."""
        with self._book.change():
            if self.cents < cents:
                raise RefusedError("1107")
            self.cents -= cents

    def put(self, cents: int) -> None:
        """Receive."""
        with self._book.change():
            self.cents += cents


def shillings(cents: int) -> str:
    """An amount as the platform writes it: `1500.00`."""
    return f"{cents // 100}.{cents % 100:02d}"
