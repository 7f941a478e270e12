"""What the merchant asked to be done: each order as a transaction that moves from state to state by itself, and moves the money.

    Queued (Offline) ──> Pending ──> Processing ──┬──────────────> Success
                                                  └──> Retry ──┬─> Success
                                                               └─> Failed

A transaction that is queued has had no checks of money yet: they come when it is submitted, and what is refused then ends as Failed.
"""

import math
from collections.abc import Callable
from typing import Any

import msgspec

from kiosk.kemru.endpoints import Charge
from kiosk.kemru.status import Status
from kiosk.sandbox.book import Book, Settings
from kiosk.sandbox.errors import SandboxError
from kiosk.sandbox.ledger import Ledger
from kiosk.sandbox.refusals import RefusedError
from kiosk.sandbox.wallet import Wallet

_FIRST = 677_833
"""The number in the documentation's example of a merchant reference, KT677833."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS transactions (n INTEGER PRIMARY KEY, reference TEXT UNIQUE NOT NULL, merchant_reference TEXT UNIQUE,
       transaction_ref TEXT UNIQUE, call TEXT, charge TEXT, category TEXT, source TEXT, destination TEXT, cents INTEGER, fields TEXT,
       status TEXT, status_code TEXT, ends_code TEXT, retries INTEGER, due REAL, received REAL, changed REAL, reverses TEXT,
       acted INTEGER DEFAULT 1, duplicates INTEGER DEFAULT 0, conflicts INTEGER DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS transactions_due ON transactions (due) WHERE due IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS transactions_reverses ON transactions (reverses) WHERE reverses IS NOT NULL",
)


class Ending(msgspec.Struct, frozen=True):
    """How a transaction is going to end: a platform code, by way of Retry or not."""

    code: str = "0000"
    retries: bool = False


class Transaction(msgspec.Struct, frozen=True):
    """One order as the platform keeps it.

    `reference` is the merchant's own, or made here where there was none; `cents` what it moves. `fields` are its documented values by
    Python's names. `due` is when it moves on, in seconds since 1970; None when it is where it stays. `reverses` is the merchant reference
    of the transaction that this one brings back.
    """

    reference: str
    call: str
    charge: str
    category: str
    source: str
    destination: str
    cents: int
    fields: dict[str, Any]
    merchant_reference: str = ""
    transaction_ref: str = ""
    status: str = Status.PENDING
    status_code: str = "1100"
    ends_code: str = "0000"
    retries: bool = False
    due: float | None = None
    received: float = 0.0
    changed: float = 0.0
    reverses: str | None = None

    def __repr__(self) -> str:
        return f"Transaction({self.call!r}, reference={self.reference!r}, status={self.status!r})"

    @property
    def succeeded(self) -> bool:
        """Whether it is over and well."""
        return self.status == Status.SUCCESS

    @property
    def is_queued(self) -> bool:
        """Whether it waits for the network."""
        return self.status == Status.QUEUED


Heard = Callable[[Transaction], None]
"""Told of each change of status, inside the change's own commit."""


class Transactions:
    """The transactions in `book`. `heard` is told of each one that moves."""

    def __init__(self, book: Book, settings: Settings, wallet: Wallet, heard: Heard) -> None:
        self._book = book
        self._settings = settings
        self._wallet = wallet
        self._heard = heard
        book.create(*_TABLES)
        self._ledger = Ledger(book, "transactions", ("call", "destination", "cents", "fields"))

    @property
    def pace(self) -> float:
        """Seconds that a transaction stays in a state; 0 lets it end at once."""
        return float(self._settings.get("pace", 1.0))

    @pace.setter
    def pace(self, seconds: float) -> None:
        if not math.isfinite(seconds) or seconds < 0:
            raise SandboxError("the pace is a number of seconds, from 0 on")
        self._settings.put("pace", seconds)

    @property
    def online(self) -> bool:
        """Whether the networks behind the platform can be reached; while not, what may be queued is."""
        return bool(self._settings.get("online", otherwise=True))

    @online.setter
    def online(self, reached: bool) -> None:
        self._settings.put("online", reached)

    def open(self, asked: Transaction, ending: Ending, now: float, *, queued: bool) -> Transaction:
        """Take on `asked`, and its money unless it is queued. Raises RefusedError: 8006 for a known reference, 1107 for lack of money."""
        with self._book.change():
            transaction = self._numbered(asked, ending, now, queued=queued)
            known = not self._ledger.add(_row(transaction))
            if not (known or queued):
                self._take(transaction)
        if known:
            raise RefusedError("8006")
        return transaction

    def find(self, reference: str) -> Transaction | None:
        """A transaction by any of its three references; our own counts first."""
        sql = """SELECT * FROM transactions WHERE ?1 IN (reference, merchant_reference, transaction_ref)
                 ORDER BY reference = ?1 DESC LIMIT 1"""
        rows = self._book.rows(sql, reference)
        return _read(rows[0]) if rows else None

    def reversal_of(self, transaction: Transaction) -> Transaction | None:
        """The transaction that brings `transaction` back, unless it failed."""
        sql = "SELECT * FROM transactions WHERE reverses = ? AND status <> 'Failed'"
        rows = self._book.rows(sql, transaction.merchant_reference)
        return _read(rows[0]) if rows else None

    def latest(self, limit: int, *, messages: bool) -> list[dict[str, Any]]:
        """The newest messages, or the newest of all the rest, with every column, newest first; `fields` decoded."""
        rows = self._book.rows(
            "SELECT * FROM transactions WHERE (call = 'sms') = ? ORDER BY n DESC LIMIT ?", messages, limit
        )
        return [_decoded(row) for row in rows]

    def of_call(self, call: str) -> list[dict[str, Any]]:
        """Every transaction of an endpoint, oldest first, with every column; `fields` decoded."""
        rows = self._book.rows("SELECT * FROM transactions WHERE call = ? ORDER BY n", call)
        return [_decoded(row) for row in rows]

    def advance(self, now: float) -> None:
        """Move everything on that is due by `now`."""
        while self._due(now) is not None:
            with self._book.change():
                due = self._due(now)  # once more: another thread may have moved it
                if due is not None:
                    self._move(due, now)

    def next_due(self) -> float | None:
        """When something moves next, in seconds since 1970."""
        row = self._book.rows("SELECT min(due) AS due FROM transactions WHERE due IS NOT NULL")[0]
        return None if row["due"] is None else float(row["due"])

    def _due(self, now: float) -> Transaction | None:
        sql = "SELECT * FROM transactions WHERE due <= ? AND (status <> ? OR ?) ORDER BY due, n LIMIT 1"
        rows = self._book.rows(sql, now, Status.QUEUED, self.online)
        return _read(rows[0]) if rows else None

    def _numbered(self, asked: Transaction, ending: Ending, now: float, *, queued: bool) -> Transaction:
        number = self._book.number("SELECT coalesce(max(n), 0) + 1 FROM transactions") - 1
        merchant_reference = f"KT{_FIRST + number}"
        return msgspec.structs.replace(
            asked,
            reference=asked.reference or f"own-{merchant_reference}",  # merchants may number theirs like the platform
            merchant_reference=merchant_reference,
            transaction_ref=f"KYA{1_234_219_488 + number}",
            status=Status.QUEUED if queued else Status.PENDING,
            ends_code=ending.code,
            retries=ending.retries,
            due=now + self.pace,
            received=now,
            changed=now,
        )

    def _move(self, transaction: Transaction, now: float) -> None:
        moved = _next(transaction)
        if transaction.status == Status.QUEUED:
            try:
                self._take(transaction)
            except RefusedError as refusal:
                moved = msgspec.structs.replace(transaction, status=Status.FAILED, status_code=refusal.code)
        elif moved.status == Status.FAILED:
            self._give_back(moved)
        elif moved.status == Status.SUCCESS:
            self._collect(moved)
        # The next state counts from when this one was due: a day's transactions can be played in a second.
        since = min(transaction.due if transaction.due is not None else now, now)
        due = None if Status(moved.status).is_final else since + self.pace
        moved = msgspec.structs.replace(moved, changed=since, due=due)
        self._book.do(
            "UPDATE transactions SET status = ?, status_code = ?, due = ?, changed = ? WHERE reference = ?",
            moved.status,
            moved.status_code,
            moved.due,
            moved.changed,
            moved.reference,
        )
        self._heard(moved)

    def _take(self, transaction: Transaction) -> None:
        if Charge(transaction.charge) in {Charge.PAYS, Charge.MESSAGE}:
            self._wallet.take(transaction.cents)

    def _give_back(self, transaction: Transaction) -> None:
        if Charge(transaction.charge) in {Charge.PAYS, Charge.MESSAGE}:
            self._wallet.put(transaction.cents)

    def _collect(self, transaction: Transaction) -> None:
        if Charge(transaction.charge) in {Charge.COLLECTS, Charge.RETURNS}:
            self._wallet.put(transaction.cents)


def _next(transaction: Transaction) -> Transaction:
    """`transaction` in its next state; what is queued is submitted."""

    def to(status: Status, code: str) -> Transaction:
        return msgspec.structs.replace(transaction, status=status, status_code=code)

    ends_well = transaction.ends_code == "0000"
    match transaction.status:
        case Status.QUEUED:
            return to(Status.PENDING, "1100")
        case Status.PENDING:
            return to(Status.PROCESSING, "1100")
        case Status.PROCESSING if transaction.retries or not ends_well:
            return to(Status.RETRY, "1100")
        case _:
            return to(Status.SUCCESS, "0000") if ends_well else to(Status.FAILED, transaction.ends_code)


def _row(transaction: Transaction) -> dict[str, Any]:
    return {**msgspec.structs.asdict(transaction), "fields": msgspec.json.encode(transaction.fields).decode()}


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "fields": msgspec.json.decode(row["fields"])}


def _read(row: dict[str, Any]) -> Transaction:
    return msgspec.convert(_decoded(row), Transaction, strict=False)
