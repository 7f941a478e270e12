"""The dialogue with an F5 module: what it is asked, and whose answer comes back.

An answer repeats the code of its command, and has no number. So everything unread is dropped before a command goes out; and after any
failure the next command waits behind a harmless one: the module answers in order, so that nothing older can come behind that answer.
"""

import time
from collections.abc import Callable

from drivers.dialogue import Dialogue
from drivers.errors import DeviceError, LinkTimeout
from drivers.link import Link
from drivers.waveshare.codec import HEAD, Decoder, Packet
from drivers.waveshare.commands import COUNT, CURES, LONG_ANSWERS, SUCCESS, Command, meaning

# A byte on the line: start bit, eight data bits, stop bit.
_BITS_A_BYTE = 10
# The time that a transfer may take, as a multiple of what the line's speed would allow.
_PATIENCE = 1.5


class Wire(Dialogue[Packet, Command]):
    """Packets to and from a module.

    `strays` are the answers to nothing we asked that came between the last answer but one and the last, as far as they could be read,
    and `flushed` counts the bytes that could not.
    """

    def __init__(
        self, link: Link, *, monotonic: Callable[[], float] = time.monotonic, deadline_scale: float = 1.0
    ) -> None:
        super().__init__(link, Decoder(LONG_ANSWERS), COUNT, monotonic=monotonic, deadline_scale=deadline_scale)
        self.strays: list[Packet] = []
        self.flushed = 0
        self._doubtful = False

    def ask(self, command: Command, fields: bytes = bytes(3), data: bytes = b"") -> Packet:
        """Send a command and return its answer, whose third field is one of `command.answers`.

        Raises DeviceError (refused), LinkTimeout (silence), LinkLost, ProtocolError (damaged, or no answer to this command).
        """
        if self._doubtful and command is not COUNT:
            self._converse(COUNT, bytes(3), b"")
        answer = self._converse(command, fields, data)
        code = answer.fields[2]
        if code not in command.answers:
            message = f"{command.name} refused with {code:02X}: {meaning(code)}"
            raise DeviceError(message, command=command.name, code=code, cure=CURES.get(code))
        return answer

    def rest(self, seconds: float) -> None:
        """Let time pass with an ear on the line. Raises LinkLost as soon as the port is gone."""
        until = self._monotonic() + seconds * self._scale
        while self._monotonic() < until:
            try:
                self._packets.extend(self._decoder.feed(self.link.receive(until)))
            except LinkTimeout:
                return

    def _converse(self, command: Command, fields: bytes, data: bytes) -> Packet:
        # Until its answer is here, it may still come.
        self._doubtful = True
        self.strays = list(self._packets)
        self.flushed = self._drop()
        self._turn_to(command, self._transfer(len(data) + HEAD))
        self.link.send(Packet(command.code, fields, data).to_bytes())
        while not _fits(answer := self._next(), command):
            self._put_aside()
            self.strays.append(answer)
        self._doubtful = False
        return answer

    def _transfer(self, size: int) -> float:
        return size * _BITS_A_BYTE / self.link.baud * _PATIENCE

    def _until(self) -> float:
        # A long answer that has begun may go on.
        begun = self._decoder.pending >= HEAD
        return min(self._deadline + self._transfer(self.row.data), self._limit) if begun else self._deadline


def _fits(packet: Packet, command: Command) -> bool:
    """Whether this is the shape of an answer to `command`: its code, and data exactly where a success has some."""
    return packet.code == command.code and bool(packet.data) == bool(command.data and packet.fields[2] == SUCCESS)
