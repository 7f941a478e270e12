"""Everything that the sandbox remembers, in one SQLite file: people, traffic, transactions, money, and what it has to tell the merchant."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from kiosk.kemru import endpoints
from kiosk.sandbox.book import Book, Settings
from kiosk.sandbox.notices import Notices
from kiosk.sandbox.people import People
from kiosk.sandbox.traffic import Traffic
from kiosk.sandbox.transactions import Transaction, Transactions
from kiosk.sandbox.wallet import Wallet


class State:
    """The sandbox's memory at `path`, which is created if it is not there. Raises SandboxError for a file of another kind or version."""

    def __init__(self, path: Path) -> None:
        self._book = Book(path)
        self.fresh = self._book.fresh
        settings = Settings(self._book)
        self.people = People(self._book)
        self.traffic = Traffic(self._book, settings)
        self.wallet = Wallet(self._book, settings)
        self.notices = Notices(self._book, settings)
        self.transactions = Transactions(self._book, settings, self.wallet, self._moved)

    @property
    def changes(self) -> int:
        """A number that grows with every change."""
        return self._book.changes

    def change(self) -> AbstractContextManager[None]:
        """All or nothing of what is changed inside."""
        return self._book.change()

    def close(self) -> None:
        """Let go of the file."""
        self._book.close()

    def clear(self) -> None:
        """Forget everything."""
        self._book.clear()

    def _moved(self, transaction: Transaction) -> None:
        if transaction.call == endpoints.SEND_SMS.name and transaction.succeeded:
            self.people.charge_sms(transaction.destination)
        self.notices.moved(transaction)

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """Every scan, message and other order, with how often each reference was acted on, came again, and came with other content."""
        orders = self._book.rows("SELECT * FROM transactions WHERE call <> 'sms' ORDER BY n")
        return {
            "attendance": self._book.rows("SELECT * FROM attendance ORDER BY n"),
            "sms": [_message(row) for row in self.transactions.of_call("sms")],
            "orders": [{name: value for name, value in row.items() if name != "fields"} for row in orders],
        }


def _message(row: dict[str, Any]) -> dict[str, Any]:
    told = row.pop("fields")
    return {**row, "phone": row["destination"], "otp": told["otp"], "message": told.get("message", "")}
