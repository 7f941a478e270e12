"""The administrator's page: everything a Status says, as rows of a label and its words."""

from dataclasses import dataclass

from kiosk.screen.chips import Level
from kiosk.screen.face import storage_fails
from kiosk.screen.plain import plain
from kiosk.screen.words import age, day_time, read_time
from kiosk.texts import text
from kiosk.views import LaneStatus, StationStatus, Status

_HEALTHY = {"ready": Level.GOOD, "starting": Level.DOUBT}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page."""

    label: str
    words: str
    level: Level = Level.GOOD


def rows(status: Status, language: str) -> list[Row]:
    """Lay out the page for one status."""
    return [
        Row(text("page_kiosk", language), plain(status.site)),
        Row(text("page_version", language), f"{plain(status.version, 24)}, {_running(status, language)}"),
        Row(
            text("page_clock", language),
            _clock(status, language),
            Level.BAD if status.clock == "unsynced" else Level.GOOD,
        ),
        Row(
            text("page_storage", language),
            plain(status.storage, 200),
            Level.BAD if storage_fails(status) else Level.GOOD,
        ),
        Row(text("page_members", language), str(status.members)),
        Row(text("page_fingers", language), str(status.fingers)),
        Row(text("page_punches", language), str(status.punches_today)),
        Row(text("page_roster", language), _time(status.last_roster, status, language)),
        *(row for station in status.stations for row in _station(station, language)),
        *(row for lane in status.lanes for row in _lane(lane, status, language)),
        *_trouble(plain(status.sync_trouble, 400), language),
        *_trouble(plain(status.templates_trouble, 400), language),
    ]


def _running(status: Status, language: str) -> str:
    return text("page_running", language, age=age(status.up_s, language), pid=status.pid)


def _clock(status: Status, language: str) -> str:
    return f"{plain(status.now, 32)}, {text(f'clock_{status.clock.value}', language)}"


def _time(moment: str | None, status: Status, language: str) -> str:
    if not moment:
        return text("page_never", language)
    today = read_time(status.now)
    return plain(moment, 32) if today is None else day_time(moment, today, language)


def _station(station: StationStatus, language: str) -> list[Row]:
    label = text("page_station", language, name=plain(station.name, 24))
    level = _HEALTHY.get(station.health.value, Level.BAD)
    state = text(f"line_scanner_{station.health.value}", language)
    slots = text("page_slots", language, used=station.used, capacity=station.capacity, glitches=station.glitches)
    return [
        Row(label, ", ".join(part for part in (state, plain(station.model, 40)) if part), level),
        *_where(station, language),
        Row("", slots),
        *_unserved(station, language),
        *_trouble(plain(station.detail, 400), language),
    ]


def _where(station: StationStatus, language: str) -> list[Row]:
    place, port = plain(station.place), plain(station.port, 160)
    return [
        *([Row("", text("page_place", language, place=place))] if place else []),
        *([Row("", text("page_port", language, port=port))] if port else []),
    ]


def _unserved(station: StationStatus, language: str) -> list[Row]:
    found = []
    if station.waiting > 0:
        found.append(Row("", text("line_restoring", language, count=station.waiting)))
    if station.absent > 0:
        key = "page_absent_one" if station.absent == 1 else "page_absent"
        found.append(Row(text("page_to_enrol", language), text(key, language, count=station.absent), Level.DOUBT))
    return found


def _lane(lane: LaneStatus, status: Status, language: str) -> list[Row]:
    sent = _time(lane.last_delivered, status, language)
    words = text("page_lane", language, waiting=lane.waiting, failed=lane.failed, time=sent)
    level = Level.BAD if lane.failed else Level.DOUBT if lane.waiting and lane.trouble else Level.GOOD
    return [
        Row(text(f"page_lane_{lane.lane.value}", language), words, level),
        *_trouble(plain(lane.trouble, 400), language),
    ]


def _trouble(words: str, language: str) -> list[Row]:
    return [Row(text("page_trouble", language), words, Level.BAD)] if words else []
