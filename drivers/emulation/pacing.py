"""When the sensor's bytes reach the host: at once, or as the sensor's work and the line's speed would have it."""

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from drivers.emulation.device import Answer
from drivers.emulation.faults import FaultScript, Piece

# A byte on the line: start bit, eight data bits, stop bit.
_BITS_A_BYTE = 10
# Bytes that a slow line delivers in one go; a USB adapter does about the same.
_SLICE = 32


@dataclass(frozen=True, slots=True)
class Due:
    """Something that reaches the host at `when` (seconds of the host's monotonic clock)."""

    when: float
    piece: Piece


class Outgoing:
    """What still has to reach the host, in order. An `instant` sensor works in no time on an infinitely fast line.

    `blocked` tells that the port took no more bytes at the last attempt.
    """

    def __init__(self, faults: FaultScript, *, instant: bool) -> None:
        self._faults = faults
        self._instant = instant
        self._free_at = 0.0
        self._queue: deque[Due] = deque()
        self.blocked = False

    def hear(self, count: int, now: float, baud: int) -> None:
        """Account for the time that `count` bytes from the host take on the line."""
        self._free_at = max(self._free_at, now)
        if not self._instant:
            self._free_at += count * _BITS_A_BYTE / baud

    def schedule(self, answers: Iterable[Answer], baud: int) -> None:
        """Queue the sensor's answers."""
        for answer in answers:
            if not self._instant:
                self._free_at += answer.after_s
            step = len(answer.data) if self._instant else _SLICE
            for start in range(0, len(answer.data), step):
                self._send(answer.data[start : start + step], baud)

    def clear(self) -> None:
        """Forget everything: the power is gone."""
        self._queue.clear()

    def next_due(self) -> float | None:
        """When the next thing is due, or None."""
        return self._queue[0].when if self._queue else None

    def deliver(self, descriptor: int, now: float) -> bool:
        """Write what is due as far as the port takes it. Returns whether the cable is to be pulled now."""
        self.blocked = False
        while self._queue and self._queue[0].when <= now:
            piece = self._queue[0].piece
            if piece.unplug:
                self._queue.clear()
                return True
            if piece.data and not self._write(descriptor, piece):
                return False
            if not piece.data:
                self._queue.popleft()
        return False

    def _write(self, descriptor: int, piece: Piece) -> bool:
        try:
            written = os.write(descriptor, piece.data)
        except BlockingIOError:
            self.blocked = True
            return False
        due = self._queue.popleft()
        if written < len(piece.data):
            self._queue.appendleft(Due(due.when, Piece(piece.data[written:])))
        return True

    def _send(self, data: bytes, baud: int) -> None:
        for piece in self._faults.apply(data):
            self._free_at += piece.delay_s
            if not self._instant:
                self._free_at += len(piece.data) * _BITS_A_BYTE / baud
            if piece.data or piece.unplug:
                self._queue.append(Due(self._free_at, piece))
