"""One scanner's step: find it, keep it open, and let one activity at a time use it.

    connect → settle → enrolment, or a called member, or a look at the glass; when it is empty, a piece of the library's work

The reader's thread is the only one that touches its scanner. Others leave requests and read `status`.
"""

import contextlib
import logging
import queue
import random
import re
from collections.abc import Callable, Sequence

import msgspec

from drivers import DeviceError, Light, LinkLost, Scanner, ScannerError
from kiosk import attendance
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.ids import uuid7
from kiosk.station.calling import PATIENCE_S, Call
from kiosk.station.enrolment import Enrolment, EnrolmentError, EnrolRequest, refusal
from kiosk.station.feedback import Feedback
from kiosk.station.finder import Finder
from kiosk.station.glass import Glass
from kiosk.station.library import Library, LibraryError
from kiosk.station.pinpad import PinPad
from kiosk.station.punching import Punching
from kiosk.station.rounds import Due, Rounds
from kiosk.station.setbacks import Setbacks
from kiosk.station.vault import Vault
from kiosk.store import NotSaved, Store, StoreError
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth, ScanResult, StationStatus

log = logging.getLogger(__name__)

REOPEN_S = (0.2, 0.5, 1.0, 2.0, 3.0)
"""Seconds between two rounds of looking for a scanner; the last repeats, so that a scanner is back within 10 s of its return."""

ADOPT_S = 60.0
"""Seconds for which an administrator's word to take a scanner over is good."""

STUCK = (
    "Something has been on the glass for a minute, and nobody else can be recognised. Take it away, clean the glass, and keep the sun off "
    "it. If nothing is there: take the scanner's power away for two seconds."
)

# How long something took is no news: the journal would hear of one trouble again and again, and wear the card out.
_MEASURED = re.compile(r"\d+\.\d+")

Publish = Callable[[ScanResult | EnrolProgress], None]


class BusyError(KioskError):
    """The station cannot do that now; the text says why."""


class Reader:
    """The station `name` at `place`: `step` returns the seconds until the next one. `changed` is called when `status` has changed."""

    def __init__(
        self,
        name: str,
        finder: Finder,
        store: Store,
        clock: Clock,
        punching: Punching,
        vault: Vault,
        *,
        publish: Publish,
        changed: Callable[[], None],
        place: str = "",
        polls_per_second: int = 10,
        feedback: bool = True,
        shifts: Sequence[attendance.Shift] = (),
    ) -> None:
        self.status = StationStatus(name=name, health=ScannerHealth.STARTING, place=place)
        self.pinpad = PinPad(name, punching, clock, publish)
        self._finder = finder
        self._store = store
        self._clock = clock
        self._vault = vault
        self._tell = publish
        self._changed = changed
        self._period = 1.0 / polls_per_second
        self._wants_light = feedback
        self._shifts = shifts
        self._requests: queue.SimpleQueue[tuple[str, EnrolRequest]] = queue.SimpleQueue()
        self._calls: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._enrolment: Enrolment | None = None
        self._cancelled = False
        self._hung_up = False
        self._call: Call | None = None
        self._scanner: Scanner | None = None
        self._adopting: tuple[str, float] | None = None
        self._failures = 0
        self._told: set[tuple[ScannerHealth, str]] = set()  # what the journal has, since the scanner was ready
        self._glitches = 0
        self._remarks: tuple[str, ...] = ()
        self._rounds = Rounds(clock)
        self._setbacks = Setbacks()
        self._glass = Glass(name, clock, punching)

    def enrol(self, request: EnrolRequest) -> str:
        """Ask for an enrolment, from another thread; returns its id. What becomes of it is published.

        Raises EnrolmentError at once when the scanner is not ready, or busy with another enrolment.
        """
        present = self._enrolment
        if (present is not None and not present.done) or not self._requests.empty():
            raise EnrolmentError(
                f"Station {self.status.name} is busy with another enrolment. Wait for its end, or cancel it."
            )
        self._require_ready(EnrolmentError)
        enrolment = uuid7(self._clock.now().utc_us)
        self._cancelled = False
        self._requests.put((enrolment, request))
        return enrolment

    def cancel_enrolment(self) -> None:
        """Give up the enrolment in progress, if any, from another thread."""
        self._cancelled = True

    def call(self, number: str) -> float:
        """Expect the member whose number this is, from another thread; returns for how many seconds.

        Whether there is such a member is not told. Raises BusyError when the scanner is not ready, rests, or enrols somebody.
        """
        self._require_ready(BusyError)
        if self._enrolment is not None:
            raise BusyError("Somebody is being enrolled at the scanner just now.")
        if self._glass.locked_s:
            raise BusyError(f"Too many fingers were not recognised: wait {self._glass.locked_s:.0f} seconds.")
        self._hung_up = False
        self._calls.put(number)
        return PATIENCE_S

    def hang_up(self) -> None:
        """Expect nobody any more, from another thread."""
        self._hung_up = True

    def adopt(self) -> None:
        """Take over the scanner that is LOCKED now, whatever it holds, from another thread: an administrator said so.

        Raises BusyError if none is. The word is good for ADOPT_S, and for a scanner at the same port.
        """
        if self.status.health is not ScannerHealth.LOCKED:
            raise BusyError(f"Station {self.status.name} has no scanner that it would have to take over.")
        self._adopting = (self.status.port, self._clock.monotonic() + ADOPT_S)

    def step(self) -> float:
        """Do one short piece of work. Raises StoreError when the disk failed in a way that only a restart can clear."""
        try:
            self.pinpad.require_sound()
            scanner = self._scanner or self._connect()
            if scanner is None:
                return self._pause()
            self._keep_settled(scanner)
            self._take_requests(scanner)
            more = self._act(scanner)
        except LibraryError as error:
            return self._locked(str(error))
        except ScannerError as error:
            return self._troubled(error)
        except Exception as error:
            self._interrupted(error)
            raise
        self._failures = 0
        return 0.0 if more else self._period

    def close(self) -> None:
        """Let go of the scanner."""
        if self._enrolment is not None:
            self._stop(self._enrolment)
        if self._scanner is not None:
            with contextlib.suppress(ScannerError):
                self._feedback.show(Light.OFF)  # nobody looks at it any more
            self._scanner.close()
        self._scanner = None

    @staticmethod
    def _stop(enrolment: Enrolment) -> None:
        """Undo it while the scanner is still there; if that cannot be, the next start does.

        A ValueError says that its step is under way, in a thread that did not stop.
        """
        try:
            enrolment.give_up("The kiosk is being stopped.")
        except (ScannerError, StoreError, ValueError):
            enrolment.broken("The kiosk is being stopped.")

    def _require_ready(self, error: type[KioskError]) -> None:
        if self.status.health is not ScannerHealth.READY:
            raise error(f"Station {self.status.name} is not ready: {self.status.detail or self.status.health}.")

    def _connect(self) -> Scanner | None:
        found = self._finder.attempt()
        if found is None:
            return None
        port, scanner = found
        self._scanner = scanner
        self._set(port=port)
        self._library = Library(
            self.status.name, scanner, self._store, self._vault, self._clock, self._setbacks, self._shifts
        )
        self._feedback = Feedback(scanner, wanted=self._wants_light)
        self._settle(scanner)
        self._finder.keep()
        info = scanner.info
        self._remarks = info.remarks
        self._feedback.show(Light.READY)
        self._show(model=info.model, capacity=info.capacity, template_size=info.template_size)
        told = self.status
        self._told.clear()
        log.info("station %s: %s at %s, %d of %d slots used", told.name, told.model, port, told.used, told.capacity)
        return scanner

    def _settle(self, scanner: Scanner) -> None:
        self._library.settle(erase=self._adopted())
        self._adopting = None
        self._rounds.settled(scanner.glitches)

    def _adopted(self) -> bool:
        """Whether this very scanner is to be taken over."""
        if self._adopting is None:
            return False
        port, until = self._adopting
        return port == self.status.port and self._clock.monotonic() < until

    def _keep_settled(self, scanner: Scanner) -> None:
        if self._rounds.listen(scanner.glitches):
            self._call = None  # slots that were proven before count no more
        if self._enrolment is not None or self._call is not None:
            return
        due = self._rounds.due()
        if due is Due.NIGHT:
            self._setbacks.forget()
        if due in {Due.SETTLE, Due.NIGHT}:
            self._settle(scanner)
        elif due is Due.DOUBT:
            if not self._library.agrees():
                self._settle(scanner)
        elif due is Due.HEALTH:
            scanner.check()
            if self._library.same():
                self._library.refresh()
                self._library.patrol()
            else:
                log.error("station %s: another scanner is there, or other slots of it are used", self.status.name)
                self._settle(scanner)

    def _act(self, scanner: Scanner) -> bool:
        """Serve people, or the library; whether there may be more to do at once: the wire paces it, and each piece begins with a look."""
        more = False
        if self._enrolment is not None:
            self._carry_on(self._enrolment)
        elif self._call is not None:
            self._expect(self._call)
        elif self._glass.look(scanner, self._library, self._publish):
            more = self._library.work()
        if self._enrolment is None and self._call is None:
            if self._glass.stuck:
                self._feedback.show(Light.FAULT)
            elif self._glass.idle:
                self._feedback.show(Light.READY)
        self._show(capacity=scanner.info.capacity, template_size=scanner.info.template_size)
        return more

    def _publish(self, event: ScanResult | EnrolProgress) -> None:
        """Tell everybody, and then the light. If that fails, the next look at the glass will find out why."""
        self._tell(event)
        if isinstance(event, ScanResult) and event.kind is ScanKind.WAIT:
            self._rounds.doubt()
        with contextlib.suppress(ScannerError):
            if isinstance(event, ScanResult):
                self._feedback.answer(event.kind)
            else:
                self._feedback.enrolling(event.step, final=event.final, ok=event.ok)

    def _take_requests(self, scanner: Scanner) -> None:
        while self._enrolment is None and not self._requests.empty():
            self._begin_enrolment(scanner, *self._requests.get())
        while not self._calls.empty():
            self._begin_call(scanner, self._calls.get())

    def _begin_enrolment(self, scanner: Scanner, identifier: str, request: EnrolRequest) -> None:
        self._call = None
        try:
            self._enrolment = Enrolment(
                identifier, request, scanner, self._library, self._vault, self._store, self._clock, self._publish
            )
        except (EnrolmentError, NotSaved) as error:
            self._tell(refusal(identifier, request, str(error)))
        except (ScannerError, StoreError, LibraryError) as error:
            self._tell(refusal(identifier, request, f"The enrolment could not begin: {error}"))
            raise

    def _begin_call(self, scanner: Scanner, number: str) -> None:
        if self._enrolment is None:
            self._call = Call(
                number,
                scanner,
                self._library,
                self._store,
                self._clock,
                self._glass,
                self._publish,
            )
            self._feedback.show(Light.HOLD)

    def _carry_on(self, enrolment: Enrolment) -> None:
        try:
            if self._cancelled:
                enrolment.give_up("Cancelled.")
            else:
                enrolment.step()
        except (ScannerError, StoreError) as error:
            self._let_go(f"The enrolment was interrupted: {error}")  # opening again settles what was left half done
            raise
        if enrolment.done:
            self._enrolment = None
            self._glass.answered()  # the last press was for the enrolment, not a punch

    def _expect(self, call: Call) -> None:
        if self._hung_up:
            call.done = True
        else:
            call.step()
        if call.done:
            self._call = None

    def _troubled(self, error: ScannerError) -> float:
        """A glitch if the scanner still shakes hands, else a fault: then it is closed, said aloud, and tried again.

        So is one that was not settled yet: nothing is known of it.
        """
        if self._scanner is not None and self._finder.kept and not isinstance(error, LinkLost):
            try:
                self._scanner.check()
            except ScannerError as silence:
                error = silence if isinstance(error, DeviceError) else error
            else:
                self._failures += 1
                self._glitches += 1
                self._call = None
                self._rounds.disturb()
                self._set(glitches=self._glitches)
                log.warning("station %s: %s (it still answers)", self.status.name, error)
                if self._failures <= len(REOPEN_S):
                    return self._period
        if self._scanner is not None:
            error = self._finder.lost(error)
        elif self._finder.answered(self.status.port):
            return self._pause()  # what keeps us from that one stays said, and not what is wrong elsewhere
        return self._lost(ScannerHealth.FAULT, str(error), error.cure)

    def _locked(self, why: str) -> float:
        with contextlib.suppress(ScannerError):  # it is let go of in any case
            self._feedback.show(Light.FAULT)
        return self._lost(ScannerHealth.LOCKED, why, "")

    def _interrupted(self, error: Exception) -> None:
        """Nobody looks at the glass until the worker begins again, which then opens and settles anew: nothing may say `ready`."""
        why = (
            str(error)
            if isinstance(error, KioskError)
            else f"{type(error).__name__} in the kiosk itself; see the journal"
        )
        self._let_go(f"The enrolment was interrupted: {why}")
        self._set(health=ScannerHealth.FAULT, detail=why)

    def _let_go(self, why: str) -> None:
        if self._enrolment is not None:
            self._enrolment.broken(why)
            self._enrolment = None
        self._call = None
        while not self._requests.empty():
            self._tell(refusal(*self._requests.get(), why))
        if self._scanner is not None:
            self._scanner.close()
            self._scanner = None
            self._finder.let_go()

    def _lost(self, health: ScannerHealth, why: str, cure: str) -> float:
        self._let_go(f"The enrolment was interrupted: {why}")
        detail = f"{why.rstrip('.')}. {cure}" if cure else why
        news = (health, _MEASURED.sub("", detail))
        if news not in self._told:
            self._told.add(news)
            log.error("station %s: %s", self.status.name, detail)
        self._set(health=health, detail=detail)
        return self._pause()

    def _pause(self) -> float:
        """Seconds until the next try: none while there are other places to look at, then longer from one round to the next."""
        if self._finder.more:
            return 0.0
        pause = REOPEN_S[min(self._failures, len(REOPEN_S) - 1)]
        self._failures += 1
        return pause * random.uniform(0.9, 1.1)  # noqa: S311  two scanners on one hub should not retry in step

    def _show(self, **facts: object) -> None:
        remarks = [*self._remarks]
        if self._library.shelf.refuses:
            remarks.append("Fingers cannot be written into it: it may be worn out. Members type their number first.")
        if self._glass.suspect:
            remarks.append("It takes pictures that hold no finger: clean the glass, and keep the sun off it.")
        if self._glass.stuck and self.status.health is ScannerHealth.READY:
            log.error("station %s: %s", self.status.name, STUCK)
        self._set(
            health=ScannerHealth.FAULT if self._glass.stuck else ScannerHealth.READY,
            detail=STUCK if self._glass.stuck else " ".join(remarks),
            used=len(self._library.shelf.used),
            waiting=self._library.waiting,
            absent=self._library.absent,
            **facts,
        )

    def _set(self, **changes: object) -> None:
        fresh = msgspec.structs.replace(self.status, **changes)
        if fresh != self.status:
            self.status = fresh
            self._changed()
