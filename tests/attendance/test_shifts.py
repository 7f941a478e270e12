"""Whose shift it is, at any moment of the week, in any zone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.attendance import Shift, running
from kiosk.models import ClockState, Member, Moment
from tests.support.moments import moment

NAIROBI = "Africa/Nairobi"
WEEK = 7 * 24 * 60
MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo(NAIROBI))
MON, FRI = 0, 4


def at(local: str, zone: str = NAIROBI, state: ClockState = ClockState.SYNCED) -> Moment:
    return moment(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)), zone, state)


def shift(starts: str, ends: str, *days: int, minutes: int = 0) -> Shift:
    hours = time.fromisoformat(starts), time.fromisoformat(ends)
    return Shift("s", frozenset(days), *hours, margin=timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("local", "runs"),
    [
        ("2026-11-23 06:59:59", False),
        ("2026-11-23 07:00", True),
        ("2026-11-23 17:59:59", True),
        ("2026-11-23 18:00", False),
        ("2026-11-24 12:00", False),  # a Tuesday
        ("2026-11-30 12:00", True),  # the next Monday
    ],
)
def test_a_day_shift_with_an_hour_before_and_after(local: str, *, runs: bool) -> None:
    assert shift("08:00", "17:00", MON, minutes=60).runs(at(local)) is runs


@pytest.mark.parametrize(
    ("local", "runs"),
    [
        ("2026-11-27 21:59", False),
        ("2026-11-27 22:00", True),
        ("2026-11-28 05:59", True),  # a Saturday, on which no shift starts
        ("2026-11-28 06:00", False),
        ("2026-11-28 23:00", False),
        ("2026-11-27 05:00", False),  # Thursday's night is nobody's
    ],
)
def test_a_night_shift_belongs_to_the_day_on_which_it_started(local: str, *, runs: bool) -> None:
    assert shift("22:00", "06:00", FRI).runs(at(local)) is runs


@pytest.mark.parametrize(
    ("local", "runs"),
    [
        ("2026-11-23 03:59", False),
        ("2026-11-23 04:00", True),
        ("2026-11-24 11:59", True),
        ("2026-11-24 12:00", False),
    ],
)
def test_a_guard_s_whole_day_with_four_hours_before_and_after(local: str, *, runs: bool) -> None:
    assert shift("08:00", "08:00", MON, minutes=240).runs(at(local)) is runs


@given(
    st.integers(0, WEEK - 1),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 24 * 60 - 1),
    st.integers(1, 24 * 60),
    st.integers(0, 240),
)
def test_every_minute_of_the_week(now: int, days: set[int], starts: int, lasts: int, margin: int) -> None:
    ends = (starts + lasts) % (24 * 60)
    planned = Shift(
        "s", frozenset(days), time(*divmod(starts, 60)), time(*divmod(ends, 60)), margin=timedelta(minutes=margin)
    )
    since = [(now - day * 24 * 60 - starts + margin) % WEEK for day in days]
    moments = MONDAY + timedelta(minutes=now)
    assert planned.runs(moment(moments, NAIROBI)) == any(each < lasts + 2 * margin for each in since)


def test_where_the_clocks_change_a_night_is_longer_or_shorter() -> None:
    night = shift("22:00", "06:00", *range(7))
    berlin = "Europe/Berlin"
    for local, hours in (("2026-10-24 22:00", 9), ("2026-03-28 22:00", 7)):
        begins = at(local, berlin).utc()
        covered = [night.runs(moment(begins + timedelta(minutes=each), berlin)) for each in range(-30, 60 * hours + 30)]
        assert covered == [False] * 30 + [True] * 60 * hours + [False] * 30


def test_a_clock_that_was_never_set_knows_of_no_shift() -> None:
    day = shift("08:00", "17:00", MON)
    night = shift("17:00", "08:00", MON)
    assert running((day, night), at("2026-11-23 12:00")) == (day,)
    assert running((day, night), at("2026-11-23 12:00", state=ClockState.HOLDOVER)) == (day,)
    assert running((day, night), at("2026-11-23 12:00", state=ClockState.UNSYNCED)) == ()


MEMBERS = [
    Member(uid="1", name="AMINA", title="Night  guard"),
    Member(uid="2", name="BARAKA", title="Teacher"),
    Member(uid="3", name="CHEBET"),
    Member(uid="4", name="DAUDI", title=""),
]


@pytest.mark.parametrize(
    ("titles", "uids", "whose", "idle"),
    [
        (set(), set(), {"1", "2", "3", "4"}, []),
        ({"NIGHT GUARD"}, set(), {"1"}, []),
        ({"teacher", "Gaurd"}, {"3", "99"}, {"2", "3"}, ["Gaurd", "99"]),
        (set(), {"99"}, set(), ["99"]),
        ({" "}, set(), set(), [" "]),
    ],
)
def test_whose_a_shift_is(titles: set[str], uids: set[str], whose: set[str], idle: list[str]) -> None:
    each = Shift("s", frozenset({MON}), time(8), time(17), titles=frozenset(titles), members=frozenset(uids))
    assert each.whose(MEMBERS) == whose
    assert each.idle(MEMBERS) == idle


def test_any_instant_has_an_answer() -> None:
    assert not shift("08:00", "17:00", MON).runs(moment(datetime(1970, 1, 1, tzinfo=UTC), NAIROBI))
