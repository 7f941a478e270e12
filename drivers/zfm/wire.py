"""One dialogue at a time over a link: deadlines, resynchronisation, and whose answer it is.

The protocol has no sequence numbers. So that no answer is taken for another command's, everything unread is dropped before a
command goes out, and an ack counts only if it has the shape that the command's row in the table gives it. Which table that is
depends on the dialect that the module speaks, and what the dialect lacks cannot be sent.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from drivers.errors import DeviceError, LinkTimeout, ProtocolError, UnsupportedError
from drivers.link import Link
from drivers.zfm.codec import BROADCAST, Decoder, Packet, Pid
from drivers.zfm.commands import CURES, GEN_IMG, OK, Command, Dialect, meaning, vocabulary

# Seconds of silence inside a packet after which the rest is not awaited any more.
STALL = 0.3
# Bits on the line for one byte: start, eight, stop.
_BITS = 10
# Bytes in the longest transfer there is, rounded up: a picture of 256 x 288 pixels of 4 bits is 36,864.
_MAX_TRANSFER = 65536


class Wire:
    """Packets to and from the module at `address`; `deadline_scale` stretches or shortens every time-out.

    `foreign` counts packets of other addresses, `stale` those that answer nothing we asked; `command` is the last one sent, `row` what
    the table says of it, and `acknowledged` tells whether its ack has come. Lives on when the link is opened again at another speed.
    """

    def __init__(
        self,
        link: Link,
        *,
        address: int = BROADCAST,
        monotonic: Callable[[], float] = time.monotonic,
        deadline_scale: float = 1.0,
    ) -> None:
        self.link = link
        self.address = address
        self.foreign = 0
        self.stale = 0
        self.command = b""
        self.acknowledged = False
        self._monotonic = monotonic
        self._scale = deadline_scale
        self._decoder = Decoder()
        self._packets: deque[Packet] = deque()
        self.row = GEN_IMG
        self._table = vocabulary(Dialect.PLAIN)
        self._limit = float("inf")
        self._asked = 0.0
        self._deadline = 0.0
        # When the last data packet that was sent will have left the port.
        self._drained = 0.0
        self._overdue = False
        self._misfits = 0
        self._transferred = 0
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

    def speak(self, dialect: Dialect) -> None:
        """Use this dialect's commands and the shapes of their answers from now on; the plain one's until then."""
        self._table = vocabulary(dialect)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound everything inside by one deadline, whatever the single commands would allow."""
        self._limit = self._monotonic() + seconds * self._scale
        try:
            yield
        finally:
            self._limit = float("inf")

    def send(self, pid: Pid, payload: bytes) -> None:
        """Send a packet; a command also drops whatever came unasked.

        Raises LinkLost, LinkTimeout, and UnsupportedError for a command that the dialect does not have.
        """
        packet = Packet(pid, payload, self.address).to_bytes()
        if pid is Pid.COMMAND:
            self._begin(payload)
        else:
            self._drained = max(self._drained, self._monotonic()) + len(packet) * _BITS / self.link.baud
        self.link.send(packet)

    def receive_ack(self) -> Packet:
        """The ack of the last command, with code 00 or one of its `answers`.

        Raises DeviceError (refused), LinkTimeout (silence), LinkLost, ProtocolError (damaged, or no answer to this command).
        """
        packet = self._next()
        while packet.pid is not Pid.ACK or not _fits(packet.payload, self.row):
            self.stale += 1
            self._misfits += 1
            packet = self._next()
        code = packet.payload[0]
        if code != OK and code not in self.row.answers:
            message = f"{self.row.name} refused with {code:02X}: {meaning(code)}"
            raise DeviceError(message, command=self.row.name, code=code, cure=CURES.get(code))
        # Data packets may follow, each within the time of an ack.
        self._extend()
        self.acknowledged = True
        self._transferred = 0
        return packet

    def receive_data(self) -> Packet:
        """The next data or end packet of a transfer. Raises as `receive_ack` does, and ProtocolError once anything was damaged."""
        packet = self._next()
        if packet.pid not in {Pid.DATA, Pid.END}:
            raise ProtocolError(f"{self.row.name}: {packet.pid.name} packet in the middle of a transfer")
        if (self.damaged, self.noise) != (self._damaged_before, self._noise_before):
            raise ProtocolError(f"{self.row.name}: a data packet was damaged on the way")
        self._transferred += len(packet.payload)
        if self._transferred > _MAX_TRANSFER:
            raise ProtocolError(f"{self.row.name}: the transfer does not end")
        self._extend()
        return packet

    def _begin(self, command: bytes) -> None:
        if command[0] not in self._table:
            raise UnsupportedError(f"command {command[0]:02X} does not exist in this module's dialect")
        self._reset()
        self.command = command
        self.acknowledged = False
        self.row = self._table[command[0]]
        self._asked = self._monotonic()
        self._extend()

    def _reset(self) -> None:
        self.stale += len(self._packets)
        self._packets.clear()
        self._decoder.clear()
        self._misfits = 0
        self._damaged_before, self._noise_before = self.damaged, self.noise
        self.link.flush()

    def _extend(self) -> None:
        # Data that still lies in the port's queue delays whatever comes after it.
        from_now = max(self._monotonic(), self._drained) + self.row.deadline * self._scale
        self._deadline = min(from_now, self._limit)
        self._overdue = False

    def _next(self) -> Packet:
        while True:
            while not self._packets:
                self._packets.extend(self._fetch())
            packet = self._packets.popleft()
            if packet.address == self.address:
                return packet
            self.foreign += 1

    def _fetch(self) -> list[Packet]:
        """Wait for bytes: until the deadline, or for a moment only where a packet is incomplete or was damaged."""
        now = self._monotonic()
        if self._overdue:
            raise self._unanswered()
        # What lies in the kernel's buffer at the deadline is still read, once: a busy host is no fault of the sensor's.
        self._overdue = now >= self._deadline
        hurry = self._decoder.pending or self.damaged > self._damaged_before
        until = min(self._deadline, now + STALL * self._scale) if hurry else self._deadline
        try:
            return self._decoder.feed(self.link.receive(until))
        except LinkTimeout as silence:
            if self._decoder.pending and until < self._deadline:
                return self._decoder.give_up()
            raise self._unanswered() from silence

    def _unanswered(self) -> ProtocolError | LinkTimeout:
        if self.damaged > self._damaged_before:
            return ProtocolError(f"{self.row.name}: the answer arrived damaged")
        if self._misfits:
            return ProtocolError(f"{self.row.name}: what came is not an answer to it")
        waited = self._monotonic() - self._asked
        received = self._decoder.pending + self.noise - self._noise_before
        message = f"{self.link.url}: {self.row.name} not answered in {waited:.2f} s ({received} stray bytes came)"
        cure = ProtocolError.cure if received else None
        return LinkTimeout(message, port=self.link.url, waited=waited, received=received, cure=cure)


def _fits(payload: bytes, row: Command) -> bool:
    """Whether an ack has the shape of an answer to `row`: with code 00 all of its fields, with another code all or none."""
    if row.reply is None or len(payload) == 1 + row.reply:
        return len(payload) > 0
    return len(payload) == 1 and payload[0] != OK
