"""What others ask of one scanner: to enrol somebody, or to expect a called member. One at a time, and an enrolment comes first."""

import queue
from collections.abc import Callable

from drivers import Scanner, ScannerError
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.ids import uuid7
from kiosk.station.calling import PATIENCE_S, Call
from kiosk.station.enrolment import Enrolment, EnrolmentError, EnrolRequest, refusal
from kiosk.station.glass import Glass
from kiosk.station.identity import LibraryError
from kiosk.station.library import Library
from kiosk.station.vault import Vault
from kiosk.store import NotSaved, Store, StoreConflict, StoreError
from kiosk.views import EnrolProgress, ScanResult

Publish = Callable[[ScanResult | EnrolProgress], None]


class BusyError(KioskError):
    """The station cannot do that now; the text says why."""


class Errands:
    """The station `name`'s: asked for from any thread, done by the scanner's own.

    What becomes of them goes to `publish`; to `tell` goes what the scanner's light has no part in.
    """

    def __init__(
        self, name: str, store: Store, clock: Clock, vault: Vault, glass: Glass, *, publish: Publish, tell: Publish
    ) -> None:
        self._name = name
        self._store = store
        self._clock = clock
        self._vault = vault
        self._glass = glass
        self._publish = publish
        self._tell = tell
        self._requests: queue.SimpleQueue[tuple[str, EnrolRequest]] = queue.SimpleQueue()
        self._calls: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._enrolment: Enrolment | None = None
        self._call: Call | None = None
        self._cancelled = False
        self._hung_up = False

    @property
    def busy(self) -> bool:
        """Whether the next finger is not for the glass."""
        return self._enrolment is not None or self._call is not None

    @property
    def enrolling(self) -> bool:
        """Whether somebody is being enrolled."""
        return self._enrolment is not None

    def ask_enrolment(self, request: EnrolRequest) -> str:
        """Ask for an enrolment; returns its id. Raises EnrolmentError when there is another one."""
        present = self._enrolment
        if (present is not None and not present.done) or not self._requests.empty():
            raise EnrolmentError(
                f"Station {self._name} is busy with another enrolment. Wait for its end, or cancel it."
            )
        enrolment = uuid7(self._clock.now().utc_us)
        self._cancelled = False
        self._requests.put((enrolment, request))
        return enrolment

    def cancel_enrolment(self) -> None:
        """Give up the enrolment in progress, if any."""
        self._cancelled = True

    def ask_call(self, number: str) -> float:
        """Ask that the member whose number this is be expected; returns for how many seconds. Raises BusyError if that cannot be."""
        if self._enrolment is not None:
            raise BusyError("Somebody is being enrolled at the scanner just now.")
        if self._glass.locked_s:
            raise BusyError(f"Too many fingers were not recognised: wait {self._glass.locked_s:.0f} seconds.")
        self._hung_up = False
        self._calls.put(number)
        return PATIENCE_S

    def hang_up(self) -> None:
        """Expect nobody any more."""
        self._hung_up = True

    def begin(self, scanner: Scanner, library: Library) -> bool:
        """Begin what was asked for; returns whether that was a call.

        Raises ScannerError, StoreError and LibraryError after having said so.
        """
        while self._enrolment is None and not self._requests.empty():
            self._begin_enrolment(*self._requests.get(), scanner, library)
        called = False
        while not self._calls.empty():
            number = self._calls.get()
            if self._enrolment is None:
                self._call = Call(number, scanner, library, self._store, self._clock, self._glass, self._publish)
                called = True
        return called

    def step(self) -> None:
        """Do one short piece of work, if `busy`. Raises ScannerError and StoreError: then `abandon` has to be called for an enrolment."""
        if self._enrolment is not None:
            self._carry_on(self._enrolment)
        elif self._call is not None:
            self._expect(self._call)

    def drop_call(self) -> None:
        """Expect nobody: slots that were proven before the call's finger came count no more."""
        self._call = None

    def abandon(self, why: str) -> None:
        """Let everything go, because the scanner or the store failed; opening it again settles what was left half done."""
        if self._enrolment is not None:
            self._enrolment.broken(why)
            self._enrolment = None
        self._call = None
        while not self._requests.empty():
            self._tell(refusal(*self._requests.get(), why))

    def stop(self, why: str) -> None:
        """Undo an enrolment while the scanner is still there; if that cannot be, the next start does.

        A ValueError says that its step is under way, in a thread that did not stop.
        """
        if self._enrolment is None:
            return
        try:
            self._enrolment.give_up(why)
        except (ScannerError, StoreError, ValueError):
            self._enrolment.broken(why)

    def _begin_enrolment(self, identifier: str, request: EnrolRequest, scanner: Scanner, library: Library) -> None:
        self._call = None
        try:
            self._enrolment = Enrolment(
                identifier, request, scanner, library, self._vault, self._store, self._clock, self._publish
            )
        except (EnrolmentError, NotSaved) as error:
            self._tell(refusal(identifier, request, str(error)))
        except (ScannerError, StoreError, LibraryError) as error:
            self._tell(refusal(identifier, request, f"The enrolment could not begin: {error}"))
            raise

    def _carry_on(self, enrolment: Enrolment) -> None:
        try:
            if self._cancelled:
                enrolment.give_up("Cancelled.")
            else:
                enrolment.step()
        except StoreConflict:
            enrolment.give_up("The finger or its member was removed meanwhile.")
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
