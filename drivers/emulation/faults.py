"""What may go wrong between a sensor and its host, as a script; each direction of the line has one of its own."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass


class FaultKind(enum.StrEnum):
    """One way to fail; `at` counts the direction's bytes from the moment the fault was set.

    SILENT to UNPLUG, and BROWNOUT, may hit either direction; PAUSE and SPLIT only what goes to the host. The rest are the sensor's own,
    and know no direction.
    """

    SILENT = "silent"
    """Nothing arrives from byte `at` on."""
    GARBLE = "garble"
    """`count` bytes from `at` on are changed by `mask`."""
    DROP = "drop"
    """`count` bytes from `at` on are missing."""
    INSERT = "insert"
    """`data` arrives before byte `at`."""
    UNPLUG = "unplug"
    """The cable is pulled before byte `at`."""
    BROWNOUT = "brownout"
    """The supply breaks down before byte `at`: the sensor starts anew, with junk, and has forgotten all that is not in flash."""
    PAUSE = "pause"
    """The line waits `delay_s` before byte `at`."""
    SPLIT = "split"
    """Every byte from `at` on comes alone, `delay_s` after the one before."""
    TWICE = "twice"
    """Every answer is sent twice."""
    DEAF = "deaf"
    """The sensor hears nothing until it loses its power."""
    JUNK = "junk"
    """While the power rises, `data` comes out before whatever the sensor says (00 F8 FC FE, if none is given)."""
    CONSOLE = "console"
    """Another computer's login prompt is at the other end, not the sensor: it echoes, and says `data` (its own words, if none is given)."""
    FOREIGN = "foreign"
    """The sensor's answers carry another module's address."""
    GHOST = "ghost"
    """The sensor sees something on an empty glass, at every `count`-th look."""


_DELAYS = frozenset({FaultKind.PAUSE, FaultKind.SPLIT})
_EVENTS = frozenset({FaultKind.UNPLUG, FaultKind.BROWNOUT})
_FROM_THERE_ON = frozenset({FaultKind.SILENT, FaultKind.SPLIT})
_STRETCHES = frozenset({FaultKind.GARBLE, FaultKind.DROP})
_POINTS = frozenset({FaultKind.INSERT, FaultKind.PAUSE}) | _EVENTS

EITHER_WAY = (_FROM_THERE_ON | _STRETCHES | _POINTS) - _DELAYS
"""The kinds that also hit what the host sends."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and its parameters; see FaultKind for which of them mean something."""

    kind: FaultKind
    at: int = 0
    count: int = 1
    mask: int = 0xFF
    delay_s: float = 0.0
    data: bytes = b""

    def covers(self, position: int) -> bool:
        """Whether this fault hits its direction's byte number `position`."""
        if self.kind in _FROM_THERE_ON:
            return position >= self.at
        if self.kind in _STRETCHES:
            return self.at <= position < self.at + self.count
        return self.kind in _POINTS and position == self.at


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that arrive together, `delay_s` after the piece before; `event` is UNPLUG or BROWNOUT, which happens instead."""

    data: bytes
    delay_s: float = 0.0
    event: FaultKind | None = None


class FaultScript:
    """The faults of one direction; without any, bytes pass as they are."""

    def __init__(self) -> None:
        self._faults: list[tuple[int, Fault]] = []
        self._position = 0

    def add(self, fault: Fault) -> None:
        """Let `fault` work from now on, beside those that already do."""
        self._faults.append((self._position, fault))

    def clear(self) -> None:
        """Mend the line."""
        self._faults.clear()

    def power_on(self) -> None:
        """Mend what losing power mends: a deaf sensor."""
        self._faults = [(since, fault) for since, fault in self._faults if fault.kind is not FaultKind.DEAF]

    def find(self, kind: FaultKind) -> Fault | None:
        """The last fault of this kind, if there is one."""
        return next((fault for _, fault in reversed(self._faults) if fault.kind is kind), None)

    def apply(self, data: bytes) -> Iterator[Piece]:
        """What becomes of `data` on its way."""
        if not self._faults:
            self._position += len(data)
            yield Piece(data)
            return
        gathered = b""
        for byte in data:
            hits = [fault for since, fault in self._faults if fault.covers(self._position - since)]
            self._position += 1
            if any(hit.kind in _DELAYS | _EVENTS for hit in hits):
                yield Piece(gathered)
                gathered = b""
                yield _break(hits)
            gathered += _changed(byte, hits)
        yield Piece(gathered)


def _break(hits: list[Fault]) -> Piece:
    """What happens between two bytes."""
    events = [hit.kind for hit in hits if hit.kind in _EVENTS]
    return Piece(b"", sum(hit.delay_s for hit in hits if hit.kind in _DELAYS), events[0] if events else None)


def _changed(byte: int, hits: list[Fault]) -> bytes:
    before = b"".join(hit.data for hit in hits if hit.kind is FaultKind.INSERT)
    if any(hit.kind in {FaultKind.SILENT, FaultKind.DROP} for hit in hits):
        return before
    for hit in hits:
        if hit.kind is FaultKind.GARBLE:
            byte ^= hit.mask
    return before + bytes((byte & 0xFF,))
