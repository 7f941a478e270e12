"""Number, then finger: one member's fingers are compared one to one, whether or not they have a slot in the scanner."""

from collections.abc import Callable, Generator
from functools import partial

from drivers import Capability, Comparison, Hit, NoFinger, Retry, Same, Scanner
from kiosk.clock import Clock
from kiosk.models import Finger, Method
from kiosk.station.glass import Glass, lies_there
from kiosk.station.library import Library
from kiosk.station.presses import Reading
from kiosk.store import Store
from kiosk.views import ScanResult

PATIENCE_S = 20.0
"""Seconds that a station waits for the finger that belongs to a number."""

ROUNDS = 2
"""Times that every finger of the member is compared before the answer is no."""

Way = Callable[[], Comparison | Hit]


class Call:
    """One member expected at the glass; `step` until `done`. What came of it is published; nothing, if nobody came."""

    def __init__(
        self,
        number: str,
        scanner: Scanner,
        library: Library,
        store: Store,
        clock: Clock,
        glass: Glass,
        publish: Callable[[ScanResult], None],
    ) -> None:
        self.done = False
        self._scanner = scanner
        self._library = library
        self._clock = clock
        self._glass = glass
        self._publish = publish
        self._until = clock.monotonic() + PATIENCE_S
        self._trouble: str | None = None
        member = store.members.get(number)
        self._steps = self._run(store.fingers.of_member(number) if member is not None and member.active else [])

    def step(self) -> None:
        """Do one short piece of work. May raise ScannerError and StoreError: then the call is over."""
        if self._clock.monotonic() > self._until:
            self.done = True
            if self._trouble is not None:
                self._finish()
                self._glass.refuse(Reading.UNCLEAR, self._trouble, self._publish)
        elif next(self._steps, None) is None and not self.done:
            self._finish()
            self._glass.refuse(Reading.STRANGER, "check_number", self._publish)

    def _run(self, fingers: list[Finger]) -> Generator[bool, None, None]:
        """Compare every finger with what lies on the glass. A number that nobody has looks the same, until the finger came."""
        while not self._glass.idle:
            self._glass.await_lift(self._scanner, self._publish)
            yield True
        # Before the finger comes: what has to be proven or fetched for the comparison keeps nobody waiting.
        ways = [(finger, way) for finger in fingers if (way := self._way(finger)) is not None]
        while not ways and not lies_there(self._scanner):
            yield True
        for _ in range(ROUNDS):
            for finger, way in ways:
                found = yield from self._picture(way)
                if isinstance(found, Hit) and self._library.slot_of(finger) != found.slot:
                    continue  # something happened on the line meanwhile, and the slot holds another one's finger
                if isinstance(found, Same | Hit):
                    self._finish()
                    self._publish(self._glass.credit(finger, found, Method.NUMBER, self._publish))
                    return

    def _picture(self, way: Way) -> Generator[bool, None, Comparison | Hit]:
        while True:
            found = way()
            if isinstance(found, Retry):
                self._trouble = str(found.reason)
            elif not isinstance(found, NoFinger):
                return found
            yield True

    def _way(self, finger: Finger) -> Way | None:
        """How this finger can be compared with the one on the glass; None if it cannot."""
        scanner, can = self._scanner, self._scanner.info.capabilities
        slot = self._library.slot_of(finger)
        if slot is None and Capability.MATCH not in can:
            slot = self._library.lend(finger)
        if slot is not None and Capability.VERIFY in can:
            return partial(scanner.verify, slot)
        template = self._library.shelf.copy(finger) if Capability.MATCH in can else None
        return None if template is None else partial(scanner.match, template)

    def _finish(self) -> None:
        """The finger has its answer: it has to be lifted before the next one."""
        self.done = True
        self._glass.answered()
