"""Packets of the F5 protocol to bytes and back: pure, no port, no clock.

    F5 | code | p1 p2 p3 | 00 | check | F5                                    the short form, and the head of the long one
    F5 | data | check | F5                                                    follows a head whose p1 p2 are the data's length

`check` is the exclusive or of what lies between it and the F5 before it. Numbers are big-endian.
Source: Waveshare, UART Fingerprint Sensor (C) user manual V1.0, "Commands format".

Nothing in a head tells whether data follows: only the code does, and for an answer the success in p3. One byte of check sees every
single damaged byte, and lets one of 256 worse accidents pass, so that the wire also counts on codes, lengths and fixed bytes.
"""

from dataclasses import dataclass

from drivers.framing import StreamDecoder

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


class Decoder(StreamDecoder[Packet]):
    """Finds packets in a stream of bytes. `long` are the codes whose success is followed by data. Never keeps more than 12,298 bytes."""

    def __init__(self, long: frozenset[int]) -> None:
        super().__init__(bytes((MARK,)))
        self._long = long

    def _end(self, start: int) -> int:
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

    def _packet(self, start: int, end: int) -> Packet | None:
        head, frame = self._buffer[start : start + HEAD], self._buffer[start + HEAD : end]
        framed = not frame or (frame[0] == frame[-1] == MARK)
        # With its check, the content of a frame is zero.
        if check(head[1:-1]) or not framed or check(frame[1:-1]):
            self.bad_checksums += 1
            return None
        return Packet(head[1], bytes(head[2:5]), bytes(frame[1:-2]))
