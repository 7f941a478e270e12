"""The sensor's commands as questions with typed answers. Every method may raise DeviceError, ProtocolError, LinkTimeout and LinkLost."""

from drivers.errors import ProtocolError
from drivers.gt521 import commands
from drivers.gt521.codec import ACK, Packet
from drivers.gt521.commands import DeviceInfo
from drivers.gt521.wire import Wire
from drivers.scanner import Hit, NoFinger, NoMatch, Retry, RetryReason
from drivers.speed import persist

# A sensor that just got power, or that heard half a command at another speed, may miss the first greeting.
_GREETINGS, _GLANCES = 3, 2
# Seconds for each greeting at a speed that is only tried.
_GLANCE = 0.3
# The sensor knows no better reason than "too bad fingerprint".
BAD_FINGER = Retry(RetryReason.UNCLEAR)


class Session:
    """One dialogue with a sensor over `wire`. `serial` is what the last greeting told, None if the sensor has no number."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.serial: str | None = None
        self._lit = False

    def greet(self) -> None:
        """Shake hands with all patience."""
        self._greeted(_GREETINGS, 2 * commands.OPEN.deadline)

    def glance(self) -> None:
        """Shake hands quickly."""
        self._greeted(_GLANCES, _GLANCE)

    def set_speed(self, baud: int) -> None:
        """Let the sensor listen at `baud` bits a second from the end of its ACK on, until it loses its power."""
        self.wire.ask(commands.CHANGE_BAUD_RATE, baud)

    def capture(self, *, best: bool = False) -> NoFinger | Retry | None:
        """Take one picture, slower and `best` for an enrolment; None means that it is there.

        The sensor sees nothing without its light, and loses it with its power: it is asked for every time.
        """
        if not self.pressed():
            return NoFinger()
        taken = self.wire.ask(commands.CAPTURE_FINGER, int(best))
        if taken.code == ACK:
            return None
        return BAD_FINGER if taken.parameter == commands.BAD_FINGER else NoFinger()

    def pressed(self) -> bool:
        """Whether something lies on the glass. Turns the light on."""
        self._lit = True
        self.wire.ask(commands.CMOS_LED, 1)
        answer = self.wire.ask(commands.IS_PRESS_FINGER)
        # 0 is "pressed", and anything else is not [D].
        return answer == Packet(ACK, 0)

    def darken(self) -> None:
        """Turn the light off if it was turned on, without waiting for the answer."""
        if self._lit:
            self._lit = False
            self.wire.tell(commands.CMOS_LED, 0)

    def identify(self, capacity: int) -> Hit | NoMatch | Retry:
        """Look the picture up in the library."""
        before = self.wire.mark()
        answer = self.wire.ask(commands.IDENTIFY)
        if answer.code != ACK:
            return _missed(answer)
        if answer.parameter >= capacity:
            raise ProtocolError(f"Identify: slot {answer.parameter} of a sensor with {capacity}")
        self.wire.in_step(before)
        return Hit(answer.parameter, None)

    def verify(self, slot: int) -> Hit | NoMatch | Retry:
        """Compare the picture with one slot."""
        before = self.wire.mark()
        answer = self.wire.ask(commands.VERIFY, slot)
        if answer.code != ACK:
            return _missed(answer)
        self.wire.in_step(before)
        return Hit(slot, None)

    def is_used(self, slot: int) -> bool:
        """Whether a slot holds a template. Raises ProtocolError for a slot that the sensor does not have."""
        answer = self.wire.ask(commands.CHECK_ENROLLED, slot)
        if answer.code != ACK and answer.parameter == commands.INVALID_POS:
            raise ProtocolError(f"CheckEnrolled: the sensor does not know its own slot {slot}")
        return answer.code == ACK

    def exists(self, slot: int) -> bool:
        """Whether the sensor has this slot, empty or not."""
        answer = self.wire.ask(commands.CHECK_ENROLLED, slot)
        return answer.code == ACK or answer.parameter != commands.INVALID_POS

    def count(self) -> int:
        """How many slots hold a template."""
        return self.wire.ask(commands.GET_ENROLL_COUNT).parameter

    def level(self) -> int | None:
        """The security level, 1 to 5; None if this firmware has none."""
        answer = self.wire.ask(commands.GET_SECURITY_LEVEL)
        return answer.parameter if answer.code == ACK else None

    def set_level(self, level: int) -> bool:
        """Set the security level; False if it was refused."""
        return self.wire.ask(commands.SET_SECURITY_LEVEL, level).code == ACK

    def delete(self, slot: int) -> None:
        """Empty a slot; an empty one is no error."""
        self.wire.ask(commands.DELETE_ID, slot)

    def delete_all(self) -> None:
        """Empty all slots; an empty library is no error."""
        self.wire.ask(commands.DELETE_ALL)

    def read_template(self, slot: int) -> bytes:
        """A slot's template, whole or not at all."""
        before = self.wire.mark()
        self.wire.ask(commands.GET_TEMPLATE, slot)
        data = self.wire.receive_data()
        self.wire.in_step(before)
        return data

    def write_template(self, slot: int, data: bytes) -> None:
        """Put a template into a slot, whether or not another slot holds the same finger."""
        self.wire.ask(commands.SET_TEMPLATE, slot | commands.UNCHECKED)
        self.wire.send_data(data)

    def read_image(self) -> bytes:
        """The picture last taken, one byte a pixel."""
        self.wire.ask(commands.GET_IMAGE)
        return self.wire.receive_data()

    def _greeted(self, times: int, seconds: float) -> None:
        # A refusal may be the late answer to something that was asked before this opening.
        persist(lambda: self._hello(seconds), times, excused=lambda _: True)

    def _hello(self, seconds: float) -> None:
        with self.wire.within(seconds):
            self.wire.ask(commands.OPEN, 1)
            serial = DeviceInfo.from_bytes(self.wire.receive_data()).serial
            # What was asked before this opening may still be answered: let it come, and drop it.
            self.wire.synchronise()
        self.serial = serial.hex() if any(serial) else None


def _missed(answer: Packet) -> NoMatch | Retry:
    return BAD_FINGER if answer.parameter == commands.BAD_FINGER else NoMatch()
