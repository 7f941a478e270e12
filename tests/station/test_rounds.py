"""When a library is looked at again, by a site's clock that may be wrong, put right, or never set."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from kiosk.clock import FakeClock
from kiosk.models import ClockState
from kiosk.station.rounds import Due, Rounds

NAIROBI = "Africa/Nairobi"
MINUTE, HOUR, DAY = 60, 3600, 86_400


def clock_at(local: str, zone: str = NAIROBI) -> FakeClock:
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    return FakeClock(round(moment.timestamp()) * 1_000_000, zone=zone)


def settled(clock: FakeClock) -> Rounds:
    rounds = Rounds(clock)
    rounds.settled(0)
    return rounds


def nights(rounds: Rounds, clock: FakeClock, seconds: float) -> list[str]:
    """Let time pass, and settle whenever it is time for it; returns when that was."""
    told = []
    for _ in range(round(seconds / MINUTE)):
        clock.advance(MINUTE)
        if rounds.due() is Due.NIGHT:
            told.append(f"{clock.now().local():%d. %H:%M}")
            rounds.settled(0)
    return told


@pytest.mark.parametrize("hour", ["00:30", "03:00", "07:00", "12:00", "20:00", "23:59"])
@pytest.mark.parametrize("zone", [NAIROBI, "Pacific/Auckland", "America/Bogota"])
def test_the_night_is_at_three_and_never_while_people_come_and_go(hour: str, zone: str) -> None:
    clock = clock_at(f"2026-11-10 {hour}", zone)
    first = 10 if hour < "03:00" else 11
    assert nights(settled(clock), clock, 3 * DAY) == [f"{day}. 03:00" for day in range(first, first + 3)]


def test_what_was_settled_just_before_waits_for_an_hour() -> None:
    clock = clock_at("2026-11-10 02:50")
    assert nights(settled(clock), clock, 2 * DAY) == ["10. 03:51", "11. 03:00"]


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_where_the_clocks_change_there_is_one_night_a_day(day: str) -> None:
    clock = clock_at(f"{day} 12:00", "Europe/Berlin")
    assert [each[-5:] for each in nights(settled(clock), clock, 3 * DAY)] == ["03:00"] * 3


def test_that_somebody_sets_the_clock_makes_no_night() -> None:
    clock = clock_at("2026-11-09 22:00")
    clock.state = ClockState.UNSYNCED
    rounds = settled(clock)
    assert nights(rounds, clock, 5 * MINUTE) == []
    clock.jump(9 * HOUR)
    clock.state = ClockState.SYNCED
    assert nights(rounds, clock, 2 * DAY) == ["11. 03:00", "12. 03:00"]


def test_a_clock_that_nobody_sets_has_a_night_once_a_day() -> None:
    clock = clock_at("2026-11-10 02:00")
    clock.state = ClockState.UNSYNCED
    assert len(nights(settled(clock), clock, 10 * DAY)) == 9


def test_a_clock_that_was_a_year_ahead_still_has_its_nights() -> None:
    clock = clock_at("2027-11-10 12:00")
    rounds = settled(clock)
    clock.jump(-365 * DAY)
    assert nights(rounds, clock, 4 * DAY) == ["11. 13:01", "12. 03:00", "13. 03:00", "14. 03:00"]


def test_a_clock_that_jumps_about_the_hour_makes_one_night() -> None:
    clock = clock_at("2026-11-10 02:55")
    rounds = settled(clock)
    clock.advance(2 * HOUR)
    told = []
    for jump in (-2 * HOUR, 2 * HOUR) * 20:
        clock.jump(jump)
        told += nights(rounds, clock, 2 * MINUTE)
    assert len(told) == 1


def test_a_clock_that_leaps_from_day_to_day_settles_once_an_hour_at_most() -> None:
    clock = clock_at("2026-11-10 12:00")
    rounds, told = settled(clock), []
    for _ in range(180):
        clock.jump(DAY)
        told += nights(rounds, clock, MINUTE)
    assert len(told) == 2
