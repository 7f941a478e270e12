"""What the platform has to tell the merchant, as an outbox: IPN for each change of a transaction, webhooks for those who subscribed.

A notice is taken as delivered when HTTP 200 comes within ten seconds, for an IPN with `{"status":"success"}`; else it is tried five times
more, each wait twice the one before.
"""

import enum
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from kiosk.kemru import codes, ipn, webhooks
from kiosk.kemru.ipn import Ipn
from kiosk.kemru.status import Status
from kiosk.kemru.webhooks import Event, WebhookEvent
from kiosk.sandbox.book import Book, Settings
from kiosk.sandbox.demo import DEMO_MERCHANT, DEMO_WEBHOOK_SECRET
from kiosk.sandbox.transactions import Transaction
from kiosk.secret import Secret

_LONGEST_WORD = 64

RETRIES = 5
"""How often a notice is sent again."""

FIRST_WAIT_S = 1.0
"""Seconds before the second try; doubled each time."""

KEPT = 1000
"""Notices that are over and are still shown."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS notices (n INTEGER PRIMARY KEY, kind TEXT, event TEXT, url TEXT, body TEXT, signature TEXT,
       merchant_reference TEXT, attempts INTEGER DEFAULT 0, due REAL, state TEXT, outcome TEXT, made REAL)""",
    "CREATE INDEX IF NOT EXISTS notices_due ON notices (due) WHERE due IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS webhooks (url TEXT PRIMARY KEY, events TEXT)",
)


class Kind(enum.StrEnum):
    """Which of the platform's ways to tell."""

    IPN = "ipn"
    WEBHOOK = "webhook"
    RESULT = "result"
    """An IPN to the `resultUrl` of one payment."""


class Notice(msgspec.Struct, frozen=True):
    """One thing to tell. `due` is when it is tried next, None when it is over; `outcome` says how the last try went."""

    n: int
    kind: Kind
    event: str
    url: str
    body: str
    signature: str
    merchant_reference: str
    attempts: int
    due: float | None
    state: str
    outcome: str
    made: float

    def __repr__(self) -> str:
        return f"Notice({self.n}, {self.kind!r}, attempts={self.attempts}, state={self.state!r})"


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told of which events."""

    url: str
    events: tuple[Event, ...] = tuple(Event)


class Notices:
    """The outbox in `book`."""

    def __init__(self, book: Book, settings: Settings) -> None:
        self._book = book
        self._settings = settings
        book.create(*_TABLES)

    @property
    def callback_url(self) -> str | None:
        """Where IPN go; None while nothing is registered."""
        found: str | None = self._settings.get("callback_url", None)
        return found

    @callback_url.setter
    def callback_url(self, url: str | None) -> None:
        self._settings.put("callback_url", url)

    def subscribe(self, webhook: Webhook) -> None:
        """Tell `webhook.url` of its events from now on; of none of them: no longer."""
        with self._book.change():
            self._book.do("DELETE FROM webhooks WHERE url = ?", webhook.url)
            if webhook.events:
                events = msgspec.json.encode(webhook.events).decode()
                self._book.insert("webhooks", {"url": webhook.url, "events": events})

    def subscriptions(self) -> list[Webhook]:
        """Everybody who is told."""
        rows = self._book.rows("SELECT * FROM webhooks ORDER BY url")
        return [Webhook(row["url"], msgspec.json.decode(row["events"], type=tuple[Event, ...])) for row in rows]

    def moved(self, transaction: Transaction) -> None:
        """Put down what has to be told of a transaction that has just changed."""
        url, result_url, event = self.callback_url, transaction.fields.get("result_url"), event_of(transaction)
        payload = _payload(transaction)
        body = ipn.encode(payload).decode()
        if url is not None:
            self._add(Kind.IPN, payload.status, url, body, transaction)
        if result_url and payload.status.is_final:
            self._add(Kind.RESULT, payload.status, str(result_url), body, transaction)
        if event is not None:
            self._tell(event, payload, transaction)

    def due(self, now: float) -> Notice | None:
        """What is to be sent by `now`, the longest overdue first."""
        rows = self._book.rows("SELECT * FROM notices WHERE due <= ? ORDER BY due, n LIMIT 1", now)
        return msgspec.convert(rows[0], Notice) if rows else None

    def settle(self, notice: Notice, refusal: str | None, now: float) -> None:
        """Write down how a try went: `refusal` says what was wrong, None that it was taken."""
        attempts = notice.attempts + 1
        over = refusal is None or attempts > RETRIES
        state = "delivered" if refusal is None else "failed" if over else "waiting"
        due = None if over else now + FIRST_WAIT_S * 2 ** (attempts - 1)
        with self._book.change():
            self._book.do(
                "UPDATE notices SET attempts = ?, due = ?, state = ?, outcome = ? WHERE n = ?",
                attempts,
                due,
                state,
                refusal or "taken",
                notice.n,
            )
            self._book.do("DELETE FROM notices WHERE due IS NULL AND n <= (SELECT max(n) FROM notices) - ?", KEPT)

    def latest(self, limit: int) -> list[Notice]:
        """The newest notices, newest first."""
        rows = self._book.rows("SELECT * FROM notices ORDER BY n DESC LIMIT ?", limit)
        return [msgspec.convert(row, Notice) for row in rows]

    def _tell(self, event: Event, payload: Ipn, transaction: Transaction) -> None:
        body = webhooks.encode(
            WebhookEvent(event, str(uuid.uuid5(_EVENTS, f"{transaction.merchant_reference}/{event}")), payload)
        )
        signature = webhooks.sign(body, Secret(DEMO_WEBHOOK_SECRET))
        for webhook in self.subscriptions():
            if event in webhook.events:
                self._add(Kind.WEBHOOK, event, webhook.url, body.decode(), transaction, signature)

    def _add(self, kind: Kind, event: str, url: str, body: str, transaction: Transaction, signature: str = "") -> None:
        row: dict[str, Any] = {
            "kind": kind,
            "event": event,
            "url": url,
            "body": body,
            "signature": signature,
            "merchant_reference": transaction.merchant_reference,
            "due": transaction.changed,
            "state": "waiting",
            "outcome": "",
            "made": transaction.changed,
        }
        self._book.insert("notices", row)


_EVENTS = uuid.UUID("6f1e3a52-6b2c-5b8e-9a0c-6b656d727500")
"""The name space of the ids of events: the same event has the same id, however often it is told."""


def event_of(transaction: Transaction) -> Event | None:
    """The webhook event that a transaction's present status is; None where nobody can subscribe to it."""
    status, call = transaction.status, transaction.call
    if status == Status.FAILED:
        return Event.PAYMENT_FAILED
    if status == Status.PROCESSING and call == "checkout":
        return Event.CHECKOUT_INITIATED
    if status != Status.SUCCESS:
        return None
    return {
        "sms": Event.SMS_DELIVERED,
        "airtime": Event.AIRTIME_DELIVERED,
        "pin-airtime": Event.AIRTIME_DELIVERED,
        "reverse": Event.PAYMENT_REVERSED,
    }.get(call, Event.PAYMENT_SUCCESS)


def _word(text: str) -> str | None:
    """As much of a name or an account as a notification can hold."""
    return "".join(each for each in text if each.isprintable())[:_LONGEST_WORD].strip() or None


def _payload(transaction: Transaction) -> Ipn:
    done = transaction.status == Status.SUCCESS
    number = transaction.transaction_ref.removeprefix("KYA")
    return Ipn(
        reference=transaction.transaction_ref,
        status=Status(transaction.status),
        code=transaction.status_code,
        category=transaction.category,
        source=_word(transaction.source),
        destination=_word(transaction.destination),
        merchant_id=DEMO_MERCHANT,
        merchant_reference=transaction.merchant_reference,
        own_reference=transaction.reference,
        biller_receipt=f"WSA{number}" if done else None,
        telco_reference=f"RA{number}" if done else None,
        message=codes.meaning(transaction.status_code).text,
        at=datetime.fromtimestamp(transaction.changed, UTC),
        amount=Decimal(transaction.cents) / 100,
    )
