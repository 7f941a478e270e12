"""What a family's emulator has to be, so that the host can put it on a line."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.emulation.fingers import Glass


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes for the host, and the seconds that the sensor works before it sends them.

    `waits` tells that it does nothing in these seconds, which may be infinite, but wait for a finger: `Device.touched` answers instead
    if one comes, and the next answer ends the wait.
    """

    data: bytes
    after_s: float = 0.0
    waits: bool = False


class Device(ABC):
    """An emulated sensor: bytes in, bytes out, and a glass to press. Knows no port and no clock."""

    model: str
    glass: Glass

    @property
    @abstractmethod
    def baud(self) -> int:
        """The speed that the sensor listens at now, in bits a second."""

    @abstractmethod
    def power_on(self) -> Iterator[Answer]:
        """Lose everything that is not in flash, and say what the sensor says when it gets power."""

    @abstractmethod
    def receive(self, data: bytes) -> Iterator[Answer]:
        """Take in bytes from the host, and give the answers in order."""

    def touched(self) -> Iterator[Answer]:
        """Give the answer that an `Answer.waits` stood for, now that a finger is on the glass."""
        return iter(())

    @abstractmethod
    def state(self) -> dict[str, object]:
        """Facts for whoever watches: at least `used`, the sorted list of slots that hold a template. No template in them."""

    @abstractmethod
    def templates(self) -> dict[int, bytes]:
        """What lies in the flash, by slot as the host counts them: for those who tamper with it."""

    @abstractmethod
    def put(self, slot: int, template: bytes | None) -> None:
        """Overwrite a slot behind the host's back, or empty it with None. Raises ValueError for a slot that the sensor does not have."""

    @abstractmethod
    def make(self, finger: str) -> bytes:
        """A template of the finger called `finger`, as an enrolment of it would leave in the flash."""

    def misaddress(self, *, on: bool) -> None:
        """Let answers carry another module's address, or the right one again. Raises ValueError where answers carry none."""
        if on:
            raise ValueError(f"{self.model} has no addresses")

    @abstractmethod
    def close(self) -> None:
        """Release what the flash is kept in. Never raises."""
