"""What a station says of itself, and what the journal hears of its scanner's troubles."""

import logging
import re
from collections.abc import Callable

import msgspec

from kiosk.views import ScannerHealth, StationStatus

log = logging.getLogger(__name__)

# How long something took, or how much noise came, is no news: the journal would hear of one trouble again and again, and wear the card out.
_MEASURED = re.compile(r"\d+\.\d+|\d+(?= stray bytes)")


class Notice:
    """The present `status` of the station `name` at `place`; `changed` is called when it is another one."""

    def __init__(self, name: str, place: str, changed: Callable[[], None]) -> None:
        self.status = StationStatus(name=name, health=ScannerHealth.STARTING, place=place)
        self._changed = changed
        self._told: set[tuple[ScannerHealth, str]] = set()  # what the journal has, since the scanner was ready

    def put(self, **facts: object) -> None:
        """Change what is said: fields of the status by name."""
        fresh = msgspec.structs.replace(self.status, **facts)
        if fresh != self.status:
            self.status = fresh
            self._changed()

    def trouble(self, health: ScannerHealth, detail: str) -> None:
        """Say that the scanner is in no state to serve anybody; each trouble is one line in the journal until `relieved`."""
        news = (health, _MEASURED.sub("", detail))
        if news not in self._told:
            self._told.add(news)
            log.error("station %s: %s", self.status.name, detail)
        self.put(health=health, detail=detail)

    def relieved(self) -> None:
        """The scanner was opened and settled: whatever troubles it next is news."""
        self._told.clear()
