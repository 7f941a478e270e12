"""Packets of the F5 protocol to bytes and back: pure, no port, no clock.

    F5 | code | p1 p2 p3 | 00 | check | F5                                    the short form, and the head of the long one
    F5 | data | check | F5                                                    follows a head whose p1 p2 are the data's length

`check` is the exclusive or of what lies between it and the F5 before it. Numbers are big-endian.
Source: Waveshare, UART Fingerprint Sensor (C) user manual V1.0, "Commands format".

Nothing in a head tells whether data follows: only the code does, and for an answer the success in p3. One byte of check sees every
single damaged byte, and lets one of 256 worse accidents pass, so that the wire also counts on codes, lengths and fixed bytes.
"""

from dataclasses import dataclass

MARK = 0xF5
# Longest data: a list of 4095 users of three bytes each, and their number. A picture has 9800 bytes.
MAX_DATA = 2 + 3 * 4095
HEAD = 8

_FRAME = 3
_SUCCESS = 0


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: `fields` are p1 p2 p3; where there is `data`, its length takes the place of the first two."""

    code: int
    fields: bytes = bytes(3)
    data: bytes = b""

    def to_bytes(self) -> bytes:
        """The packet as it goes over the wire. Raises ValueError for fields or data of an impossible length."""
        if len(self.fields) != 3 or len(self.data) > MAX_DATA:
            raise ValueError(
                f"3 fields and at most {MAX_DATA} bytes of data, not {len(self.fields)} and {len(self.data)}"
            )
        fields = len(self.data).to_bytes(2) + self.fields[2:] if self.data else self.fields
        head = _framed(bytes((self.code,)) + fields + b"\0")
        return head + _framed(self.data) if self.data else head

    def __repr__(self) -> str:
        # Data may be a template, which no log may see.
        return f"Packet({self.code:02X}, {self.fields.hex(' ')}, {len(self.data)} bytes)"


def check(content: bytes | bytearray) -> int:
    """The exclusive or of all bytes."""
    total = 0
    for byte in content:
        total ^= byte
    return total


def _framed(content: bytes) -> bytes:
    return bytes((MARK,)) + content + bytes((check(content), MARK))


class Decoder:
    """Finds packets in a stream of bytes, whatever lies between them. `long` are the codes whose success is followed by data.

    `noise` counts bytes that belonged to no good packet; `bad_checks` counts packets that were refused. Never keeps more than one
    incomplete packet (12,298 bytes).
    """

    def __init__(self, long: frozenset[int]) -> None:
        self.noise = 0
        self.bad_checks = 0
        self._long = long
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of an incomplete packet that wait for the rest."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Packet]:
        """Take in what arrived and return the packets that are complete now, in order."""
        self._buffer += data
        return self._scan(0)

    def give_up(self) -> list[Packet]:
        """Stop waiting for the rest of the incomplete packet, and look for others in what had been taken for its content."""
        skipped = min(len(self._buffer), 1)
        self.noise += skipped
        return self._scan(skipped)

    def clear(self) -> None:
        """Forget an incomplete packet, as noise."""
        self.noise += len(self._buffer)
        self._buffer.clear()

    def _scan(self, at: int) -> list[Packet]:
        packets = []
        while (start := self._buffer.find(MARK, at)) >= 0:
            self.noise += start - at
            at = start
            end = self._end(start)
            if end > len(self._buffer):
                break
            if end > start and self._whole(start, end):
                packets.append(self._packet(start, end))
                at = end
            else:
                # Any later F5 may be the one that begins the next packet: heads and tails look the same.
                self.noise += 1
                at = start + 1
        else:
            self.noise += len(self._buffer) - at
            at = len(self._buffer)
        del self._buffer[:at]
        return packets

    def _end(self, start: int) -> int:
        """Where the packet at `start` ends: behind the buffer while incomplete, at `start` if this cannot be a packet."""
        head_end = start + HEAD
        if len(self._buffer) < head_end:
            return head_end
        head = self._buffer[start:head_end]
        if head[-1] != MARK or head[5]:
            return start
        length = int.from_bytes(head[2:4])
        if not length or head[1] not in self._long or head[4] != _SUCCESS or check(head[1:-1]):
            return head_end
        return head_end + length + _FRAME if length <= MAX_DATA else start

    def _whole(self, start: int, end: int) -> bool:
        """Whether all frames of a packet are as they were sent: with its check, the content of a frame is zero."""
        split = start + HEAD
        if check(self._buffer[start + 1 : split - 1]):
            self.bad_checks += 1
            return False
        frame = self._buffer[split:end]
        if frame and (frame[0] != MARK or frame[-1] != MARK or check(frame[1:-1])):
            self.bad_checks += 1
            return False
        return True

    def _packet(self, start: int, end: int) -> Packet:
        head, frame = self._buffer[start : start + HEAD], self._buffer[start + HEAD : end]
        return Packet(head[1], bytes(head[2:5]), bytes(frame[1:-2]))
