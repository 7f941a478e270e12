"""One lane: takes the oldest delivery of the outbox, marks it in flight on disk, sends it, and writes down what became of it.

    pending ──claim──> in_flight ──┬─> confirmed
       ^                           ├─> rejected      the platform will never take it
       └── it did not happen ──────┤
                                   ├─> quarantined   it breaks our own code, again and again
                                   └─> unknown ──claim──> read back ─┬─> confirmed
                                                                     ├─> rejected: the platform has something else under its id
                                                                     └─> pending: the same body and id again

"Duplicate" only says that the platform has the id: it is read back too.

Each claim is exactly one request, and is committed together with the budget that it spends.
"""

import logging
from collections import Counter
from typing import Protocol

import msgspec

from kiosk.clock import TRUSTED, Clock
from kiosk.delivery.backoff import Backoff
from kiosk.delivery.budget import Budget
from kiosk.delivery.standing import lane_status
from kiosk.kemru import (
    DidNotHappen,
    KemruError,
    NoFloat,
    Rejected,
    SignatureRefused,
    Throttled,
    Unauthorised,
)
from kiosk.models import Delivery, DeliveryState, Lane, Moment
from kiosk.store import Store, StoreConflict, StoreError
from kiosk.views import LaneStatus

log = logging.getLogger(__name__)

IDLE_S = 30.0
"""Seconds between looks at an empty outbox; a punch wakes the lane at once."""

CLOCK_WAIT_S = 5.0
REFUSED_WAIT_S = 15 * 60.0
"""Seconds between probes while Kemru refuses our key or signature: more would lock the account."""

FLOAT_WAIT_S = 3600.0
POISON_TRIES = 3
"""Times that one delivery may break our own code, since the start, before it is set aside."""


class Outcome(msgspec.Struct, frozen=True):
    """What one request came to: the delivery's next state, and a note without anything personal in it."""

    state: DeliveryState
    note: str = ""


class Courier(Protocol):
    """How one kind of delivery is sent, and how it is looked up after an unknown outcome. Both raise KemruError."""

    lane: Lane

    def send(self, delivery: Delivery, now: Moment) -> Outcome:
        """Make the one request that delivers it. UNKNOWN means that the platform has its id already."""
        ...

    def look_up(self, delivery: Delivery) -> bool:
        """Ask, with one request that changes nothing, whether the platform has it."""
        ...


class DeliveryLane:
    """Drains one lane of the outbox through `courier`. `step` returns the seconds until the next one."""

    def __init__(
        self, courier: Courier, store: Store, clock: Clock, budget: Budget, *, backoff: Backoff | None = None
    ) -> None:
        self.trouble = ""
        self._courier = courier
        self._store = store
        self._clock = clock
        self._budget = budget
        self._backoff = backoff or Backoff()
        self._paused_until = 0.0
        self._broke: Counter[int] = Counter()
        self._had: set[int] = set()
        self._unwritten: tuple[Delivery, Outcome] | None = None

    def step(self) -> float:
        """Deliver at most one thing. Raises StoreError when the disk does not take part; what is known by then is not forgotten."""
        try:
            self._write_down()
            return self._next()
        except StoreError as error:
            self.trouble = str(error)
            raise

    def _next(self) -> float:
        now = self._clock.now()
        if now.state not in TRUSTED:
            self.trouble = "the clock is not set; nothing is sent until it is"
            return CLOCK_WAIT_S
        if (pause := self._paused_until - self._clock.monotonic()) > 0:
            return pause
        with self._store.atomic():
            wait = self._budget.wait(now)
            delivery = None if wait else self._store.outbox.claim(self._courier.lane)
            if delivery is not None:
                self._budget.spend(now)
        if delivery is None:
            self.trouble = "Kemru's limit on requests is used up; it goes on by itself" if wait > CLOCK_WAIT_S else ""
            return wait or IDLE_S
        self._unwritten = delivery, self._attempt(delivery, now)
        self._write_down()
        return max(self._paused_until - self._clock.monotonic(), 0.0)

    def nudge(self) -> None:
        """Forget the back-off: somebody asked for a synchronisation now."""
        self._paused_until = 0.0
        self._backoff.succeeded()

    def status(self) -> LaneStatus:
        """The lane as the status page shows it."""
        return lane_status(self._courier.lane, self._store, self._clock, self.trouble)

    def _attempt(self, delivery: Delivery, now: Moment) -> Outcome:
        """One request, and what it came to; the lane's own pace is set on the way."""
        try:
            outcome = (
                self._looked_up(delivery) if delivery.state is DeliveryState.UNKNOWN else self._sent(delivery, now)
            )
        except Rejected as error:
            outcome = Outcome(DeliveryState.REJECTED, str(error))
        except KemruError as error:
            return self._refused(delivery, error)
        except Exception as error:  # noqa: BLE001  one poisoned record must never stop the others, whatever it breaks
            return self._poisoned(delivery, error)
        if outcome.state is not DeliveryState.PENDING:
            # That something is not there is no success: the platform may stumble over it again and again.
            self.trouble = ""
            self._backoff.succeeded()
        return outcome

    def _sent(self, delivery: Delivery, now: Moment) -> Outcome:
        outcome = self._courier.send(delivery, now)
        if outcome.state is DeliveryState.UNKNOWN:
            self._had.add(delivery.seq)
        return outcome

    def _looked_up(self, delivery: Delivery) -> Outcome:
        if self._courier.look_up(delivery):
            return Outcome(DeliveryState.CONFIRMED, "found")
        if delivery.seq in self._had:
            # Sent again it would be a duplicate again, for ever.
            return Outcome(DeliveryState.REJECTED, "the platform says that it has it already, and does not show it")
        return Outcome(DeliveryState.PENDING, "not there")

    def _refused(self, delivery: Delivery, error: KemruError) -> Outcome:
        """Nothing was delivered for sure: decide whether it may have happened, and when to go on."""
        match error:
            case Throttled():
                pause = error.retry_after_s if error.retry_after_s is not None else 60.0
            case NoFloat():
                pause = FLOAT_WAIT_S
            case Unauthorised() | SignatureRefused():
                pause = REFUSED_WAIT_S
            case _:
                pause = self._backoff.failed()
        self._paused_until = self._clock.monotonic() + pause
        self.trouble = str(error)
        log.warning("%s: %s; next try in %.1f s", self._courier.lane, error, pause)
        unknown = delivery.state is DeliveryState.UNKNOWN or not isinstance(error, DidNotHappen)
        return Outcome(DeliveryState.UNKNOWN if unknown else DeliveryState.PENDING, str(error))

    def _poisoned(self, delivery: Delivery, error: Exception) -> Outcome:
        """It broke our own code, perhaps only after the bytes had left: so it is looked up before it is sent again."""
        log.error("%s: delivery %s broke the sender", self._courier.lane, delivery.id, exc_info=error)
        self._broke[delivery.seq] += 1
        poison = self._broke[delivery.seq] >= POISON_TRIES
        state = DeliveryState.QUARANTINED if poison else DeliveryState.UNKNOWN
        return Outcome(state, f"{type(error).__name__} in our own code")

    def _write_down(self) -> None:
        """Settle what was attempted, now or at the first step after the disk takes it again: in flight it would stay for ever."""
        if self._unwritten is None:
            return
        delivery, outcome = self._unwritten
        try:
            self._store.outbox.settle(delivery.seq, outcome.state, outcome.note, self._clock.now().utc_us)
        except StoreConflict:
            self._unwritten = None  # the store will say the same again
            raise
        self._unwritten = None
        if outcome.state in {DeliveryState.CONFIRMED, DeliveryState.REJECTED, DeliveryState.QUARANTINED}:
            del self._broke[delivery.seq]
            self._had.discard(delivery.seq)
        if outcome.state in {DeliveryState.REJECTED, DeliveryState.QUARANTINED}:
            log.error("%s: delivery %s is %s: %s", self._courier.lane, delivery.id, outcome.state, outcome.note)
