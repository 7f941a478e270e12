"""Packets of the 55 AA protocol to bytes and back: pure, no port, no clock.

    55 AA | device 2 | parameter 4 | code 2 | checksum 2        a command, or the response to one: always 12 bytes
    5A A5 | device 2 | data n | checksum 2                      a data packet: n follows from the command

All little-endian; `checksum` is the sum of all bytes before it, modulo 65536. Source: ADH-Tech, GT-511C3 datasheet V1.1 and GT-521F
programming guide V1.2, "Protocol: packet structure".
"""

import struct
from dataclasses import dataclass

from drivers.framing import StreamDecoder

HEADER = b"\x55\xaa"
DATA_HEADER = b"\x5a\xa5"
# The only device id that the manuals name.
DEVICE = 1
ACK, NACK = 0x30, 0x31

_COMMAND = struct.Struct("<2sHIH")
_BEFORE_DATA = 4
_CHECKSUM = 2
PACKET_SIZE = _COMMAND.size + _CHECKSUM


@dataclass(frozen=True, slots=True)
class Packet:
    """A command or a response. `code` is the command's, or ACK or NACK; the `parameter` of a NACK is the error code."""

    code: int
    parameter: int = 0
    device: int = DEVICE

    def to_bytes(self) -> bytes:
        """The packet as it goes over the wire."""
        return _summed(_COMMAND.pack(HEADER, self.device, self.parameter & 0xFFFFFFFF, self.code))

    def __repr__(self) -> str:
        return f"Packet({self.code:02X}, parameter={self.parameter:X}, device={self.device:04X})"


@dataclass(frozen=True, slots=True)
class Data:
    """A data packet: what follows the response to a command, or what the host sends after it."""

    payload: bytes
    device: int = DEVICE

    def to_bytes(self) -> bytes:
        """The packet as it goes over the wire."""
        return _summed(DATA_HEADER + self.device.to_bytes(2, "little") + self.payload)

    def __repr__(self) -> str:
        # Templates travel in these, which no log may see.
        return f"Data({len(self.payload)} bytes, device={self.device:04X})"


class Decoder(StreamDecoder[Packet | Data]):
    """Finds packets in a stream of bytes.

    A data packet does not tell its length, so that one is taken only while `expect` said that one comes.
    """

    def __init__(self) -> None:
        super().__init__(HEADER)
        self._data_size = 0

    def expect(self, size: int) -> None:
        """Take data packets as of `size` bytes from now on, until one is damaged; 0 takes none."""
        self._data_size = size
        self._headers = (HEADER, DATA_HEADER) if size else (HEADER,)

    def _end(self, start: int) -> int:
        return start + (_BEFORE_DATA + self._data_size + _CHECKSUM if self._is_data(start) else PACKET_SIZE)

    def _packet(self, start: int, end: int) -> Packet | Data | None:
        is_data = self._is_data(start)
        summed = bytes(self._buffer[start : end - _CHECKSUM])
        if _checksum(summed) != self._buffer[end - _CHECKSUM : end]:
            self.bad_checksums += 1
            if is_data:
                # Nobody wants one any more; and to add up every run of bytes behind each chance header would take for ever.
                self.expect(0)
            return None
        if is_data:
            return Data(summed[_BEFORE_DATA:], int.from_bytes(summed[2:_BEFORE_DATA], "little"))
        _, device, parameter, code = _COMMAND.unpack(summed)
        return Packet(code, parameter, device)

    def _is_data(self, start: int) -> bool:
        return self._buffer.startswith(DATA_HEADER, start)


def _summed(packet: bytes) -> bytes:
    return packet + _checksum(packet)


def _checksum(summed: bytes) -> bytes:
    return (sum(summed) & 0xFFFF).to_bytes(_CHECKSUM, "little")
