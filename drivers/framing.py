"""Packets out of a stream of bytes, whatever lies between them: what every codec does. Pure, no port, no clock."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

P = TypeVar("P")


class StreamDecoder(ABC, Generic[P]):
    """Finds packets that begin with one of `headers`, which all have one byte or all have two.

    `noise` counts bytes that belonged to no good packet; `bad_checksums` counts packets that were refused. Never keeps more than
    one incomplete packet.
    """

    def __init__(self, *headers: bytes) -> None:
        self.noise = 0
        self.bad_checksums = 0
        self._headers = headers
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of an incomplete packet that wait for the rest."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[P]:
        """Take in what arrived and return the packets that are complete now, in order."""
        self._buffer += data
        return self._scan(0)

    def give_up(self) -> list[P]:
        """Stop waiting for the rest of the incomplete packet, and look for others in what had been taken for its content."""
        skipped = min(len(self._buffer), self._header_size)
        self.noise += skipped
        return self._scan(skipped)

    def clear(self) -> None:
        """Forget an incomplete packet, as noise."""
        self.noise += len(self._buffer)
        self._buffer.clear()

    @abstractmethod
    def _end(self, start: int) -> int:
        """Where the packet at `start` of the buffer ends: behind the buffer while incomplete, at `start` if this cannot be a packet."""

    @abstractmethod
    def _packet(self, start: int, end: int) -> P | None:
        """The packet between `start` and `end` of the buffer; None, counted in `bad_checksums`, if it is damaged."""

    def _scan(self, at: int) -> list[P]:
        packets = []
        while (start := self._find(at)) >= 0:
            self._pass_over(at, start)
            at = start
            end = self._end(start)
            if end > len(self._buffer):
                break
            packet = self._packet(start, end) if end > start else None
            if packet is None:
                # Header or length may be chance or damaged themselves, so that the next packet may start anywhere behind the header.
                self.noise += self._header_size
                at = start + self._header_size
            else:
                packets.append(packet)
                at = end
        else:
            at = self._skip_noise(at)
        del self._buffer[:at]
        return packets

    @property
    def _header_size(self) -> int:
        return len(self._headers[0])

    def _find(self, at: int) -> int:
        starts = [self._buffer.find(header, at) for header in self._headers]
        return min((start for start in starts if start >= 0), default=-1)

    def _skip_noise(self, at: int) -> int:
        """Where the bytes start that may yet become a packet: the first half of a header at the end may be one."""
        halves = tuple(header[:1] for header in self._headers if len(header) > 1)
        kept_from = max(at, len(self._buffer) - self._buffer.endswith(halves))
        self._pass_over(at, kept_from)
        return kept_from

    def _pass_over(self, start: int, end: int) -> None:
        """Count what lies between packets, from `start` to `end` of the buffer, as noise."""
        self.noise += end - start
