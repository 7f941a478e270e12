"""The contract that every scanner driver keeps, as narrow as the field's sensors allow.

A driver owns one port and is used by one thread at a time. Every call returns or raises within its own deadline, never
blocks for a person: `identify` answers `NoFinger` at once on an empty glass, and `enrol` is a generator whose every step is short.
"""

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import ClassVar

from drivers.errors import UnsupportedError


class Capability(enum.Flag):
    """What a scanner can do beyond identify, enrol, delete, clear and used. Absent means: do not call it."""

    NONE = 0
    PRESENCE = enum.auto()
    """`present` tells whether a finger is on the glass, without identifying it."""
    SCORE = enum.auto()
    """`Hit.score` is a number."""
    TEMPLATES = enum.auto()
    """`export_template` and `import_template`."""
    VERIFY = enum.auto()
    """`verify` matches one finger against one slot."""
    IMAGE = enum.auto()
    """`image` fetches the raw picture."""
    TAG = enum.auto()
    """`read_tag` and `write_tag`: 32 bytes that survive in the scanner's flash and tell one scanner from another."""
    LIGHT = enum.auto()
    """`signal` shows a pattern on the scanner's own light."""
    MATCH = enum.auto()
    """`match` compares one finger with a template that lies in no slot."""
    RESET = enum.auto()
    """`reset` starts the scanner anew without taking its power away."""


class RetryReason(enum.StrEnum):
    """Why a capture was no good; each has its own advice at the glass."""

    SMUDGED = "smudged"
    PARTIAL = "partial"
    DRY = "dry"
    WET = "wet"
    IMAGING = "imaging"
    RESIDUAL = "residual"
    UNCLEAR = "unclear"
    """The scanner does not tell why."""


class Light(enum.StrEnum):
    """What the scanner's own light can say."""

    OFF = "off"
    READY = "ready"
    HOLD = "hold"
    """Keep the finger where it is."""
    REMOVE = "remove"
    """Take the finger away."""
    WELCOME = "welcome"
    REFUSED = "refused"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class ScannerInfo:
    """What the scanner said about itself when it was opened.

    `capacity` counts slots; the first one is `slot_base`. A scanner that cannot tell it may turn out to have fewer, by refusing to store:
    then `Scanner.info` says so from then on. `serial` and `template_size` (bytes) are None where the
    sensor cannot tell. `security_level` is the sensor's own 1 (lax) to 5 (strict), as read back from it. `baud` is the speed it was found
    at, in bits a second. `remarks` are plain sentences for the technician, such as a setting that waits for a power cycle. `dialect` is
    which vocabulary of its family it speaks, where there are several.
    """

    family: str
    model: str
    capacity: int
    slot_base: int
    capabilities: Capability
    serial: str | None = None
    template_size: int | None = None
    security_level: int | None = None
    baud: int | None = None
    remarks: tuple[str, ...] = ()
    dialect: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """The finger on the glass is the one in `slot`. `score` is the sensor's own measure; higher is surer."""

    slot: int
    score: int | None


@dataclass(frozen=True, slots=True)
class NoMatch:
    """A good picture of a finger that is in no slot."""


@dataclass(frozen=True, slots=True)
class NoFinger:
    """The glass is empty."""


@dataclass(frozen=True, slots=True)
class Retry:
    """There is a finger, but the picture is no good; ask for another press."""

    reason: RetryReason


@dataclass(frozen=True, slots=True)
class Same:
    """The finger on the glass is the one of the template that `match` was given. `score` is as in Hit."""

    score: int | None


Identification = Hit | NoMatch | NoFinger | Retry
Comparison = Same | NoMatch | NoFinger | Retry


class EnrolState(enum.StrEnum):
    """Where an enrolment is. DUPLICATE, MISMATCH and STORED are final; the others repeat while a person acts."""

    PLACE = "place"
    """The glass is empty: ask for press number `sample`."""
    CAPTURED = "captured"
    """Press number `sample` gave good features."""
    LIFT = "lift"
    """The finger is still there: ask to lift it before press number `sample`."""
    RETRY = "retry"
    """Press number `sample` was no good, because of `reason`."""
    DUPLICATE = "duplicate"
    """The finger is already in the library, at `hit`. Nothing was stored."""
    MISMATCH = "mismatch"
    """The presses are not the same finger. Nothing was stored."""
    STORED = "stored"
    """The template is in its slot, and the slot's index bit is set."""


@dataclass(frozen=True, slots=True)
class EnrolStep:
    """One short step of an enrolment; `sample` counts presses from 1."""

    state: EnrolState
    sample: int
    reason: RetryReason | None = None
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A finger's template as the scanner exports it: opaque bytes that only the same `model` understands."""

    model: str
    data: bytes

    def __repr__(self) -> str:
        return f"Template(model={self.model!r}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Image:
    """A raw picture: `width` x `height` pixels, one byte each, 0 is black."""

    width: int
    height: int
    pixels: bytes


class Scanner(ABC):
    """A fingerprint scanner on one port.

    Every driver is made with the port's URL and these keywords: `baud` (where the search for its speed begins; the family's factory
    setting if None), `speeds` (where that search goes on; `usual_speeds` if None), `score_floor` (a match below it is none; without effect
    where there is no score), `level` (the security level to set; left as it is if None), `monotonic` and `deadline_scale` (for tests).

    Every method may raise any `drivers.errors.ScannerError`. After a `LinkLost` the scanner must be closed and opened again; after a
    `LinkTimeout`, `check` tells: if it succeeds, the scanner is in step again, and goes on.
    Optional methods raise `UnsupportedError` unless the matching `Capability` is in `info.capabilities`.
    """

    all_speeds: ClassVar[tuple[int, ...]] = (57600,)
    """Bits a second that the family can be set to, the most likely first."""

    usual_speeds: ClassVar[tuple[int, ...]] = (57600,)
    """Those of them that are met in practice: a scanner that does not answer is looked for at these every time."""

    @abstractmethod
    def open(self) -> ScannerInfo:
        """Open the port, find the speed, shake hands and learn what the scanner is. Safe to call again after `close`.

        Takes at most six seconds with the usual speeds. Does not turn a light on, nor write to the scanner's flash unless `level` differs.

        Raises LinkLost (no port), LinkTimeout (no answer), ProtocolError (not this family), DeviceError (password refused).
        """

    @abstractmethod
    def close(self) -> None:
        """Release the port. Never raises; safe to call twice."""

    @property
    @abstractmethod
    def info(self) -> ScannerInfo:
        """What `open` learnt. Raises LinkLost while the scanner is closed."""

    @property
    def glitches(self) -> int:
        """How many damaged, foreign or stale packets were dropped since this object was made, and how often anything came unasked.

        A scanner that lost its power for a moment says so, unasked. Never goes down; 0 if not counted.
        """
        return 0

    @abstractmethod
    def check(self) -> None:
        """Shake hands once, within half a second: the health check of an idle line. Raises ScannerError if it failed."""

    @abstractmethod
    def identify(self) -> Identification:
        """Take one picture and look it up. Returns within two seconds; NoFinger comes back at once."""

    def confirm(self, hit: Hit) -> bool:
        """Ask once more whom the picture shows in which `identify` saw `hit` just now; whether that is the same one.

        A sum over a packet does not see two damaged bits that make up for each other, and they may make another slot of one. To be
        called right behind `identify`, for most other calls lose the picture. A scanner that keeps none takes another one; a finger that
        has left contradicts nothing. True where nothing can be asked.
        """
        return True

    @abstractmethod
    def enrol(self, slot: int, samples: int = 2) -> Iterator[EnrolStep]:
        """Enrol the finger that is pressed `samples` times into `slot`, looking for duplicates first.

        A generator: each `next` takes at most one picture and yields where things stand; the caller decides how long to
        go on, and closes the generator to give up (nothing is stored then). Ends after DUPLICATE, MISMATCH or STORED.
        """

    @abstractmethod
    def delete(self, slot: int) -> None:
        """Forget one slot, and prove by the index that it is empty."""

    @abstractmethod
    def clear(self) -> None:
        """Forget all slots."""

    @abstractmethod
    def used(self) -> frozenset[int]:
        """The slots that hold a template."""

    def holds(self, slots: AbstractSet[int]) -> bool:
        """Whether these are the slots that hold a template, as far as a few exchanges can tell: by their number, if by no more."""
        return self.used() == slots

    def read_serial(self) -> str | None:
        """The serial number, asked anew where the scanner has one: another scanner may have come into its place since `open`."""
        return self.info.serial

    def present(self) -> bool:
        """Tell whether something lies on the glass. Needs Capability.PRESENCE."""
        raise UnsupportedError(type(self).__name__)

    def verify(self, slot: int) -> Identification:
        """Take one picture and match it against `slot` alone. Needs Capability.VERIFY."""
        raise UnsupportedError(type(self).__name__)

    def export_template(self, slot: int) -> Template:
        """Read a template out of the scanner. Needs Capability.TEMPLATES."""
        raise UnsupportedError(type(self).__name__)

    def import_template(self, slot: int, template: Template) -> None:
        """Write a template into `slot` and prove by reading it back that it is there. Needs Capability.TEMPLATES.

        Raises UnsupportedError for a template of another model or size, and leaves `slot` as it was, or empty. Where the size was not
        known before, `info` tells it from then on.
        """
        raise UnsupportedError(type(self).__name__)

    def match(self, template: Template) -> Comparison:
        """Take one picture and compare it with `template`, without touching any slot. Needs Capability.MATCH.

        Raises UnsupportedError for a template of another model or size.
        """
        raise UnsupportedError(type(self).__name__)

    def reset(self) -> None:
        """Start the scanner anew and shake hands again; buffers are lost, flash is not. Needs Capability.RESET."""
        raise UnsupportedError(type(self).__name__)

    def image(self) -> Image:
        """Fetch the picture last taken. Takes seconds on a slow line. Needs Capability.IMAGE."""
        raise UnsupportedError(type(self).__name__)

    def read_tag(self) -> bytes:
        """Read the 32 bytes that `write_tag` left in the scanner's flash; zeros if never written. Needs Capability.TAG."""
        raise UnsupportedError(type(self).__name__)

    def write_tag(self, tag: bytes) -> None:
        """Leave exactly 32 bytes in the scanner's flash. Needs Capability.TAG."""
        raise UnsupportedError(type(self).__name__)

    def signal(self, light: Light) -> None:
        """Show a pattern on the scanner's light. Needs Capability.LIGHT."""
        raise UnsupportedError(type(self).__name__)
