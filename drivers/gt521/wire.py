"""One dialogue at a time over a link: deadlines, resynchronisation, and whose answer it is.

A response does not say which command it answers: an ACK to CaptureFinger looks like Identify's hit in slot 0. So everything unread
is dropped before a command goes out, and `in_step` proves afterwards that no answer was taken for another command's: it
asks for a slot that no model has, and nothing else has that refusal for an answer.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from drivers.errors import DeviceError, LinkTimeout, ProtocolError
from drivers.gt521 import commands
from drivers.gt521.codec import ACK, DEVICE, NACK, Data, Decoder, Packet
from drivers.gt521.commands import CURES, Command, meaning
from drivers.link import Link

# Seconds of silence inside a packet after which the rest is not awaited any more.
STALL = 0.3
# Bits that a byte takes on the line, and half as much again for a sensor that pauses.
_BITS_A_BYTE = 15
# A slot that no model has.
_NO_SLOT = 0xFFFF


class Wire:
    """Packets to and from the sensor; `deadline_scale` stretches or shortens every time-out.

    `foreign` counts packets of other devices, `stale` those that answer nothing we asked.
    """

    def __init__(
        self, link: Link, *, monotonic: Callable[[], float] = time.monotonic, deadline_scale: float = 1.0
    ) -> None:
        self.link = link
        self.foreign = 0
        self.stale = 0
        self._monotonic = monotonic
        self._scale = deadline_scale
        self._decoder = Decoder()
        self._packets: deque[Packet | Data] = deque()
        self._row = commands.OPEN
        self._limit = float("inf")
        self._deadline = 0.0
        self._waits = 0.0
        self._overdue = False
        self._flushed = 0
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

    def ask(self, row: Command, parameter: int = 0) -> Packet:
        """Send a command and return its ACK, or its NACK if that is one of the command's answers.

        Raises DeviceError (refused), LinkTimeout (silence), LinkLost, ProtocolError (damaged, or no answer to this command).
        """
        self._drop()
        self._send(row, parameter)
        return self._response()

    def receive_data(self) -> bytes:
        """The data packet behind the ACK of the last command. Raises as `ask` does, and ProtocolError once anything was damaged."""
        self._extend(self._row.data)
        while not isinstance(packet := self._next(), Data):
            self.stale += 1
            self._misfits += 1
        if self._damaged():
            raise ProtocolError(f"{self._row.name}: the data arrived damaged")
        return packet.payload

    def send_data(self, payload: bytes) -> Packet:
        """Send the data packet that the last command announced, and return the response to it. Raises as `ask` does."""
        self._drop()
        self._extend(len(payload))
        self.link.send(Data(payload).to_bytes())
        return self._response()

    def tell(self, row: Command, parameter: int = 0) -> None:
        """Send a command whose response nobody waits for. Raises LinkLost or LinkTimeout."""
        self.link.send(Packet(row.code, parameter).to_bytes())

    def synchronise(self) -> None:
        """Drop everything up to the answer to a question that only this asks. Raises as `ask` does."""
        self._send(commands.CHECK_ENROLLED, _NO_SLOT)
        while self._next() != Packet(NACK, commands.INVALID_POS):
            self.stale += 1
            self._misfits += 1

    def mark(self) -> int:
        """Drop what came unasked; the moment that `in_step` looks back to."""
        self._drop()
        return self._oddities

    def in_step(self, since: int) -> None:
        """Prove that every answer since that `mark` was taken for the command that it belongs to. Raises ProtocolError if not.

        Not a packet and not a byte may have been left over: an answer too many may have brought the right one with it.
        """
        row = self._row
        self.synchronise()
        if self._oddities != since:
            raise ProtocolError(f"{row.name}: an answer belonged to another command")

    def _send(self, row: Command, parameter: int) -> None:
        self._row = row
        self._decoder.expect(row.data)
        self._extend()
        self.link.send(Packet(row.code, parameter).to_bytes())

    def _response(self) -> Packet:
        while not isinstance(packet := self._next(), Packet) or packet.code not in {ACK, NACK}:
            self.stale += 1
            self._misfits += 1
        if packet.code == NACK and not self._is_answer(packet.parameter):
            raise self._refused(packet.parameter)
        return packet

    def _is_answer(self, code: int) -> bool:
        return code in self._row.answers or (self._row.names_slot and code < commands.FIRST_ERROR)

    def _refused(self, code: int) -> ProtocolError | DeviceError:
        name = self._row.name
        if code == commands.COMM_ERR:
            return ProtocolError(f"{name}: the scanner says that it reached it damaged")
        message = f"{name} refused with {code:04X}: {meaning(code)}"
        return DeviceError(message, command=name, code=code, cure=CURES.get(code))

    def _drop(self) -> None:
        self.stale += len(self._packets)
        self._packets.clear()
        self._decoder.clear()
        self._misfits = 0
        self._damaged_before, self._noise_before = self.damaged, self.noise
        self._flushed += self.link.flush()

    @property
    def _oddities(self) -> int:
        return self.stale + self.damaged + self._flushed

    def _extend(self, size: int = 0) -> None:
        self._waits = (self._row.deadline + size * _BITS_A_BYTE / self.link.baud) * self._scale
        self._deadline = min(self._monotonic() + self._waits, self._limit)
        self._overdue = False

    def _damaged(self) -> bool:
        return self.damaged > self._damaged_before

    def _next(self) -> Packet | Data:
        while True:
            while not self._packets:
                self._packets.extend(self._fetch())
            packet = self._packets.popleft()
            if packet.device == DEVICE:
                return packet
            self.foreign += 1

    def _fetch(self) -> list[Packet | Data]:
        """Wait for bytes: until the deadline, or for a moment only where a packet is incomplete or was damaged."""
        now = self._monotonic()
        if self._overdue:
            raise self._unanswered()
        # What lies in the kernel's buffer at the deadline is still read, once: a busy host is no fault of the sensor's.
        self._overdue = now >= self._deadline
        hurry = self._decoder.pending or self._damaged()
        until = min(self._deadline, now + STALL * self._scale) if hurry else self._deadline
        try:
            return self._decoder.feed(self.link.receive(until))
        except LinkTimeout as silence:
            if self._decoder.pending and until < self._deadline:
                return self._decoder.give_up()
            raise self._unanswered() from silence

    def _unanswered(self) -> ProtocolError | LinkTimeout:
        if self._damaged():
            return ProtocolError(f"{self._row.name}: the answer arrived damaged")
        if self._misfits:
            return ProtocolError(f"{self._row.name}: what came is not an answer to it")
        received = self._decoder.pending + self.noise - self._noise_before
        message = f"{self.link.url}: {self._row.name} not answered in {self._waits:.2f} s ({received} stray bytes came)"
        cure = ProtocolError.cure if received else None
        return LinkTimeout(message, port=self.link.url, waited=self._waits, received=received, cure=cure)
