"""One dialogue at a time over a link: deadlines and resynchronisation, whatever the protocol.

What a command is, which packet answers it and which is a stray, is the families' to say.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from drivers.errors import LinkTimeout, ProtocolError
from drivers.framing import StreamDecoder
from drivers.link import Link

# Seconds of silence inside a packet after which the rest is not awaited any more.
STALL = 0.3


class Question(Protocol):
    """What a family's table says of each of its commands."""

    @property
    def name(self) -> str:
        """What the manual calls it."""

    @property
    def deadline(self) -> float:
        """Seconds until its answer has to be there."""


P = TypeVar("P")
C = TypeVar("C", bound=Question)


class Dialogue(Generic[P, C]):
    """Packets to and from a scanner; `deadline_scale` stretches or shortens every time-out.

    `row` is what the table says of the last command, at first `greeting`. `foreign` counts packets of other scanners, `whole` those of this
    one, `stale` those among them that answer nothing we asked, `unasked` how often anything had come before we asked. Lives on when the
    link is opened again at another speed.
    """

    def __init__(
        self,
        link: Link,
        decoder: StreamDecoder[P],
        greeting: C,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        deadline_scale: float = 1.0,
    ) -> None:
        self.link = link
        self.row = greeting
        self.foreign = 0
        self.stale = 0
        self.whole = 0
        self._decoder = decoder
        self._packets: deque[P] = deque()
        self._monotonic = monotonic
        self._scale = deadline_scale
        self._limit = float("inf")
        self._asked = 0.0
        self._deadline = 0.0
        self._overdue = False
        self.unasked = 0
        self._misfits = 0
        self._damaged_before = 0
        self._noise_before = 0

    @property
    def damaged(self) -> int:
        """Packets whose checksum was wrong."""
        return self._decoder.bad_checksums

    @property
    def noise(self) -> int:
        """Bytes that belonged to no packet."""
        return self._decoder.noise

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound everything inside by one deadline, whatever the single commands would allow. May be nested."""
        outer = self._limit
        self._limit = min(outer, self._monotonic() + seconds * self._scale)
        try:
            yield
        finally:
            self._limit = outer

    def _drop(self) -> int:
        """Forget whatever came unasked. Returns the bytes of it that had not even been read."""
        self.stale += len(self._packets)
        self._packets.clear()
        self._decoder.clear()
        self._misfits = 0
        self._damaged_before, self._noise_before = self.damaged, self.noise
        dropped = self.link.flush()
        self.unasked += dropped > 0
        return dropped

    def _turn_to(self, row: C, extra_s: float = 0.0) -> None:
        """From now on the answer to `row` is awaited, `extra_s` seconds longer than the table says."""
        self.row = row
        self._asked = self._monotonic()
        self._extend(extra_s)

    def _extend(self, extra_s: float = 0.0) -> None:
        """Let the deadline of `row` begin anew."""
        self._deadline = min(self._monotonic() + self.row.deadline * self._scale + extra_s, self._limit)
        self._overdue = False

    def _until(self) -> float:
        """When to stop waiting; later where an answer that has begun may go on."""
        return self._deadline

    def _is_ours(self, packet: P) -> bool:  # noqa: ARG002  most protocols have an address in each packet
        """Whether a packet comes from the scanner that was asked."""
        return True

    @property
    def _spoilt(self) -> bool:
        """Whether a packet was damaged since the last command."""
        return self.damaged > self._damaged_before

    def _put_aside(self) -> None:
        """Count the packet just taken as one that answers something else."""
        self.stale += 1
        self._misfits += 1

    def _next(self) -> P:
        """The next packet of this scanner. Raises LinkTimeout (silence), LinkLost, ProtocolError (what came was damaged, or put aside)."""
        while True:
            while not self._packets:
                self._packets.extend(self._fetch())
            packet = self._packets.popleft()
            if self._is_ours(packet):
                self.whole += 1
                return packet
            self.foreign += 1

    def _fetch(self) -> list[P]:
        """Wait for bytes: until the deadline, or for a moment only where a packet is incomplete or was damaged."""
        now, deadline = self._monotonic(), self._until()
        if self._overdue:
            raise self._unanswered()
        # What lies in the kernel's buffer at the deadline is still read, once: a busy host is no fault of the sensor's.
        self._overdue = now >= deadline
        hurry = self._decoder.pending or self._spoilt
        until = min(deadline, now + STALL * self._scale) if hurry else deadline
        try:
            return self._decoder.feed(self.link.receive(until))
        except LinkTimeout as silence:
            if self._decoder.pending and until < deadline:
                return self._decoder.give_up()
            raise self._unanswered() from silence

    def _unanswered(self) -> ProtocolError | LinkTimeout:
        name = self.row.name
        if self._spoilt:
            return ProtocolError(f"{name}: the answer arrived damaged")
        if self._misfits:
            return ProtocolError(f"{name}: what came is not an answer to it")
        waited = self._monotonic() - self._asked
        received = self._decoder.pending + self.noise - self._noise_before
        message = f"{self.link.url}: {name} not answered in {waited:.2f} s ({received} stray bytes came)"
        cure = ProtocolError.cure if received else None
        return LinkTimeout(message, port=self.link.url, waited=waited, received=received, cure=cure)
