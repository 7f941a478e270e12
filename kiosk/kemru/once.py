"""Orders that happen once: written down before the first byte leaves, asked after before anything is sent again.

    once = Once(kemru, Journal(folder))
    receipt = once.submit(MobilePayout(phone="0739117883", amount=1500, channel=Channel.MPESA, initiator_name="John Doe"))

Whatever dies in between, an entry stays open until the platform has said what became of it: `settle` asks. DidNotHappen is told only
after it is on disk that the order never happened; whatever else goes wrong is an UnknownOutcome, and the entry stays open.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

import msgspec

from kiosk.kemru import agreement, instants
from kiosk.kemru.client import Kemru
from kiosk.kemru.entries import Entry, EntryState
from kiosk.kemru.errors import DidNotHappen, KemruError, Rejected, Throttled, Unavailable, UnknownOutcome
from kiosk.kemru.instants import Instant
from kiosk.kemru.journal import Journal, Unsettled
from kiosk.kemru.messages import Receipt, Verification
from kiosk.kemru.orders import Order
from kiosk.kemru.wire import Prepared, flattened

WAITS_S = (0.0, 2.0, 10.0)
"""Seconds before each time that the platform is asked what became of an order."""

LONGEST_WAIT_S = 120.0
"""The most that the platform may ask us to wait."""

SETTLED_AFTER = timedelta(minutes=5)
"""How long a request may still be on its way, or the platform be busy with it, after its answer was given up."""

_log = logging.getLogger(__name__)

Outcome = Receipt | DidNotHappen
"""What a closed entry amounts to."""


class Failed(Rejected):
    """The platform accepted the order, and then it failed there: nothing moved."""

    cure = "Find out why in the Kemru dashboard; then order it anew, with a new reference."


class SomethingElse(Unsettled):
    """The platform has something under the order's reference that is not this order."""

    cure = (
        "Look the reference up in the Kemru dashboard. If it is another transaction, this order never happened: close it with "
        "`kiosk kemru settle REFERENCE --as never`, and order it anew with a new reference."
    )


class Once:
    """Submits orders through `kemru` so that each happens once, with `journal` as its memory.

    `waits` are seconds before each question after a lost answer; `sleep` and `clock` are the world's, or a test's. Like its client it
    belongs to one thread; any number of processes may share the journal's folder.
    """

    def __init__(
        self,
        kemru: Kemru,
        journal: Journal,
        *,
        waits: tuple[float, ...] = WAITS_S,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], Instant] = instants.now,
    ) -> None:
        self._kemru = kemru
        self._journal = journal
        self._waits = waits
        self._sleep = sleep
        self._clock = clock

    @property
    def account(self) -> str:
        """Whose orders these are, and where."""
        return f"{self._kemru.merchant_id} at {self._kemru.base_url}"

    def submit(self, order: Order) -> Receipt:
        """Have `order` accepted once. The same order with the same reference may be submitted again: it is found out what became of it.

        Raises DidNotHappen if it certainly did not happen (Failed, if it was accepted first; SameOrderOpen, if an open one would do the
        same), or UnknownOutcome: then its entry is open, and `settle` is next.
        """
        new = self._entry(self._kemru.prepare(order))
        with self._journal.hold(new.reference):
            known = self._journal.begin(new)
            return _told(self._first(new) if known is new else self._again(known))

    def pending(self) -> list[Entry]:
        """The open entries of this account, oldest first."""
        return [each for each in self._journal.read().open if each.account == self.account]

    def unfinished(self) -> list[Entry]:
        """The entries of this account that can still come to another end, oldest first: open ones, and what was accepted and goes on."""
        mine = (each for each in self._journal.read().entries if each.account == self.account)
        return [each for each in mine if each.is_open or each.may_change]

    def look(self, entry: Entry) -> Receipt | None:
        """Ask what became of `entry`, and close it if the platform knows it; None if it never heard of it. Sends nothing.

        One that was accepted is asked after until it has come to an end. Raises Failed if it failed there, or UnknownOutcome if the
        platform does not tell.
        """
        self._check_account(entry)
        with self._journal.hold(entry.reference):
            now = self._now(entry)
            try:
                outcome = self._found(now) if now.is_open else self._followed(now)
            except SomethingElse:
                raise
            except (KemruError, OSError) as error:
                raise self._unsettled(now, error) from error
        return None if outcome is None else _told(outcome)

    def settle(self, entry: Entry) -> Receipt:
        """Find out what became of `entry`, and send it again only if the platform never heard of it. Raises as `submit` does."""
        self._check_account(entry)
        with self._journal.hold(entry.reference):
            return _told(self._again(self._now(entry)))

    def close(self, entry: Entry, state: EntryState, note: str) -> Entry:
        """Close `entry` by hand, where a person knows what the platform does not tell; what is closed by now stays as it is.

        Returns what the journal says afterwards. Raises InHand, Unsettled or OSError.
        """
        self._check_account(entry)
        with self._journal.hold(entry.reference):
            now = self._now(entry)
            return self._write(now, state, note=note) if now.is_open else now

    def _entry(self, prepared: Prepared) -> Entry:
        told = flattened(prepared.endpoint, prepared.body)
        now = self._clock()
        return Entry(
            account=self.account,
            call=prepared.endpoint.name,
            values={name: _simple(value) for name, value in told.items() if name != "merchant_id"},
            opened=now.at,
            sent=now.at,
            sent_life=now.life,
            sent_seconds=now.seconds,
        )

    def _now(self, entry: Entry) -> Entry:
        """What the journal says by now: another process may have closed it since it was listed. Raises Unsettled if it says nothing."""
        now = self._journal.find(entry.reference)
        if now is None:
            raise Unsettled(f"the journal no longer tells of order {entry.reference}", reference=entry.reference)
        return now

    def _first(self, entry: Entry) -> Outcome:
        try:
            receipt = self._kemru.submit(entry.order())
        except DidNotHappen as error:
            try:
                return self._refused(entry, error)
            except OSError as trouble:
                raise self._unsettled(entry, trouble) from trouble
        except UnknownOutcome as error:
            return self._recover(entry, error, self._clock())
        return self._recover(entry, None, self._clock()) if receipt.duplicate else self._accepted(entry, receipt)

    def _again(self, entry: Entry) -> Outcome:
        return self._recover(entry, None, entry.sent_at) if entry.is_open else self._followed(entry)

    def _followed(self, entry: Entry) -> Outcome:
        """What a closed entry amounts to by now: what the platform took on can still fail there."""
        try:
            found = self._found(entry) if entry.may_change else None
        except KemruError as error:
            _log.warning("order %s was accepted; what became of it since is not known: %s", entry.reference, error)
            found = None
        except OSError as error:
            raise self._unsettled(entry, error) from error
        return _closed(entry) if found is None else found

    def _recover(self, entry: Entry, trouble: KemruError | None, left: Instant) -> Outcome:
        """Ask, and send again what never arrived, until one of both has an answer or the waits are used up.

        `left` is when the last byte of it may have left.
        """
        for wait in self._waits:
            self._sleep(_longer(wait, trouble))
            quiet = instants.passed(left, self._clock())
            try:
                found = self._found(entry)
                if found is not None:
                    return found
                entry = self._sending(entry)
                return self._resent(entry, only=quiet >= SETTLED_AFTER)
            except SomethingElse:
                raise
            except (UnknownOutcome, Unavailable, Throttled) as error:
                trouble, left = error, self._clock()
            except (DidNotHappen, OSError) as error:
                raise self._unsettled(entry, error) from error
        raise self._unsettled(entry, trouble) from trouble

    def _found(self, entry: Entry) -> Outcome | None:
        """What the platform knows of `entry`, which is then closed; None if it never heard of it."""
        verification = self._kemru.verify(entry.reference)
        if not verification.found:
            return None
        why = agreement.contradiction(entry.values, verification)
        if why is not None:
            raise SomethingElse(f"order {entry.reference}: {why}", code=verification.code, reference=entry.reference)
        if verification.failed:
            return self._failed(entry, verification)
        receipt = Receipt(
            entry.reference,
            delivered=True,
            duplicate=True,
            code=verification.code,
            platform_reference=verification.merchant_reference or entry.platform_reference,
            status=verification.status,
            provisional=entry.provisional,
        )
        return self._accepted(entry, receipt)

    def _resent(self, entry: Entry, *, only: bool) -> Outcome:
        """Send once more. `only`: whatever was sent before had arrived by the time of the question, or never will."""
        try:
            receipt = self._kemru.submit(entry.order())
        except (Unavailable, Throttled):
            raise
        except DidNotHappen as error:
            if not only:
                raise
            return self._refused(entry, error)
        if not receipt.duplicate:
            return self._accepted(entry, receipt)
        found = self._found(entry)
        if found is None:
            raise UnknownOutcome("the platform says that it has the order already, and does not know its reference")
        return found

    def _sending(self, entry: Entry) -> Entry:
        again = entry.sending(self._clock())
        self._journal.write(again)
        return again

    def _accepted(self, entry: Entry, receipt: Receipt) -> Receipt:
        try:
            self._write(
                entry,
                EntryState.ACCEPTED,
                note=receipt.note,
                code=receipt.code,
                status=receipt.status,
                platform_reference=receipt.platform_reference,
                provisional=receipt.provisional,
            )
        except OSError as error:
            # It happened, whatever the disk says; an entry that stays open is found at the platform.
            _log.warning("order %s was accepted, which cannot be written down: %s", entry.reference, error.strerror)
        return receipt

    def _failed(self, entry: Entry, verification: Verification) -> DidNotHappen:
        closed = self._write(
            entry, EntryState.FAILED, note="failed at the platform", code=verification.code, status=verification.status
        )
        return _failure(closed)

    def _refused(self, entry: Entry, error: DidNotHappen) -> DidNotHappen:
        """Write down that it did not happen. Only then may anybody be told: whoever is told so orders it anew."""
        self._write(entry, EntryState.REFUSED, note=str(error), code=error.code)
        return error

    def _write(self, entry: Entry, state: EntryState, *, note: str, **said: str | None) -> Entry:
        closed = msgspec.structs.replace(entry, state=state, closed=self._clock().at, note=note, **said)
        self._journal.write(closed)
        return closed

    def _check_account(self, entry: Entry) -> None:
        if entry.account != self.account:
            raise Unsettled(
                f"order {entry.reference} belongs to {entry.account}, not to {self.account}", reference=entry.reference
            )

    def _unsettled(self, entry: Entry, why: Exception | None) -> Unsettled:
        said = f": {why}" if why is not None else ""
        return Unsettled(
            f"nobody knows yet what became of order {entry.reference}{said}",
            call=entry.order().endpoint.path,
            http_status=why.http_status if isinstance(why, KemruError) else None,
            code=why.code if isinstance(why, KemruError) else None,
            reference=entry.reference,
        )


def _told(outcome: Outcome) -> Receipt:
    if isinstance(outcome, DidNotHappen):
        raise outcome
    return outcome


def _closed(entry: Entry) -> Outcome:
    """What an entry that was closed before amounts to."""
    if entry.state is EntryState.ACCEPTED:
        return entry.receipt()
    if entry.state is EntryState.FAILED:
        return _failure(entry)
    return Rejected(f"order {entry.reference} was refused: {entry.note}", code=entry.code, reference=entry.reference)


def _failure(entry: Entry) -> Failed:
    return Failed(
        f"order {entry.reference} was accepted, and failed at the platform", code=entry.code, reference=entry.reference
    )


def _longer(wait: float, trouble: KemruError | None) -> float:
    asked = trouble.retry_after_s if isinstance(trouble, Throttled) else None
    return max(wait, min(asked or 0.0, LONGEST_WAIT_S))


def _simple(value: object) -> str | bool:
    return value if isinstance(value, bool) else str(value)
