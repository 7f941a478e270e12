"""The status line: short facts, each good, doubtful or bad, and which of them fit."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual.content import Content

from kiosk.models import ClockState
from kiosk.screen.face import storage_fails
from kiosk.screen.plain import plain
from kiosk.screen.words import age, clock_time
from kiosk.texts import text
from kiosk.views import LaneStatus, ScannerHealth, StationStatus, Status


class Level(enum.IntEnum):
    """How good a fact is; each has its own sign, for those who see no colours."""

    GOOD = 0
    DOUBT = 1
    BAD = 2


SIGNS = {Level.GOOD: "•", Level.DOUBT: "▲", Level.BAD: "x"}
"""The sign in front of a fact."""

GAP = 3
"""Columns between two facts."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One fact of the status line."""

    level: Level
    words: str

    @property
    def cells(self) -> int:
        """Columns that it takes: a sign, a blank and its words."""
        return 2 + Content(self.words).cell_length


def chips(status: Status, language: str) -> list[Chip]:
    """Say what a kiosk that runs tells of itself: scanners, queues, clock and storage, in this order."""
    return [
        *(chip for station in status.stations for chip in _scanner(station, language, named=len(status.stations) > 1)),
        _queue(status.lanes, language),
        *_sync(status.sync_trouble, language),
        _clock(status.clock, language),
        _storage(status, language),
    ]


def pack(every: Sequence[Chip], width: int, rows: int) -> list[list[Chip]]:
    """Set chips into at most `rows` rows of `width` columns, in their order; what is bad stays longest."""
    kept: list[Chip] = []
    for chip in sorted(every, key=lambda each: -each.level):
        wanted = [each for each in every if each in kept or each is chip]
        if not kept or len(_rows(wanted, width)) <= rows:
            kept = wanted
    return _rows(kept, width)


def _rows(every: Sequence[Chip], width: int) -> list[list[Chip]]:
    rows: list[list[Chip]] = []
    left = -1
    for chip in every:
        if chip.cells > left:
            rows.append([])
            left = width
        rows[-1].append(chip)
        left -= chip.cells + GAP
    return rows


_HEALTH = {
    ScannerHealth.READY: (Level.GOOD, "line_scanner_ready"),
    ScannerHealth.STARTING: (Level.DOUBT, "line_scanner_starting"),
    ScannerHealth.FAULT: (Level.BAD, "line_scanner_fault"),
    ScannerHealth.LOCKED: (Level.BAD, "line_scanner_locked"),
}


def _scanner(station: StationStatus, language: str, *, named: bool) -> list[Chip]:
    level, key = _HEALTH[station.health]
    said = [Chip(level, text(key, language))]
    if station.waiting > 0:
        said.append(Chip(Level.GOOD, text("line_restoring", language, count=station.waiting)))
    if station.absent > 0:
        said.append(Chip(Level.DOUBT, text("line_absent", language, count=station.absent)))
    return [replace(chip, words=f"{plain(station.name, 16)}: {chip.words}") for chip in said] if named else said


def _queue(lanes: Sequence[LaneStatus], language: str) -> Chip:
    waiting = sum(lane.waiting for lane in lanes)
    failed = sum(lane.failed for lane in lanes)
    oldest = max((lane.oldest_age_s for lane in lanes if lane.oldest_age_s is not None), default=None)
    said = [_waiting(waiting, oldest, language)]
    if failed:
        said.append(text("line_failed", language, count=failed))
    said.append(_last_sent(lanes, language))
    stuck = any(lane.waiting and lane.trouble for lane in lanes)
    level = Level.BAD if failed else Level.DOUBT if stuck else Level.GOOD
    return Chip(level, ", ".join(said))


def _sync(trouble: str, language: str) -> list[Chip]:
    return [Chip(Level.DOUBT, text("line_sync", language, detail=plain(trouble, 40)))] if trouble else []


def _waiting(waiting: int, oldest: float | None, language: str) -> str:
    if not waiting:
        return text("line_all_sent", language)
    if oldest is None:
        return text("line_waiting_new", language, count=waiting)
    return text("line_waiting", language, count=waiting, age=age(oldest, language))


def _last_sent(lanes: Sequence[LaneStatus], language: str) -> str:
    times = [lane.last_delivered for lane in lanes if lane.last_delivered]
    if not times:
        return text("line_never_sent", language)
    return text("line_last_sent", language, time=clock_time(max(times)))


def _clock(state: ClockState, language: str) -> Chip:
    if state is ClockState.UNSYNCED:
        return Chip(Level.BAD, text("line_clock_unset", language))
    return Chip(Level.GOOD, text("line_clock_good", language))


def _storage(status: Status, language: str) -> Chip:
    if storage_fails(status):
        return Chip(Level.BAD, text("line_storage", language, detail=plain(status.storage, 40)))
    return Chip(Level.GOOD, text("line_storage_good", language))
