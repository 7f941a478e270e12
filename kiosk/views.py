"""What the kiosk tells of itself: the words on the control socket, for the screen, the command line and anybody's script.

Frozen values, as in `kiosk.models`, of which they are made.
"""

import enum

import msgspec

from kiosk.models import ClockState, DeliveryState, Direction, Finger, FingerName, Lane, Punch


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


class FingerView(msgspec.Struct, frozen=True):
    """A finger as it is shown: when consent was given, in the site's zone, the slot it has at each station, and its copies' models."""

    finger: Finger
    consented: str
    slots: dict[str, int]
    copies: list[str]


class WeakFinger(msgspec.Struct, frozen=True):
    """A finger that costs its owner more presses than it should, or whose scores fall: enrol it again, or another one.

    `tries` presses made `hits` punches lately; the means are over the first and the last ten scores of that time.
    """

    uid: str
    name: str
    finger: FingerName
    hits: int
    tries: int
    first_scores: float | None
    last_scores: float | None


class PinHolder(msgspec.Struct, frozen=True):
    """A member who may punch by PIN: of their `punches` lately, `by_pin` were; `failures` attempts were wrong since the last right one."""

    uid: str
    name: str
    punches: int
    by_pin: int
    failures: int


class AbsentMember(msgspec.Struct, frozen=True):
    """A member whom the scanner of `station`, which is READY, cannot recognise until they are enrolled on one of its `model`."""

    station: str
    model: str
    uid: str
    name: str


class ShiftView(msgspec.Struct, frozen=True):
    """A shift of the configuration as it is shown: from `starts` to `ends` (HH:MM) on each of `days` ("mon" to "sun").

    `now` is "coming" within the margin before it starts, "on" until the margin after its end is over, and else empty. `members` counts
    those of the roster whose it is, which is `everybody` where it names nobody; `unmatched` are titles and uids in it that are nobody's.
    """

    name: str
    days: list[str]
    starts: str
    ends: str
    margin_minutes: int
    now: str
    everybody: bool
    members: int
    unmatched: list[str]


class SealedFinger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finger with its consent and one of its templates, as a backup carries it: all of it readable only under the key `key_id`.

    `place` orders the fingers of a backup; whoever reads page by page gives back the last one's.
    """

    place: str
    key_id: str
    sealed: bytes

    def __repr__(self) -> str:
        return f"SealedFinger(place={self.place!r})"


class Restored(msgspec.Struct, frozen=True):
    """What a restore did with the fingers it was given; `refused` says which were left out, and why."""

    added: int
    known: int
    refused: list[str]


class ScanKind(enum.StrEnum):
    """What the person at the glass is told. Each has its own colour and shape on the screen."""

    WELCOME = "welcome"
    GOODBYE = "goodbye"
    ALREADY = "already"
    NOT_RECOGNISED = "not_recognised"
    TRY_AGAIN = "try_again"
    NOT_SAVED = "not_saved"
    DENIED = "denied"
    WAIT = "wait"
    """Too many failures: nobody is asked for a finger or a PIN for `seconds`."""


class ScanResult(msgspec.Struct, frozen=True):
    """The answer to one finger. For WELCOME and GOODBYE the punch is on disk; nothing else may look like them.

    `advice` is one of `kiosk.texts`' keys, for the kinds that ask the person to do something. `seconds` is how long WAIT lasts.
    """

    kind: ScanKind
    station: str
    at: str
    name: str | None = None
    direction: Direction | None = None
    advice: str | None = None
    punch_id: str | None = None
    seconds: float | None = None


class ScannerHealth(enum.StrEnum):
    """What the status line says of a scanner."""

    STARTING = "starting"
    READY = "ready"
    FAULT = "fault"
    LOCKED = "locked"
    """It answers, but its memory is not the one the store knows: it credits nobody."""


class StationStatus(msgspec.Struct, frozen=True):
    """One station, at `place`: `detail` names the fault and its cure in plain words, `model` and `used`/`capacity` describe the scanner.

    `port` is where it was found. `waiting` counts fingers that still have to be written into it, `absent` members whom it cannot
    recognise until they are enrolled on it; `calls` tells whether a number and a finger can be taken there. `template_size` is in bytes,
    and None where it is not known yet: scanners of one model may have several.
    """

    name: str
    health: ScannerHealth
    place: str = ""
    detail: str = ""
    port: str = ""
    waiting: int = 0
    absent: int = 0
    calls: bool = True
    model: str = ""
    template_size: int | None = None
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
    """The whole truth about a kiosk, as the control socket tells it. Times are RFC 3339 in the site's zone.

    `copies` tells whether copies of fingers are kept; `templates_trouble` why they are not, or are of no use, where they should be.
    """

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
    copies: bool = True
    templates_trouble: str = ""
    last_roster: str | None = None
    up_s: float = 0.0


class EnrolProgress(msgspec.Struct, frozen=True):
    """One step of an enrolment, for the screen and the command line. `final` steps end it; `ok` says how.

    `private` is for operators alone: the control socket takes it out for whoever may only look.
    """

    enrolment: str
    member_uid: str
    finger: FingerName
    step: str
    sample: int = 0
    message: str = ""
    final: bool = False
    ok: bool = False
    private: str = ""
