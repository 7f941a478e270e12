"""One dialogue at a time over a link: deadlines, resynchronisation, and whose answer it is.

An answer repeats the code of its command, and has no number. So everything unread is dropped before a command goes out; and after any
failure the next command waits behind a harmless one: the module answers in order, so that nothing older can come behind that answer.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from drivers.errors import DeviceError, LinkTimeout, ProtocolError
from drivers.link import Link
from drivers.waveshare.codec import HEAD, Decoder, Packet
from drivers.waveshare.commands import COUNT, CURES, LONG_ANSWERS, SUCCESS, Command, meaning

# Seconds of silence inside a packet after which the rest is not awaited any more.
STALL = 0.3
# A byte on the line: start bit, eight data bits, stop bit.
_BITS_A_BYTE = 10
# The time that a transfer may take, as a multiple of what the line's speed would allow.
_PATIENCE = 1.5


class Wire:
    """Packets to and from a module; `deadline_scale` stretches or shortens every time-out.

    `stale` counts answers to nothing we asked; `strays` are those that came between the last answer but one and the last, as far as
    they could be read, and `flushed` counts the bytes that could not.
    """

    def __init__(
        self, link: Link, *, monotonic: Callable[[], float] = time.monotonic, deadline_scale: float = 1.0
    ) -> None:
        self.link = link
        self.stale = 0
        self.strays: list[Packet] = []
        self.flushed = 0
        self._monotonic = monotonic
        self._scale = deadline_scale
        self._decoder = Decoder(LONG_ANSWERS)
        self._packets: deque[Packet] = deque()
        self._row = COUNT
        self._limit = float("inf")
        self._deadline = 0.0
        self._transfer = 0.0
        self._overdue = False
        self._doubtful = False
        self._misfits = 0
        self._damaged_before = 0
        self._noise_before = 0

    @property
    def damaged(self) -> int:
        """Packets whose check was wrong."""
        return self._decoder.bad_checks

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound everything inside by one deadline, whatever the single commands would allow."""
        self._limit = self._monotonic() + seconds * self._scale
        try:
            yield
        finally:
            self._limit = float("inf")

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
        self._begin(command)
        self.link.send(Packet(command.code, fields, data).to_bytes())
        self._wait_for(len(data) + HEAD, command)
        answer = self._next()
        while not _fits(answer, command):
            self.stale += 1
            self._misfits += 1
            self.strays.append(answer)
            answer = self._next()
        self._doubtful = False
        return answer

    def _begin(self, command: Command) -> None:
        # Until its answer is here, it may still come.
        self._doubtful = True
        self._row = command
        self.stale += len(self._packets)
        self.strays = list(self._packets)
        self._packets.clear()
        self._decoder.clear()
        self._misfits = 0
        self._damaged_before, self._noise_before = self.damaged, self._decoder.noise
        self.flushed = self.link.flush()

    def _wait_for(self, sent: int, command: Command) -> None:
        byte_s = _BITS_A_BYTE / self.link.baud * _PATIENCE
        allowed = command.deadline * self._scale + sent * byte_s
        self._deadline = min(self._monotonic() + allowed, self._limit)
        self._transfer = command.data * byte_s
        self._overdue = False

    def _next(self) -> Packet:
        while not self._packets:
            self._packets.extend(self._fetch())
        return self._packets.popleft()

    def _fetch(self) -> list[Packet]:
        """Wait for bytes: until the deadline, or for a moment only where a packet is incomplete or was damaged."""
        now = self._monotonic()
        if self._overdue:
            raise self._unanswered()
        # A long answer that has begun may go on.
        deadline = self._deadline + (self._transfer if self._decoder.pending >= HEAD else 0.0)
        # What lies in the kernel's buffer at the deadline is still read, once: a busy host is no fault of the sensor's.
        self._overdue = now >= deadline
        hurry = self._decoder.pending or self.damaged > self._damaged_before
        until = min(deadline, now + STALL * self._scale) if hurry else deadline
        try:
            return self._decoder.feed(self.link.receive(until))
        except LinkTimeout as silence:
            if self._decoder.pending and until < deadline:
                return self._decoder.give_up()
            raise self._unanswered() from silence

    def _unanswered(self) -> ProtocolError | LinkTimeout:
        name = self._row.name
        if self.damaged > self._damaged_before:
            return ProtocolError(f"{name}: the answer arrived damaged")
        if self._misfits:
            return ProtocolError(f"{name}: what came is not an answer to it")
        waited = self._row.deadline * self._scale
        received = self._decoder.pending + self._decoder.noise - self._noise_before
        message = f"{self.link.url}: {name} not answered in {waited:.2f} s ({received} stray bytes came)"
        cure = ProtocolError.cure if received else None
        return LinkTimeout(message, port=self.link.url, waited=waited, received=received, cure=cure)


def _fits(packet: Packet, command: Command) -> bool:
    """Whether this is the shape of an answer to `command`: its code, and data exactly where a success has some."""
    return packet.code == command.code and bool(packet.data) == bool(command.data and packet.fields[2] == SUCCESS)
