"""What the drivers of this package have in common: a dialogue over a port, and what the scanner said of itself when that was opened."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from drivers.dialogue import Dialogue
from drivers.errors import DeviceError, LinkLost, ScannerError, UnsupportedError
from drivers.scanner import Capability, Scanner, ScannerInfo, Template

_LEVELS = range(1, 6)

W = TypeVar("W", bound=Dialogue[Any, Any])


class WiredScanner(Scanner, Generic[W]):
    """A scanner at the other end of `wire`; `speeds` and `level` are the keywords of `Scanner`.

    Raises ValueError for a `level` other than 1 to 5.
    """

    no_slot: ClassVar[tuple[str, int, str]]
    """How the family refuses a slot that it does not have: command, code, and the manual's words for it."""

    def __init__(self, wire: W, *, speeds: Iterable[int] | None, level: int | None) -> None:
        if level is not None and level not in _LEVELS:
            raise ValueError(f"a security level is {_LEVELS[0]} to {_LEVELS[-1]}, not {level}")
        self._wire = wire
        self._link = wire.link
        self._speeds = self.usual_speeds if speeds is None else tuple(speeds)
        self._level = level
        self._info: ScannerInfo | None = None

    def open(self) -> ScannerInfo:
        """See Scanner.open. The speed that was found is where the next opening begins."""
        self.close()
        try:
            self._info = self._introduced()
        except ScannerError:
            self.close()
            raise
        return self._info

    def close(self) -> None:
        """See Scanner.close."""
        self._info = None
        self._link.close()

    @property
    def info(self) -> ScannerInfo:
        """See Scanner.info."""
        if self._info is None:
            raise self._closed()
        return self._info

    @property
    def glitches(self) -> int:
        """See Scanner.glitches."""
        return self.misfits + self._wire.unasked

    @property
    def misfits(self) -> int:
        """Whole packets among the glitches: of the right make, and damaged, another scanner's, or the answer to nothing."""
        return self._wire.damaged + self._wire.foreign + self._wire.stale

    @property
    def answers(self) -> int:
        """How many packets of this scanner came whole since this object was made."""
        return self._wire.whole

    def record(self, replies: list[bytes]) -> None:
        """Add to `replies` what comes from now on, as `Link.replies` says."""
        self._link.replies = replies

    @abstractmethod
    def _introduced(self) -> ScannerInfo:
        """Open the port, find the speed, shake hands and learn what the scanner is."""

    def _closed(self) -> LinkLost:
        return LinkLost(f"{self._link.url} is not open", port=self._link.url, cure="Open the scanner first.")

    def _require(self, capability: Capability) -> None:
        """Raise UnsupportedError unless the scanner has it."""
        if capability not in self.info.capabilities:
            raise UnsupportedError(f"{self.info.model} has no {(capability.name or '').lower()}")

    def _require_slot(self, slot: int, last: int | None = None) -> None:
        """Raise DeviceError for a slot behind `last` (by the scanner's capacity, if not given) or before the first one."""
        info = self.info
        last = info.slot_base + info.capacity - 1 if last is None else last
        if not info.slot_base <= slot <= last:
            command, code, words = self.no_slot
            message = f"slot {slot} of {info.model}: {words}, {info.slot_base} to {last}"
            raise DeviceError(message, command=command, code=code, cure="Use a slot that the scanner has.")

    def _require_own(self, template: Template) -> None:
        """Raise UnsupportedError for a template of another model, or of another size than this one's, where that is known."""
        model = self.info.model
        if template.model != model:
            raise UnsupportedError(f"a template of model {template.model} means nothing to {model}")
        expected = self.info.template_size or len(template.data)
        if not template.data or len(template.data) != expected:
            raise UnsupportedError(f"a template of {model} has {expected} bytes, not {len(template.data)}")
