"""One scanner's step: keep it open, look at the glass, turn a finger into a result, or carry an enrolment on.

The reader's thread is the only one that touches its scanner. Others leave requests in `enrol` and read `status`.
"""

import logging
import queue
import random
from collections.abc import Callable

import msgspec

from drivers import (
    Capability,
    DeviceError,
    Hit,
    Identification,
    Light,
    LinkLost,
    NoFinger,
    NoMatch,
    Retry,
    Scanner,
    ScannerError,
)
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.ids import uuid7
from kiosk.models import EnrolProgress, ScanKind, ScannerHealth, ScanResult, StationStatus
from kiosk.station import library
from kiosk.station.enrolment import Enrolment, EnrolmentError, EnrolRequest, refusal
from kiosk.station.library import LibraryError
from kiosk.station.punching import Punching
from kiosk.store import NotSaved, Store, StoreError

log = logging.getLogger(__name__)

REOPEN_S = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds before a lost scanner is tried again; the last repeats, so that a scanner is back within 10 s of its return."""

LIFTED_LOOKS = 2
"""Empty looks in a row that count as a lifted finger."""

RETRIES_A_PRESS = 3
"""Bad pictures of one press before the person is told to try again."""

Publish = Callable[[ScanResult | EnrolProgress], None]


class Reader:
    """The station `name`: `step` returns the seconds until the next one. `changed` is called when `status` has changed."""

    def __init__(
        self,
        name: str,
        scanner: Scanner,
        store: Store,
        clock: Clock,
        punching: Punching,
        *,
        publish: Publish,
        changed: Callable[[], None],
        polls_per_second: int = 10,
    ) -> None:
        self.status = StationStatus(name=name, health=ScannerHealth.STARTING)
        self._scanner = scanner
        self._store = store
        self._clock = clock
        self._punching = punching
        self._publish = publish
        self._changed = changed
        self._period = 1.0 / polls_per_second
        self._requests: queue.SimpleQueue[tuple[str, EnrolRequest]] = queue.SimpleQueue()
        self._enrolment: Enrolment | None = None
        self._cancelled = False
        self._open = False
        self._failures = 0
        self._empty_looks = LIFTED_LOOKS
        self._retries = 0

    def enrol(self, request: EnrolRequest) -> str:
        """Ask for an enrolment, from another thread; returns its id. What becomes of it is published.

        Raises EnrolmentError at once when the scanner is not ready, or busy with another enrolment.
        """
        present = self._enrolment
        if (present is not None and not present.done) or not self._requests.empty():
            raise EnrolmentError(
                f"Station {self.status.name} is busy with another enrolment. Wait for its end, or cancel it."
            )
        if self.status.health is not ScannerHealth.READY:
            raise EnrolmentError(
                f"Station {self.status.name} is not ready: {self.status.detail or self.status.health}."
            )
        enrolment = uuid7(self._clock.now().utc_us)
        self._cancelled = False
        self._requests.put((enrolment, request))
        return enrolment

    def cancel_enrolment(self) -> None:
        """Give up the enrolment in progress, if any, from another thread."""
        self._cancelled = True

    def step(self) -> float:
        """Do one short piece of work. Raises StoreError when the disk failed in a way that only a restart can clear."""
        try:
            if not self._open:
                self._connect()
            self._take_request()
            if self._enrolment is not None:
                self._carry_on(self._enrolment)
            else:
                self._look()
        except LibraryError as error:
            return self._locked(str(error))
        except ScannerError as error:
            return self._troubled(error)
        except Exception as error:
            self._interrupted(error)
            raise
        self._failures = 0
        return self._period

    def close(self) -> None:
        """Let go of the scanner."""
        if self._enrolment is not None:
            self._enrolment.broken("The kiosk is being stopped.")
        self._open = False
        self._scanner.close()

    def _connect(self) -> None:
        info = self._scanner.open()
        remark = library.settle(self._scanner, self._store, self.status.name)
        self._open = True
        self._set(
            health=ScannerHealth.READY,
            detail=remark,
            model=info.model,
            capacity=info.capacity,
            used=len(self._scanner.used()),
        )
        self._light(Light.READY)
        log.info(
            "station %s: %s ready, %d of %d slots used", self.status.name, info.model, self.status.used, info.capacity
        )

    def _look(self) -> None:
        if self._empty_looks < LIFTED_LOOKS and Capability.PRESENCE in self._scanner.info.capabilities:
            self._empty_looks = 0 if self._scanner.present() else self._empty_looks + 1
            return
        found = self._scanner.identify()
        if isinstance(found, NoFinger):
            self._empty_looks = min(self._empty_looks + 1, LIFTED_LOOKS)
            self._retries = 0
        elif self._empty_looks >= LIFTED_LOOKS:
            self._answer(found)
        else:
            self._empty_looks = 0  # still the finger that had its answer

    def _answer(self, found: Identification) -> None:
        if isinstance(found, Retry):
            self._retries += 1
            if self._retries < RETRIES_A_PRESS:
                return  # the same press may still give a good picture
        result = self._result(found)
        self._retries = 0
        self._empty_looks = 0
        self._publish(result)
        self._light(
            Light.WELCOME if result.kind in {ScanKind.WELCOME, ScanKind.GOODBYE, ScanKind.ALREADY} else Light.REFUSED
        )

    def _result(self, found: Identification) -> ScanResult:
        if isinstance(found, Hit):
            return self._credit(found)
        if isinstance(found, NoMatch):
            return self._punching.result(ScanKind.NOT_RECOGNISED, self._clock.now(), advice="use_other_finger")
        advice = str(found.reason) if isinstance(found, Retry) else None
        return self._punching.result(ScanKind.TRY_AGAIN, self._clock.now(), advice=advice)

    def _credit(self, hit: Hit) -> ScanResult:
        try:
            return self._punching.credit(hit)
        except StoreError as error:
            log.error("station %s: punch not saved: %s", self.status.name, error)
            refused = self._punching.result(ScanKind.NOT_SAVED, self._clock.now(), advice="see_office")
            if isinstance(error, NotSaved):
                return refused
            self._publish(refused)
            raise

    def _take_request(self) -> None:
        while self._enrolment is None and not self._requests.empty():
            enrolment, request = self._requests.get()
            try:
                self._enrolment = Enrolment(enrolment, request, self._scanner, self._store, self._clock, self._publish)
            except (EnrolmentError, NotSaved) as error:
                self._publish(refusal(enrolment, request, str(error)))
            except (ScannerError, StoreError) as error:
                self._publish(refusal(enrolment, request, f"The enrolment could not begin: {error}"))
                raise

    def _carry_on(self, enrolment: Enrolment) -> None:
        try:
            if self._cancelled:
                enrolment.give_up("Cancelled.")
            else:
                enrolment.step()
        except (ScannerError, StoreError) as error:
            enrolment.broken(f"The enrolment was interrupted: {error}")
            self._enrolment = None
            self._open = (
                False  # opening it again settles what was left half done, even if the scanner answers as before
            )
            raise
        if enrolment.done:
            self._enrolment = None
            self._empty_looks = 0  # the last press was for the enrolment, not a punch
            self._set(used=len(self._scanner.used()))

    def _troubled(self, error: ScannerError) -> float:
        """A glitch if the scanner still shakes hands, else a fault: then it is closed, said aloud, and tried again."""
        if self._open and not isinstance(error, LinkLost):
            try:
                self._scanner.check()
            except ScannerError as silence:
                error = silence if isinstance(error, DeviceError) else error
            else:
                self._failures += 1
                self._set(glitches=self.status.glitches + 1)
                log.warning("station %s: %s (it still answers)", self.status.name, error)
                if self._failures <= len(REOPEN_S):
                    return self._period
        return self._lost(ScannerHealth.FAULT, str(error), error.cure)

    def _locked(self, why: str) -> float:
        return self._lost(ScannerHealth.LOCKED, why, "")

    def _interrupted(self, error: Exception) -> None:
        """Nobody looks at the glass until the worker begins again, which then opens and settles anew: nothing may say `ready`."""
        why = (
            str(error)
            if isinstance(error, KioskError)
            else f"{type(error).__name__} in the kiosk itself; see the journal"
        )
        self._let_go(why)
        self._set(health=ScannerHealth.FAULT, detail=why)

    def _let_go(self, why: str) -> None:
        if self._enrolment is not None:
            self._enrolment.broken(f"The enrolment was interrupted: {why}")
            self._enrolment = None
        while not self._requests.empty():
            self._publish(refusal(*self._requests.get(), why))
        self._scanner.close()
        self._open = False

    def _lost(self, health: ScannerHealth, why: str, cure: str) -> float:
        self._let_go(why)
        detail = f"{why} {cure}".strip()
        if self.status.health is not health or self.status.detail != detail:
            log.error("station %s: %s", self.status.name, detail)
        self._set(health=health, detail=detail)
        pause = REOPEN_S[min(self._failures, len(REOPEN_S) - 1)]
        self._failures += 1
        return pause * random.uniform(0.9, 1.1)  # noqa: S311  two scanners on one hub should not retry in step

    def _light(self, light: Light) -> None:
        if Capability.LIGHT in self._scanner.info.capabilities:
            self._scanner.signal(light)

    def _set(self, **changes: object) -> None:
        fresh = msgspec.structs.replace(self.status, **changes)
        if fresh != self.status:
            self.status = fresh
            self._changed()
