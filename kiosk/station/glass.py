"""A look at the glass, and the answer to the finger that lies there."""

import logging
from collections.abc import Callable

from drivers import Capability, Hit, Identification, NoFinger, Retry, Same, Scanner, ScannerError
from kiosk.clock import Clock
from kiosk.models import Finger, Method
from kiosk.station.library import Library
from kiosk.station.presses import LOCK_S, Presses, Reading
from kiosk.station.punching import Punching
from kiosk.station.reading import NotProvenError, UnreadableError
from kiosk.store import NotSaved, StoreError
from kiosk.views import ScanKind, ScanResult

log = logging.getLogger(__name__)

Publish = Callable[[ScanResult], None]


class Glass:
    """One station's glass: who is credited for what is seen there is decided by Presses, Library and Punching, in this order."""

    def __init__(self, station: str, clock: Clock, punching: Punching) -> None:
        self._station = station
        self._clock = clock
        self._punching = punching
        self._presses = Presses(clock)

    @property
    def idle(self) -> bool:
        """Whether the next press may come."""
        return self._presses.lifted and not self._presses.locked_s

    @property
    def suspect(self) -> bool:
        """Whether the sensor has been seeing things that are no fingers."""
        return self._presses.suspect

    @property
    def stuck(self) -> bool:
        """Whether nobody can be served, because something lies on the glass and stays."""
        return self._presses.stuck

    @property
    def locked_s(self) -> float:
        """Seconds until fingers are looked at again; 0 when they are."""
        return self._presses.locked_s

    def answered(self) -> None:
        """Somebody else has answered the finger that lies there: it is no punch."""
        self._presses.answered()

    def look(self, scanner: Scanner, library: Library, publish: Publish) -> bool:
        """Look once, and answer if there is something to; returns whether nobody waits: the glass is empty, or will not be.

        Raises ScannerError and StoreError, after having said so to whoever was recognised.
        """
        if not self._presses.lifted and Capability.PRESENCE in scanner.info.capabilities:
            self.await_lift(scanner, publish)
            return self.stuck
        if self._presses.locked_s:
            scanner.check()  # somebody may do something to it while nobody is served
            return True
        found = scanner.identify()
        if isinstance(found, NoFinger):
            self._presses.empty()
            return self._presses.lifted
        reading = self._presses.read(found)
        if reading is Reading.HURRIED:
            publish(self._say(ScanKind.TRY_AGAIN, "lift_finger"))
        elif reading is not Reading.NOTHING:
            self._answer(reading, scanner, found, library, publish)
        return False

    def await_lift(self, scanner: Scanner, publish: Publish) -> None:
        """Look once whether the finger that had its answer is gone."""
        if not lies_there(scanner):
            self._presses.empty()
        elif self._presses.occupied() is Reading.HURRIED:
            publish(self._say(ScanKind.TRY_AGAIN, "lift_finger"))

    def credit(self, owner: Finger, seen: Hit | Same, method: Method, publish: Publish) -> ScanResult:
        """Record a punch for the owner of the finger that was just seen, and return what to tell them.

        Raises StoreError, after having said so, if only a restart can tell whether it is on disk.
        """
        slot = seen.slot if isinstance(seen, Hit) else None
        try:
            result = self._punching.credit(owner, slot=slot, score=seen.score, method=method, tries=self._presses.tries)
        except StoreError as error:
            log.error("station %s: punch not saved: %s", self._station, error)
            refused = self._say(ScanKind.NOT_SAVED, "see_office")
            if isinstance(error, NotSaved):
                return refused
            publish(refused)
            raise
        self._presses.credited(slot, seen.score)
        return result

    def refuse(self, reading: Reading, advice: str | None, publish: Publish) -> None:
        """Tell that the press led to nobody; too many of these, and the glass rests."""
        kind = ScanKind.NOT_RECOGNISED if reading is Reading.STRANGER else ScanKind.TRY_AGAIN
        if not (reading is Reading.UNCLEAR and self.suspect):  # nobody is there to be told
            publish(self._say(kind, advice))
        if self._presses.failed(reading):
            publish(self._say(ScanKind.WAIT))

    def _answer(
        self, reading: Reading, scanner: Scanner, found: Identification, library: Library, publish: Publish
    ) -> None:
        self._presses.answered()
        if isinstance(found, Hit) and reading is Reading.HIT:
            try:
                result = self._hit(scanner, found, library, publish)
            except ScannerError:
                publish(self._say(ScanKind.TRY_AGAIN, "press_again"))
                raise
            publish(result)
        elif reading is Reading.STRANGER:
            self.refuse(reading, "use_other_finger", publish)
        elif reading is Reading.LATENT:
            self.refuse(reading, "wipe_glass", publish)
        else:
            self.refuse(reading, str(found.reason) if isinstance(found, Retry) else None, publish)

    def _hit(self, scanner: Scanner, hit: Hit, library: Library, publish: Publish) -> ScanResult:
        if not scanner.confirm(hit):
            log.warning("station %s: asked once more, the finger is not the one of slot %d", self._station, hit.slot)
            return self._say(ScanKind.TRY_AGAIN, "press_again")
        try:
            owner = library.owner(hit.slot)
        except NotProvenError as error:
            log.error("station %s: %s", self._station, error)
            if not isinstance(error, UnreadableError):
                return self._say(ScanKind.TRY_AGAIN, "library_busy")  # the slot was put right
            return self._say(ScanKind.TRY_AGAIN, "type_number" if library.copied(hit.slot) else "see_office")
        if owner is None:
            log.warning("station %s: slot %d belongs to nobody", self._station, hit.slot)
            return self._say(ScanKind.DENIED, "see_office")
        return self.credit(owner, hit, Method.FINGER, publish)

    def _say(self, kind: ScanKind, advice: str | None = None) -> ScanResult:
        seconds = LOCK_S if kind is ScanKind.WAIT else None
        return self._punching.result(kind, self._clock.now(), advice="wait" if seconds else advice, seconds=seconds)


def lies_there(scanner: Scanner) -> bool:
    """Look once whether anything lies on the glass: by a picture and a search, where the scanner has no cheaper way."""
    if Capability.PRESENCE in scanner.info.capabilities:
        return scanner.present()
    return not isinstance(scanner.identify(), NoFinger)
