"""What a family's emulator has to be, so that the host can put it on a line."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.emulation.fingers import Glass


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes for the host, and the seconds that the sensor works before it sends them."""

    data: bytes
    after_s: float = 0.0


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

    @abstractmethod
    def state(self) -> dict[str, object]:
        """Facts for whoever watches: at least `used`, the sorted list of slots that hold a template. No template in them."""

    @abstractmethod
    def close(self) -> None:
        """Release what the flash is kept in. Never raises."""
