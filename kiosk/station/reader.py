"""One scanner's step: find it, keep it open, and let one activity at a time use it.

    connect → settle → enrolment, or a called member, or a look at the glass; when it is empty, a piece of the library's work

The reader's thread is the only one that touches its scanner. Others leave requests and read `status`.
"""

import contextlib
import logging
import random
from collections.abc import Callable, Sequence

from drivers import DeviceError, Light, LinkLost, Scanner, ScannerError
from kiosk import attendance
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.station.enrolment import EnrolmentError, EnrolRequest
from kiosk.station.errands import BusyError, Errands, Publish
from kiosk.station.feedback import Feedback
from kiosk.station.finder import Finder
from kiosk.station.glass import Glass
from kiosk.station.identity import LibraryError
from kiosk.station.library import Library
from kiosk.station.notice import Notice
from kiosk.station.pinpad import PinPad
from kiosk.station.punching import Punching
from kiosk.station.rounds import Due, Rounds
from kiosk.station.setbacks import Setbacks
from kiosk.station.vault import Vault
from kiosk.store import Store
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
        self.pinpad = PinPad(name, punching, clock, publish)
        self._finder = finder
        self._store = store
        self._clock = clock
        self._vault = vault
        self._notice = Notice(name, place, changed)
        self._tell = publish
        self._period = 1.0 / polls_per_second
        self._wants_light = feedback
        self._shifts = shifts
        self._scanner: Scanner | None = None
        self._adopting: tuple[str, float] | None = None
        self._failures = 0
        self._glitches = 0
        self._remarks: tuple[str, ...] = ()
        self._rounds = Rounds(clock)
        self._setbacks = Setbacks()
        self._glass = Glass(name, clock, punching)
        self._errands = Errands(name, store, clock, vault, self._glass, publish=self._publish, tell=publish)

    @property
    def status(self) -> StationStatus:
        """What the station says of itself just now."""
        return self._notice.status

    def enrol(self, request: EnrolRequest) -> str:
        """Ask for an enrolment, from another thread; returns its id. What becomes of it is published.

        Raises EnrolmentError at once when the scanner is not ready, or busy with another enrolment.
        """
        self._require_ready(EnrolmentError)
        return self._errands.ask_enrolment(request)

    def cancel_enrolment(self) -> None:
        """Give up the enrolment in progress, if any, from another thread."""
        self._errands.cancel_enrolment()

    def call(self, number: str) -> float:
        """Expect the member whose number this is, from another thread; returns for how many seconds.

        Whether there is such a member is not told. Raises BusyError when the scanner is not ready, rests, or enrols somebody.
        """
        self._require_ready(BusyError)
        return self._errands.ask_call(number)

    def hang_up(self) -> None:
        """Expect nobody any more, from another thread."""
        self._errands.hang_up()

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
            if self._errands.begin(scanner, self._library):
                self._feedback.show(Light.HOLD)
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
        self._errands.stop("The kiosk is being stopped.")
        if self._scanner is not None:
            with contextlib.suppress(ScannerError):
                self._feedback.show(Light.OFF)  # nobody looks at it any more
            self._scanner.close()
        self._scanner = None

    def _require_ready(self, error: type[KioskError]) -> None:
        if self.status.health is not ScannerHealth.READY:
            raise error(f"Station {self.status.name} is not ready: {self.status.detail or self.status.health}.")

    def _connect(self) -> Scanner | None:
        found = self._finder.attempt()
        if found is None:
            return None
        port, scanner = found
        self._scanner = scanner
        self._notice.put(port=port)
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
        self._notice.relieved()
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
            self._errands.drop_call()
        if self._errands.busy:
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
        if self._errands.busy:
            self._errands.step()
        elif self._glass.look(scanner, self._library, self._publish):
            more = self._library.work()
        if not self._errands.busy:
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

    def _troubled(self, error: ScannerError) -> float:
        """A glitch if the scanner still shakes hands, else a fault: then it is closed, said aloud, and tried again.

        So is one that was not settled yet, of which nothing is known; and one that failed in an enrolment, which settling undoes.
        """
        lasting = isinstance(error, LinkLost) or self._errands.enrolling
        if self._scanner is not None and self._finder.kept and not lasting:
            try:
                self._scanner.check()
            except ScannerError as silence:
                error = silence if isinstance(error, DeviceError) else error
            else:
                self._failures += 1
                self._glitches += 1
                self._errands.drop_call()
                self._rounds.disturb()
                self._notice.put(glitches=self._glitches)
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
        self._notice.put(health=ScannerHealth.FAULT, detail=why)

    def _let_go(self, why: str) -> None:
        self._errands.abandon(why)
        if self._scanner is not None:
            self._scanner.close()
            self._scanner = None
            self._finder.let_go()

    def _lost(self, health: ScannerHealth, why: str, cure: str) -> float:
        self._let_go(f"The enrolment was interrupted: {why}")
        detail = f"{why.rstrip('.')}. {cure}" if cure else why
        self._notice.trouble(health, detail)
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
        stuck = self._glass.stuck and not self._errands.busy  # whoever is being served may keep the finger there
        if self._library.shelf.refuses:
            remarks.append("Fingers cannot be written into it: it may be worn out. Members type their number first.")
        if self._glass.suspect:
            remarks.append("It takes pictures that hold no finger: clean the glass, and keep the sun off it.")
        if stuck and self.status.health is ScannerHealth.READY:
            log.error("station %s: %s", self.status.name, STUCK)
        self._notice.put(
            health=ScannerHealth.FAULT if stuck else ScannerHealth.READY,
            detail=STUCK if stuck else " ".join(remarks),
            used=len(self._library.shelf.used),
            waiting=self._library.waiting,
            absent=self._library.absent,
            **facts,
        )
