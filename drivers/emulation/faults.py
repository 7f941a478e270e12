"""What may go wrong with a sensor's answers on their way to the host, as a script."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass


class FaultKind(enum.StrEnum):
    """One way for a line to fail; `at` counts the answers' bytes from the moment the fault was set."""

    SILENT = "silent"
    """Nothing arrives from byte `at` on."""
    GARBLE = "garble"
    """`count` bytes from `at` on are changed by `mask`."""
    DROP = "drop"
    """`count` bytes from `at` on are missing."""
    INSERT = "insert"
    """`data` arrives before byte `at`."""
    PAUSE = "pause"
    """The line waits `delay_s` before byte `at`."""
    SPLIT = "split"
    """Every byte from `at` on comes alone, `delay_s` after the one before."""
    UNPLUG = "unplug"
    """The cable is pulled before byte `at`."""
    DEAF = "deaf"
    """The sensor hears nothing until it loses its power."""


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
        """Whether this fault hits the answers' byte number `position`."""
        if self.kind in {FaultKind.SILENT, FaultKind.SPLIT}:
            return position >= self.at
        if self.kind in {FaultKind.GARBLE, FaultKind.DROP}:
            return self.at <= position < self.at + self.count
        return self.kind is not FaultKind.DEAF and position == self.at


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that reach the host together, `delay_s` after the piece before; `unplug` pulls the cable instead."""

    data: bytes
    delay_s: float = 0.0
    unplug: bool = False


class FaultScript:
    """The faults of one line; without any, bytes pass as they are."""

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

    @property
    def deaf(self) -> bool:
        """Whether the sensor hears nothing."""
        return any(fault.kind is FaultKind.DEAF for _, fault in self._faults)

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
            cut = [hit for hit in hits if hit.kind in {FaultKind.PAUSE, FaultKind.SPLIT, FaultKind.UNPLUG}]
            if cut:
                yield Piece(gathered)
                gathered = b""
                yield Piece(
                    b"", sum(hit.delay_s for hit in cut), unplug=any(hit.kind is FaultKind.UNPLUG for hit in cut)
                )
            gathered += _changed(byte, hits)
        yield Piece(gathered)


def _changed(byte: int, hits: list[Fault]) -> bytes:
    before = b"".join(hit.data for hit in hits if hit.kind is FaultKind.INSERT)
    if any(hit.kind in {FaultKind.SILENT, FaultKind.DROP} for hit in hits):
        return before
    for hit in hits:
        if hit.kind is FaultKind.GARBLE:
            byte ^= hit.mask
    return before + bytes((byte & 0xFF,))
