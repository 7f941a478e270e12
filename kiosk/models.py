"""The words that every part of the kiosk shares: frozen values without behaviour beyond their own meaning, and no I/O.

Times are integers of microseconds (`_us`), so that arithmetic on them is exact; `Moment` says when something happened, and how
far that can be trusted.
"""

import enum
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockState(enum.StrEnum):
    """How far the wall clock can be believed."""

    SYNCED = "synced"
    """The kernel says that a time source disciplines it now."""
    HOLDOVER = "holdover"
    """It was synchronised in this boot, and has drifted freely since."""
    UNSYNCED = "unsynced"
    """Nobody has set it in this boot."""
    MANUAL = "manual"
    """The configuration vouches for it: a battery clock, or a person who set it."""


class Moment(msgspec.Struct, frozen=True):
    """When something happened, as raw facts that no later correction can touch.

    `utc_us` is the wall clock; `boottime_us` is CLOCK_BOOTTIME of boot `boot_id`, which never jumps; `max_error_us` is the kernel's own
    bound, where it gives one; `zone` is the IANA zone the site was in.
    """

    utc_us: int
    boot_id: str
    boottime_us: int
    state: ClockState
    max_error_us: int | None
    zone: str

    def utc(self) -> datetime:
        """The wall clock as an aware datetime in UTC."""
        return _EPOCH + timedelta(microseconds=self.utc_us)

    def local(self) -> datetime:
        """The wall clock as an aware datetime in the site's zone."""
        return self.utc().astimezone(ZoneInfo(self.zone))

    def since_us(self, earlier: "Moment") -> int:
        """Microseconds from `earlier` to this: by the boot clock where both share a boot, else by the wall clock."""
        if self.boot_id == earlier.boot_id:
            return self.boottime_us - earlier.boottime_us
        return self.utc_us - earlier.utc_us


class Member(msgspec.Struct, frozen=True):
    """Somebody who may punch: staff or student. `uid` is Kemru's id for them; `phone` is E.164; `balance` is the SMS credit left."""

    uid: str
    name: str
    phone: str | None = None
    title: str | None = None
    gender: str | None = None
    balance: int | None = None
    active: bool = True

    def __repr__(self) -> str:
        return f"Member(uid={self.uid!r}, active={self.active})"


class FingerName(enum.StrEnum):
    """The ten fingers, in the order of ISO/IEC 19794-2 positions 1 to 10."""

    RIGHT_THUMB = "right-thumb"
    RIGHT_INDEX = "right-index"
    RIGHT_MIDDLE = "right-middle"
    RIGHT_RING = "right-ring"
    RIGHT_LITTLE = "right-little"
    LEFT_THUMB = "left-thumb"
    LEFT_INDEX = "left-index"
    LEFT_MIDDLE = "left-middle"
    LEFT_RING = "left-ring"
    LEFT_LITTLE = "left-little"


class FingerState(enum.StrEnum):
    """PENDING is written before the scanner is told; ENROLLED only after a further press was recognised."""

    PENDING = "pending"
    ENROLLED = "enrolled"


class Consent(msgspec.Struct, frozen=True):
    """Somebody agreed to have a finger enrolled: to which `text_version`, before which `witness`, when."""

    text_version: str
    witness: str
    given_us: int


class Finger(msgspec.Struct, frozen=True):
    """One finger of one member, enrolled once for all stations. Where it lies is told by `Slot`, what it looks like by its template."""

    id: str
    member_uid: str
    name: FingerName
    state: FingerState
    consent: Consent
    created_us: int


class SlotState(enum.StrEnum):
    """WRITING is written down before the scanner is told; HELD only once the template was proven to be there."""

    WRITING = "writing"
    HELD = "held"


class Slot(msgspec.Struct, frozen=True):
    """A place in the library of `station`'s scanner, and the finger that lies, or is about to lie, in it.

    `digest` (32 bytes, see `kiosk.sealing.digest`) is what its content is proven by; None if nobody has read it yet. Every capture of
    a finger is another one, so that the same finger may lie in two scanners with two digests.
    """

    station: str
    slot: int
    finger_id: str
    state: SlotState
    digest: bytes | None = None


class SealedTemplate(msgspec.Struct, frozen=True):
    """A copy of a finger's template of `size` bytes for scanners of `model`, as the store keeps it.

    `digest` (32 bytes, see `kiosk.sealing.digest`) recognises it without showing it. `sealed` was encrypted under the key `key_id`.
    """

    finger_id: str
    model: str
    size: int
    digest: bytes
    key_id: str
    sealed: bytes

    def __repr__(self) -> str:
        return f"SealedTemplate(finger_id={self.finger_id!r}, model={self.model!r}, size={self.size})"


class Direction(enum.StrEnum):
    """Which way somebody went."""

    IN = "in"
    OUT = "out"


class Method(enum.StrEnum):
    """How somebody proved who they are."""

    FINGER = "finger"
    """One finger among all that the scanner holds."""
    NUMBER = "number"
    """A number, and then the finger that belongs to it (1:1)."""
    PIN = "pin"
    """A number and a PIN, without a finger."""


class Punch(msgspec.Struct, frozen=True):
    """One line of the attendance log. `id` is a UUIDv7 made at the scan; `reason` says why `direction` is what it is.

    `work_day` is the local day the punch counts for (ISO date). `slot` (None where the scanner's library was not asked) and `score`
    are the scanner's raw words. `finger_id` is whose finger it was, None for a PIN; `tries` the presses that it took.
    """

    id: str
    member_uid: str
    station: str
    direction: Direction
    reason: str
    work_day: str
    at: Moment
    slot: int | None
    score: int | None
    finger_id: str | None = None
    method: Method = Method.FINGER
    tries: int = 1


class Lane(enum.StrEnum):
    """A queue of things to deliver, each with a pace and troubles of its own."""

    ATTENDANCE = "attendance"
    SMS = "sms"


class DeliveryState(enum.StrEnum):
    """Where a delivery is; see docs/promises.md for the way through."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


class NewDelivery(msgspec.Struct, frozen=True):
    """Something to be sent because of a punch. `id` is the idempotency key at the far end; `body` is JSON and never changes."""

    id: str
    lane: Lane
    member_uid: str
    body: bytes


class Delivery(msgspec.Struct, frozen=True):
    """A row of the outbox. `seq` is the order of arrival; `attempts` counts the times it went in flight; `note` says how it last ended."""

    seq: int
    id: str
    lane: Lane
    punch_id: str
    member_uid: str
    body: bytes
    state: DeliveryState
    attempts: int
    note: str


class Alert(msgspec.Struct, frozen=True):
    """What an SMS delivery carries: `phone` is E.164, `code` the event's numeric short code."""

    phone: str
    code: str
    message: str

    def __repr__(self) -> str:
        return f"Alert(code={self.code!r})"
