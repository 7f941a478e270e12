"""The dialogue with an EF01 module: what it is asked, and whose answer comes back.

The protocol has no sequence numbers. So that no answer is taken for another command's, everything unread is dropped before a
command goes out, and an ack counts only if it has the shape that the command's row in the table gives it. Which table that is
depends on the dialect that the module speaks, and what the dialect lacks cannot be sent.
"""

import time
from collections.abc import Callable

from drivers.dialogue import Dialogue
from drivers.errors import DeviceError, ProtocolError, UnsupportedError
from drivers.link import Link
from drivers.zfm.codec import BROADCAST, Decoder, Packet, Pid
from drivers.zfm.commands import CURES, GEN_IMG, OK, Command, Dialect, meaning, vocabulary

# Bits on the line for one byte: start, eight, stop.
_BITS = 10
# Bytes in the longest transfer there is, rounded up: a picture of 256 x 288 pixels of 4 bits is 36,864.
_MAX_TRANSFER = 65536


class Wire(Dialogue[Packet, Command]):
    """Packets to and from the module at `address`; `command` is the last one sent, and `acknowledged` tells whether its ack has come."""

    _decoder: Decoder

    def __init__(
        self,
        link: Link,
        *,
        address: int = BROADCAST,
        monotonic: Callable[[], float] = time.monotonic,
        deadline_scale: float = 1.0,
    ) -> None:
        super().__init__(link, Decoder(), GEN_IMG, monotonic=monotonic, deadline_scale=deadline_scale)
        self.address = address
        self.command = b""
        self.acknowledged = False
        self._table = vocabulary(Dialect.PLAIN)
        # When the last data packet that was sent will have left the port.
        self._drained = 0.0
        self._transferred = 0

    @property
    def started(self) -> int:
        """How often the module said, next to an answer, that it has just got power; see `unasked` for when nothing was asked."""
        return self._decoder.started

    def speak(self, dialect: Dialect) -> None:
        """Use this dialect's commands and the shapes of their answers from now on; the plain one's until then."""
        self._table = vocabulary(dialect)

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
        while (packet := self._next()).pid is not Pid.ACK or not _fits(packet.payload, self.row):
            self._put_aside()
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
        self._drop()
        self.command = command
        self.acknowledged = False
        # Data that still lies in the port's queue delays whatever comes after it.
        self._turn_to(self._table[command[0]], max(0.0, self._drained - self._monotonic()))

    def _is_ours(self, packet: Packet) -> bool:
        return packet.address == self.address


def _fits(payload: bytes, row: Command) -> bool:
    """Whether an ack has the shape of an answer to `row`: with code 00 all of its fields, with another code all or none."""
    if row.reply is None or len(payload) == 1 + row.reply:
        return len(payload) > 0
    return len(payload) == 1 and payload[0] != OK
