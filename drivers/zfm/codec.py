"""Packets of the EF01 protocol to bytes and back: pure, no port, no clock.

    EF 01 | address 4 | pid 1 | length 2 | payload | checksum 2        all big-endian

`length` counts payload and checksum; `checksum` is the sum of pid, both length bytes and payload, modulo 65536.
Source: ZFM-20 manual, "Data package format"; R503 manual V1.2.2, chapter 4.1.
"""

import enum
from dataclasses import dataclass

from drivers.framing import StreamDecoder

HEADER = b"\xef\x01"
# Everybody answers to it until SetAdder gave the module another.
BROADCAST = 0xFFFFFFFF
# What a module says as soon as it hears.
STARTED = b"\x55"
# Largest payload: data packets of size code 3.
MAX_PAYLOAD = 256

_BEFORE_PAYLOAD = 9
_CHECKSUM = 2


class Pid(enum.IntEnum):
    """Package identifier: what a packet is for."""

    COMMAND = 0x01
    DATA = 0x02
    ACK = 0x07
    END = 0x08


_PIDS = frozenset(Pid)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. The first payload byte is the instruction of a COMMAND and the confirmation code of an ACK."""

    pid: Pid
    payload: bytes
    address: int = BROADCAST

    def to_bytes(self) -> bytes:
        """The packet as it goes over the wire. Raises ValueError for a payload of more than 256 bytes."""
        if len(self.payload) > MAX_PAYLOAD:
            raise ValueError(f"a payload has at most {MAX_PAYLOAD} bytes, not {len(self.payload)}")
        summed = bytes((self.pid,)) + (len(self.payload) + _CHECKSUM).to_bytes(2) + self.payload
        return HEADER + self.address.to_bytes(4) + summed + checksum(summed).to_bytes(2)

    def __repr__(self) -> str:
        # Payloads hold templates and passwords, which no log may see: only the leading code of a dialogue is shown.
        code = f" {self.payload[0]:02X}" if self.payload and self.pid in {Pid.COMMAND, Pid.ACK} else ""
        return f"Packet({self.pid.name}{code}, {len(self.payload)} bytes, address={self.address:08X})"


def checksum(summed: bytes | bytearray) -> int:
    """The sum over pid, length and payload, as 16 bits."""
    return sum(summed) & 0xFFFF


class Decoder(StreamDecoder[Packet]):
    """Finds packets in a stream of bytes. Never keeps more than 267 of them.

    `started` counts the bytes 55 between packets: a module that has just got power says one.
    """

    def __init__(self) -> None:
        super().__init__(HEADER)
        self.started = 0

    def _end(self, start: int) -> int:
        if len(self._buffer) < start + _BEFORE_PAYLOAD:
            return start + _BEFORE_PAYLOAD
        length = int.from_bytes(self._buffer[start + 7 : start + _BEFORE_PAYLOAD])
        if self._buffer[start + 6] not in _PIDS or not _CHECKSUM <= length <= MAX_PAYLOAD + _CHECKSUM:
            return start
        return start + _BEFORE_PAYLOAD + length

    def _packet(self, start: int, end: int) -> Packet | None:
        summed = self._buffer[start + 6 : end - _CHECKSUM]
        if checksum(summed) != int.from_bytes(self._buffer[end - _CHECKSUM : end]):
            self.bad_checksums += 1
            return None
        address = int.from_bytes(self._buffer[start + 2 : start + 6])
        return Packet(Pid(summed[0]), bytes(summed[3:]), address)

    def _pass_over(self, start: int, end: int) -> None:
        super()._pass_over(start, end)
        self.started += self._buffer.count(STARTED, start, end)
