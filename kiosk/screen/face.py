"""What the large part of the screen shows: one frozen value, made from what the daemon said and nothing else."""

import enum
from dataclasses import dataclass

from kiosk.models import Direction
from kiosk.screen.plain import plain
from kiosk.screen.words import clock_time, left
from kiosk.texts import knows, text
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth, ScanResult, StationStatus, Status


class Mood(enum.StrEnum):
    """Which colour and which picture.

    The first eight answer a finger and pass; NUMBER, CALL and PIN are the number entry's; the others last as long as their cause.
    """

    WELCOME = "welcome"
    GOODBYE = "goodbye"
    ALREADY = "already"
    NOT_RECOGNISED = "not-recognised"
    TRY_AGAIN = "try-again"
    NOT_SAVED = "not-saved"
    DENIED = "denied"
    WAIT = "wait"
    NUMBER = "number"
    CALL = "call"
    PIN = "pin"
    ENROL = "enrol"
    ENROLLED = "enrolled"
    READY = "ready"
    STARTING = "starting"
    FAULT = "fault"
    LOCKED = "locked"
    STALE = "stale"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Face:
    """`title` is what has to be readable at arm's length, `kicker` stands above it; `when` and `detail` below, in this order.

    `hint` is small print that goes first where room is short. `figures` has the title drawn twice as large where that fits.
    """

    mood: Mood
    title: str
    kicker: str = ""
    when: str = ""
    detail: str = ""
    hint: str = ""
    figures: bool = False


_MOODS = {kind: Mood(kind.value.replace("_", "-")) for kind in ScanKind}

_HEADLINES = {kind: kind.value for kind in ScanKind} | {
    ScanKind.NOT_SAVED: "not_saved_title",
    ScanKind.WAIT: "wait_title",
}

_SECONDS = {ScanKind.NOT_SAVED: 8.0, ScanKind.DENIED: 6.0}
"""How long an answer stays, where 4 s are not enough to read and understand it."""


_WAIT_S = 30.0
"""The longest that WAIT stays, and how long it does where the daemon does not say: the wait may be one person's, the screen is all's."""


def seconds(result: ScanResult) -> float:
    """Tell how long the answer to a finger stays on the screen."""
    if result.kind is ScanKind.WAIT:
        return min(lasts(result), _WAIT_S)
    return _SECONDS.get(result.kind, 4.0)


def lasts(result: ScanResult) -> float:
    """Tell for how many seconds WAIT asks."""
    return _WAIT_S if result.seconds is None else max(result.seconds, 1.0)


_KEPT = frozenset({ScanKind.WELCOME, ScanKind.GOODBYE, ScanKind.ALREADY, ScanKind.NOT_SAVED})


def firm(result: ScanResult) -> float:
    """Tell for how many seconds no key takes the answer off: what was recorded has to be seen, even with a key stuck."""
    if result.kind is ScanKind.WAIT:
        return min(
            seconds(result), 5.0
        )  # not all of it: the wait may be one person's, and the daemon refuses the others if not
    return 2.0 if result.kind in _KEPT else 0.0


def answer(result: ScanResult, language: str, *, calls: bool = False) -> Face:
    """Make the face for the answer to one finger; `calls` tells whether a number can be typed instead."""
    headline = text(_HEADLINES[result.kind], language)
    name = plain(result.name or "")
    return Face(
        mood=_MOODS[result.kind],
        title=name or headline,
        kicker=headline if name else "",
        when=_when(result, language),
        detail=_advice(result, language),
        hint=text("type_number", language) if calls and result.kind is ScanKind.NOT_RECOGNISED else "",
    )


def enrolment(progress: EnrolProgress, language: str) -> Face:
    """Make the face for one step of an enrolment."""
    if progress.final:
        # Only a punch on disk may look like a welcome.
        mood = Mood.ENROLLED if progress.ok else Mood.DENIED
        return Face(mood, text("enrol_title", language), detail=_end(progress, language))
    key = f"enrol_{progress.step}"
    said = text(key, language, sample=progress.sample) if knows(key) else plain(progress.message)
    return Face(Mood.ENROL, text("enrol_title", language), detail=said)


def _end(progress: EnrolProgress, language: str) -> str:
    if not progress.ok:
        return f"{text('enrol_failed', language)} {plain(progress.message)}".strip()
    second = text("enrol_second", language) if progress.step == "second" else ""
    return f"{text('enrol_done', language)} {second}".strip()


def gone(language: str) -> Face:
    """Make the face of a kiosk whose daemon does not run."""
    return Face(Mood.GONE, text("gone_title", language), detail=text("gone_detail", language))


def stale(age: str, language: str) -> Face:
    """Make the face of a kiosk that is connected and says nothing; `age` in words."""
    return Face(Mood.STALE, text("stale_title", language), detail=text("stale_detail", language, age=age))


def resting(status: Status, language: str) -> Face:
    """Make the face between two fingers: ready, or what stands in the way."""
    if storage_fails(status):
        return Face(Mood.FAULT, text("storage_title", language), detail=plain(status.storage, 200))
    best = _best(status.stations)
    if best is None:
        return Face(Mood.FAULT, text("fault_title", language), detail=text("no_scanner", language))
    if best.health is ScannerHealth.READY:
        hint = text("type_number", language) if takes_calls(status) else ""
        return Face(Mood.READY, text("ready_title", language), detail=text("ready_detail", language), hint=hint)
    if best.health is ScannerHealth.STARTING:
        return Face(Mood.STARTING, text("starting_title", language), detail=text("wait", language))
    key = "fault" if best.health is ScannerHealth.FAULT else "locked"
    said = [text(_EXPLAINED[best.health], language), plain(best.detail, 200)]
    return Face(Mood(key), text(f"{key}_title", language), detail="\n".join(said).strip())


_EXPLAINED = {ScannerHealth.FAULT: "scanner_fault", ScannerHealth.LOCKED: "locked_detail"}


def storage_fails(status: Status) -> bool:
    """Tell whether punches can be written; the daemon says `ok` when they can."""
    return status.storage not in {"", "ok"}


def takes_calls(status: Status) -> bool:
    """Tell whether a number and a finger can be taken at any station."""
    return any(station.calls for station in status.stations)


_PREFERRED = (ScannerHealth.READY, ScannerHealth.STARTING, ScannerHealth.LOCKED, ScannerHealth.FAULT)


def _best(stations: list[StationStatus]) -> StationStatus | None:
    """Choose the healthiest: while one works, people are served, and the status line tells of the others."""
    return min(stations, key=lambda station: _PREFERRED.index(station.health), default=None)


def _when(result: ScanResult, language: str) -> str:
    if result.kind is ScanKind.WAIT:
        return left(lasts(result), language)
    if result.kind not in {ScanKind.WELCOME, ScanKind.GOODBYE, ScanKind.ALREADY}:
        return ""
    way = result.direction
    if result.kind is ScanKind.ALREADY:
        key = "already_at" if way is None else f"already_{way.value}_at"
    else:
        key = f"{(way or _usual(result.kind)).value}_at"
    return text(key, language, time=clock_time(result.at))


def _usual(kind: ScanKind) -> Direction:
    return Direction.OUT if kind is ScanKind.GOODBYE else Direction.IN


_USUAL_ADVICE = {
    ScanKind.NOT_RECOGNISED: "press_again",
    ScanKind.TRY_AGAIN: "press_again",
    ScanKind.NOT_SAVED: "press_again",
    ScanKind.DENIED: "see_office",
    ScanKind.WAIT: "wait_detail",
}


def _advice(result: ScanResult, language: str) -> str:
    key = result.advice if result.advice and knows(result.advice) else _USUAL_ADVICE.get(result.kind)
    if result.kind is ScanKind.WAIT and key == "wait":
        key = "wait_detail"  # the title says already that one has to wait; this says what for
    warning = [text("not_saved", language)] if result.kind is ScanKind.NOT_SAVED else []
    return "\n".join([*warning, *([text(key, language)] if key else [])])
