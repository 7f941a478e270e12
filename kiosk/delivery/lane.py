"""One lane: takes the oldest delivery of the outbox, marks it in flight on disk, sends it, and writes down what became of it.

    pending ──claim──> in_flight ──┬─> confirmed
       ^                           ├─> rejected      the platform will never take it
       └── it did not happen ──────┤
                                   ├─> quarantined   it breaks our own encoder
                                   └─> unknown ──claim──> read back ─┬─> confirmed
                                                                     └─> pending: the same body and id again

Each claim is exactly one request, and is committed together with the budget that it spends.
"""

import logging
from typing import Protocol

import msgspec

from kiosk.clock import TRUSTED, Clock
from kiosk.delivery.backoff import Backoff
from kiosk.delivery.budget import Budget
from kiosk.kemru import (
    DidNotHappen,
    KemruError,
    NoFloat,
    Rejected,
    SignatureRefused,
    Throttled,
    Unauthorised,
)
from kiosk.models import Delivery, DeliveryState, Lane, LaneStatus, Moment
from kiosk.store import Store

log = logging.getLogger(__name__)

IDLE_S = 30.0
"""Seconds between looks at an empty outbox; a punch wakes the lane at once."""

CLOCK_WAIT_S = 5.0
REFUSED_WAIT_S = 15 * 60.0
"""Seconds between probes while Kemru refuses our key or signature: more would lock the account."""

FLOAT_WAIT_S = 3600.0
POISON_TRIES = 3


class Outcome(msgspec.Struct, frozen=True):
    """What one request came to: the delivery's next state, and a note without anything personal in it."""

    state: DeliveryState
    note: str = ""


class Courier(Protocol):
    """How one kind of delivery is sent, and how it is looked up after an unknown outcome. Both raise KemruError."""

    lane: Lane

    def send(self, delivery: Delivery, now: Moment) -> Outcome:
        """Make the one request that delivers it."""
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

    def step(self) -> float:
        """Deliver at most one thing."""
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
        return self._settle(delivery, self._attempt(delivery, now))

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
            if delivery.state is DeliveryState.UNKNOWN:
                there = self._courier.look_up(delivery)
                outcome = (
                    Outcome(DeliveryState.CONFIRMED, "found") if there else Outcome(DeliveryState.PENDING, "not there")
                )
            else:
                outcome = self._courier.send(delivery, now)
        except Rejected as error:
            outcome = Outcome(DeliveryState.REJECTED, str(error))
        except KemruError as error:
            return self._refused(delivery, error)
        except Exception as error:  # noqa: BLE001  one poisoned record must never stop the others, whatever it breaks
            return self._poisoned(delivery, error)
        self.trouble = ""
        self._backoff.succeeded()
        return outcome

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
        log.error("%s: delivery %s broke the sender", self._courier.lane, delivery.id, exc_info=error)
        note = f"{type(error).__name__} in our own code"
        if delivery.attempts >= POISON_TRIES:
            return Outcome(DeliveryState.QUARANTINED, note)
        return Outcome(
            DeliveryState.PENDING if delivery.state is DeliveryState.PENDING else DeliveryState.UNKNOWN, note
        )

    def _settle(self, delivery: Delivery, outcome: Outcome) -> float:
        self._store.outbox.settle(delivery.seq, outcome.state, outcome.note, self._clock.now().utc_us)
        if outcome.state in {DeliveryState.REJECTED, DeliveryState.QUARANTINED}:
            log.error("%s: delivery %s is %s: %s", self._courier.lane, delivery.id, outcome.state, outcome.note)
        return max(self._paused_until - self._clock.monotonic(), 0.0)


def lane_status(lane: Lane, store: Store, clock: Clock, trouble: str) -> LaneStatus:
    """How much of `lane` waits in the outbox, and since when."""
    now = clock.now()
    counts = store.outbox.status(lane)
    last = counts.last_confirmed_us
    return LaneStatus(
        lane=lane,
        waiting=counts.waiting,
        failed=counts.failed,
        oldest_age_s=None if counts.oldest_us is None else max((now.utc_us - counts.oldest_us) / 1e6, 0.0),
        last_delivered=None
        if last is None
        else msgspec.structs.replace(now, utc_us=last).local().isoformat(timespec="seconds"),
        trouble=trouble,
    )
