"""When the sensor's bytes reach the host: at once, or as the sensor's work and the line's speed would have it."""

import math
import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from drivers.emulation.device import Answer
from drivers.emulation.faults import FaultKind, FaultScript, Piece

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

    `free_at` is when everything queued is out, by the host's monotonic clock; `blocked` tells that the port took no more bytes at the
    last attempt.
    """

    def __init__(self, faults: FaultScript, *, instant: bool) -> None:
        self._faults = faults
        self._instant = instant
        self.free_at = 0.0
        self._queue: deque[Due] = deque()
        self._waiting: tuple[float, Answer, int] | None = None
        self.blocked = False

    def hear(self, count: int, now: float, baud: int) -> None:
        """Account for the time that `count` bytes from the host take on the line."""
        self.free_at = max(self.free_at, now)
        if not self._instant:
            self.free_at += count * _BITS_A_BYTE / baud

    def schedule(self, answers: Iterable[Answer], baud: int) -> None:
        """Queue the sensor's answers."""
        for answer in answers:
            self._end_wait()
            if answer.waits and not (self._instant and math.isfinite(answer.after_s)):
                self._waiting = self.free_at + answer.after_s, replace(answer, after_s=0.0, waits=False), baud
                continue
            if not self._instant:
                self.free_at += answer.after_s
            data = answer.data * (2 if self._faults.find(FaultKind.TWICE) else 1)
            step = len(data) or 1 if self._instant else _SLICE
            for start in range(0, len(data), step):
                self._send(data[start : start + step], baud)

    def clear(self) -> None:
        """Forget everything: the power is gone."""
        self.free_at = 0.0
        self._queue.clear()
        self._waiting = None

    def next_due(self) -> float | None:
        """When the next thing is due, or None."""
        if self._queue:
            return self._queue[0].when
        return self._waiting[0] if self._waiting and math.isfinite(self._waiting[0]) else None

    def withdraw(self, now: float) -> bool:
        """Forget the answer that waits for a finger, and tell whether there was one."""
        waited, self._waiting = self._waiting is not None, None
        self.free_at = max(self.free_at, now)
        return waited

    def deliver(self, descriptor: int, now: float) -> FaultKind | None:
        """Write what is due as far as the port takes it. Returns what happens to the sensor now, if something does."""
        self.blocked = False
        if self._waiting and self._waiting[0] <= now:
            self.free_at = max(self.free_at, self._waiting[0])
            self._end_wait()
        while self._queue and self._queue[0].when <= now:
            piece = self._queue[0].piece
            if piece.event:
                self._queue.clear()
                return piece.event
            if piece.data and not self._write(descriptor, piece):
                return None
            if not piece.data:
                self._queue.popleft()
        return None

    def _end_wait(self) -> None:
        if self._waiting:
            _, answer, baud = self._waiting
            self._waiting = None
            self.schedule([answer], baud)

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
            self.free_at += piece.delay_s
            if not self._instant:
                self.free_at += len(piece.data) * _BITS_A_BYTE / baud
            if piece.data or piece.event:
                self._queue.append(Due(self.free_at, piece))
