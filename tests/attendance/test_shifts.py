"""Whose shift it is, at any moment of the week, in any zone."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.attendance import Phase, Shift, running
from kiosk.models import ClockState, Member, Moment
from tests.support.moments import moment

NAIROBI = "Africa/Nairobi"
WEEK = 7 * 24 * 60
MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo(NAIROBI))
MON, FRI = 0, 4


def at(local: str, zone: str = NAIROBI, state: ClockState = ClockState.SYNCED) -> Moment:
    return moment(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)), zone, state)


COMING, ON = Phase.COMING, Phase.ON


def shift(starts: str, ends: str, *days: int, minutes: int = 0) -> Shift:
    hours = time.fromisoformat(starts), time.fromisoformat(ends)
    return Shift("s", frozenset(days), *hours, margin=timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("local", "phase"),
    [
        ("2026-11-23 06:59:59", None),
        ("2026-11-23 07:00", COMING),
        ("2026-11-23 07:59:59", COMING),
        ("2026-11-23 08:00", ON),
        ("2026-11-23 17:59:59", ON),
        ("2026-11-23 18:00", None),
        ("2026-11-24 12:00", None),  # a Tuesday
        ("2026-11-30 12:00", ON),  # the next Monday
    ],
)
def test_a_day_shift_with_an_hour_before_and_after(local: str, phase: Phase | None) -> None:
    assert shift("08:00", "17:00", MON, minutes=60).phase(at(local)) is phase


@pytest.mark.parametrize(
    ("local", "phase"),
    [
        ("2026-11-27 21:59", None),
        ("2026-11-27 22:00", ON),
        ("2026-11-28 05:59", ON),  # a Saturday, on which no shift starts
        ("2026-11-28 06:00", None),
        ("2026-11-28 23:00", None),
        ("2026-11-27 05:00", None),  # Thursday's night is nobody's
    ],
)
def test_a_night_shift_belongs_to_the_day_on_which_it_started(local: str, phase: Phase | None) -> None:
    assert shift("22:00", "06:00", FRI).phase(at(local)) is phase


def test_a_shift_after_midnight_is_awaited_on_the_day_before() -> None:
    early = shift("00:30", "08:00", MON, minutes=60)
    assert early.phase(at("2026-11-22 23:29")) is None
    assert early.phase(at("2026-11-22 23:30")) is COMING
    assert early.phase(at("2026-11-23 00:30")) is ON


@pytest.mark.parametrize(
    ("local", "phase"),
    [
        ("2026-11-23 18:59", None),
        ("2026-11-23 19:00", COMING),
        ("2026-11-23 23:00", ON),
        ("2026-11-25 02:59", ON),  # started the day before yesterday
        ("2026-11-25 03:00", None),
    ],
)
def test_a_guard_s_whole_day_with_four_hours_before_and_after(local: str, phase: Phase | None) -> None:
    assert shift("23:00", "23:00", MON, minutes=240).phase(at(local)) is phase


def test_who_has_not_left_yet_does_not_come() -> None:
    always = shift("00:00", "00:00", *range(7), minutes=60)
    assert {always.phase(at(f"2026-11-23 {hour:02}:30")) for hour in range(24)} == {ON}


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
    expected = [COMING if each < margin else ON for each in since if each < lasts + 2 * margin]
    found = planned.phase(moment(MONDAY + timedelta(minutes=now), NAIROBI))
    assert found is max(expected, default=None)


def test_where_the_clocks_change_a_night_is_longer_or_shorter() -> None:
    night = shift("22:00", "06:00", *range(7))
    berlin = "Europe/Berlin"
    for local, hours in (("2026-10-24 22:00", 9), ("2026-03-28 22:00", 7)):
        begins = at(local, berlin).utc()
        around = (begins + timedelta(minutes=each) for each in range(-30, 60 * hours + 30))
        covered = [night.phase(moment(each, berlin)) is ON for each in around]
        assert covered == [False] * 30 + [True] * 60 * hours + [False] * 30


def test_a_clock_that_was_never_set_knows_of_no_shift() -> None:
    day = shift("08:00", "17:00", MON)
    night = shift("17:00", "08:00", MON)
    assert running((day, night), at("2026-11-23 12:00")) == ((day, ON),)
    assert running((day, night), at("2026-11-23 12:00", state=ClockState.HOLDOVER)) == ((day, ON),)
    assert running((day, night), at("2026-11-23 12:00", state=ClockState.UNSYNCED)) == ()


MEMBERS = [
    Member(uid="1", name="AMINA", title="Night  guard"),
    Member(uid="2", name="BARAKA", title="Teacher"),
    Member(uid="3", name="CHEBET"),
    Member(uid="4", name="DAUDI", title=""),
]


@pytest.mark.parametrize(
    ("titles", "uids", "whose", "unmatched"),
    [
        (set(), set(), {"1", "2", "3", "4"}, []),
        ({"NIGHT GUARD"}, set(), {"1"}, []),
        ({"teacher", "Gaurd"}, {"3", "99"}, {"2", "3"}, ["Gaurd", "99"]),
        (set(), {"99"}, set(), ["99"]),
        ({" "}, set(), set(), [" "]),
    ],
)
def test_whose_a_shift_is(titles: set[str], uids: set[str], whose: set[str], unmatched: list[str]) -> None:
    each = Shift("s", frozenset({MON}), time(8), time(17), titles=frozenset(titles), members=frozenset(uids))
    assert each.whose(MEMBERS) == whose
    assert each.unmatched(MEMBERS) == unmatched
