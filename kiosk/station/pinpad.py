"""What comes of a PIN that was typed at a station: its scanner has no part in it, and may be out of order."""

import logging
from collections.abc import Callable

from kiosk.clock import Clock
from kiosk.station.punching import Punching
from kiosk.store import NotSaved, StoreError
from kiosk.views import ScanKind, ScanResult

log = logging.getLogger(__name__)


class PinPad:
    """The PINs of `station`. Whoever typed one, and everybody who looks on, is told by `tell`; from any thread."""

    def __init__(self, station: str, punching: Punching, clock: Clock, tell: Callable[[ScanResult], None]) -> None:
        self._station = station
        self._punching = punching
        self._clock = clock
        self._tell = tell
        self._fatal: StoreError | None = None

    def credit(self, uid: str) -> ScanResult:
        """Record a punch for a member who typed the right PIN."""
        try:
            result = self._punching.credit_pin(uid)
        except StoreError as error:
            if not isinstance(error, NotSaved):
                self._fatal = error
            return self.say(ScanKind.NOT_SAVED, advice="see_office", why=str(error))
        self._tell(result)
        return result

    def say(
        self, kind: ScanKind, *, advice: str | None = None, seconds: float | None = None, why: str = ""
    ) -> ScanResult:
        """Tell what came of a PIN that was not credited; `why` is for the journal."""
        if why:
            log.error("station %s: %s: %s", self._station, kind, why)
        result = self._punching.result(kind, self._clock.now(), advice=advice, seconds=seconds)
        self._tell(result)
        return result

    def require_sound(self) -> None:
        """Raise what befell a commit, if nobody knows whether it is on disk: only a restart can tell."""
        if self._fatal is not None:
            raise self._fatal
