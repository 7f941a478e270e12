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
    """One enrolled finger: whose it is, and in which slot of which station's scanner it lies."""

    id: str
    member_uid: str
    name: FingerName
    station: str
    slot: int
    state: FingerState
    consent: Consent
    created_us: int


class Direction(enum.StrEnum):
    """Which way somebody went."""

    IN = "in"
    OUT = "out"


class Punch(msgspec.Struct, frozen=True):
    """One line of the attendance log. `id` is a UUIDv7 made at the scan; `reason` says why `direction` is what it is.

    `work_day` is the local day the punch counts for (ISO date). `slot` and `score` are the scanner's raw words.
    """

    id: str
    member_uid: str
    station: str
    direction: Direction
    reason: str
    work_day: str
    at: Moment
    slot: int
    score: int | None


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


class DeliveryView(msgspec.Struct, frozen=True):
    """Where one delivery is, and the `reference` under which Kemru knows it."""

    reference: str
    state: DeliveryState


class PunchView(msgspec.Struct, frozen=True):
    """A punch as it is shown: with the member's name, the local time, and where each of its deliveries is."""

    punch: Punch
    name: str
    local: str
    deliveries: dict[Lane, DeliveryView]


class ScanKind(enum.StrEnum):
    """What the person at the glass is told. Each has its own colour and shape on the screen."""

    WELCOME = "welcome"
    GOODBYE = "goodbye"
    ALREADY = "already"
    NOT_RECOGNISED = "not_recognised"
    TRY_AGAIN = "try_again"
    NOT_SAVED = "not_saved"
    DENIED = "denied"


class ScanResult(msgspec.Struct, frozen=True):
    """The answer to one finger. For WELCOME and GOODBYE the punch is on disk; nothing else may look like them.

    `advice` is one of `kiosk.texts`' keys, for the kinds that ask the person to do something.
    """

    kind: ScanKind
    station: str
    at: str
    name: str | None = None
    direction: Direction | None = None
    advice: str | None = None
    punch_id: str | None = None


class ScannerHealth(enum.StrEnum):
    """What the status line says of a scanner."""

    STARTING = "starting"
    READY = "ready"
    FAULT = "fault"
    LOCKED = "locked"
    """It answers, but its memory is not the one the store knows: it credits nobody."""


class StationStatus(msgspec.Struct, frozen=True):
    """One station: `detail` names the fault and its cure in plain words, `model` and `used`/`capacity` describe the scanner."""

    name: str
    health: ScannerHealth
    detail: str = ""
    model: str = ""
    used: int = 0
    capacity: int = 0
    glitches: int = 0


class LaneStatus(msgspec.Struct, frozen=True):
    """One lane: how much waits, how old the oldest is, and why it does not move (`trouble`, empty when it does)."""

    lane: Lane
    waiting: int
    failed: int
    oldest_age_s: float | None
    last_delivered: str | None
    trouble: str = ""


class Status(msgspec.Struct, frozen=True):
    """The whole truth about a kiosk, as the control socket tells it. Times are RFC 3339 in the site's zone."""

    site: str
    version: str
    pid: int
    now: str
    clock: ClockState
    storage: str
    members: int
    fingers: int
    punches_today: int
    stations: list[StationStatus]
    lanes: list[LaneStatus]
    sync_trouble: str = ""
    last_roster: str | None = None
    up_s: float = 0.0


class EnrolProgress(msgspec.Struct, frozen=True):
    """One step of an enrolment, for the screen and the command line. `final` steps end it; `ok` says how."""

    enrolment: str
    member_uid: str
    finger: FingerName
    step: str
    sample: int = 0
    message: str = ""
    final: bool = False
    ok: bool = False
