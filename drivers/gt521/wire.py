"""The dialogue with a GT sensor: what it is asked, and whose answer comes back.

A response does not say which command it answers: an ACK to CaptureFinger looks like Identify's hit in slot 0. So everything unread
is dropped before a command goes out, and `in_step` proves afterwards that no answer was taken for another command's: it
asks for a slot that no model has, and nothing else has that refusal for an answer.
"""

import time
from collections.abc import Callable

from drivers.dialogue import Dialogue
from drivers.errors import DeviceError, ProtocolError
from drivers.gt521 import commands
from drivers.gt521.codec import ACK, DEVICE, NACK, Data, Decoder, Packet
from drivers.gt521.commands import CURES, Command, meaning
from drivers.link import Link

# Bits that a byte takes on the line, and half as much again for a sensor that pauses.
_BITS_A_BYTE = 15
# A slot that no model has.
_NO_SLOT = 0xFFFF


class Wire(Dialogue[Packet | Data, Command]):
    """Packets to and from the sensor."""

    _decoder: Decoder

    def __init__(
        self, link: Link, *, monotonic: Callable[[], float] = time.monotonic, deadline_scale: float = 1.0
    ) -> None:
        super().__init__(link, Decoder(), commands.OPEN, monotonic=monotonic, deadline_scale=deadline_scale)
        self._flushed = 0

    def ask(self, row: Command, parameter: int = 0) -> Packet:
        """Send a command and return its ACK, or its NACK if that is one of the command's answers.

        Raises DeviceError (refused), LinkTimeout (silence), LinkLost, ProtocolError (damaged, or no answer to this command).
        """
        self._flushed += self._drop()
        self._send(row, parameter)
        return self._response()

    def receive_data(self) -> bytes:
        """The data packet behind the ACK of the last command. Raises as `ask` does, and ProtocolError once anything was damaged."""
        self._extend(self._transfer(self.row.data))
        while not isinstance(packet := self._next(), Data):
            self._put_aside()
        if self._spoilt:
            raise ProtocolError(f"{self.row.name}: the data arrived damaged")
        return packet.payload

    def send_data(self, payload: bytes) -> Packet:
        """Send the data packet that the last command announced, and return the response to it. Raises as `ask` does."""
        self._flushed += self._drop()
        self._extend(self._transfer(len(payload)))
        self.link.send(Data(payload).to_bytes())
        return self._response()

    def tell(self, row: Command, parameter: int = 0) -> None:
        """Send a command whose response nobody waits for. Raises LinkLost or LinkTimeout."""
        self.link.send(Packet(row.code, parameter).to_bytes())

    def synchronise(self) -> None:
        """Drop everything up to the answer to a question that only this asks. Raises as `ask` does."""
        self._send(commands.CHECK_ENROLLED, _NO_SLOT)
        while self._next() != Packet(NACK, commands.INVALID_POS):
            self._put_aside()

    def mark(self) -> int:
        """Drop what came unasked; the moment that `in_step` looks back to."""
        self._flushed += self._drop()
        return self._oddities

    def in_step(self, since: int) -> None:
        """Prove that every answer since that `mark` was taken for the command that it belongs to. Raises ProtocolError if not.

        Not a packet and not a byte may have been left over: an answer too many may have brought the right one with it.
        """
        row = self.row
        self.synchronise()
        if self._oddities != since:
            raise ProtocolError(f"{row.name}: an answer belonged to another command")

    def _send(self, row: Command, parameter: int) -> None:
        self._decoder.expect(row.data)
        self._turn_to(row)
        self.link.send(Packet(row.code, parameter).to_bytes())

    def _response(self) -> Packet:
        while not isinstance(packet := self._next(), Packet) or packet.code not in {ACK, NACK}:
            self._put_aside()
        if packet.code == NACK and not self._is_answer(packet.parameter):
            raise self._refused(packet.parameter)
        return packet

    def _is_answer(self, code: int) -> bool:
        return code in self.row.answers or (self.row.names_slot and code < commands.FIRST_ERROR)

    def _refused(self, code: int) -> ProtocolError | DeviceError:
        name = self.row.name
        if code == commands.COMM_ERR:
            return ProtocolError(f"{name}: the scanner says that it reached it damaged")
        message = f"{name} refused with {code:04X}: {meaning(code)}"
        return DeviceError(message, command=name, code=code, cure=CURES.get(code))

    def _transfer(self, size: int) -> float:
        return size * _BITS_A_BYTE / self.link.baud * self._scale

    @property
    def _oddities(self) -> int:
        return self.stale + self.damaged + self._flushed

    def _is_ours(self, packet: Packet | Data) -> bool:
        return packet.device == DEVICE
