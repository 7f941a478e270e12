from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.attendance import work_day
from tests.support.moments import moment

ZONES = (
    "Africa/Nairobi",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # changes by half an hour
    "Asia/Kathmandu",
    "Africa/Casablanca",  # summer time that stops for Ramadan
    "Pacific/Apia",  # skipped 2011-12-30
)
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis wants bare bounds
starts = st.sampled_from([time(), time(2, 30), time(4), time(23, 59)])


@settings(max_examples=400)
@given(instant=instants, zone=st.sampled_from(ZONES), day_starts=starts)
def test_F034_the_day_is_the_local_one_shifted_by_its_start(instant: datetime, zone: str, day_starts: time) -> None:
    at = moment(instant, zone)
    day = date.fromisoformat(work_day(at, day_starts))
    wall = at.local().replace(tzinfo=None)
    begun, next_begins = (datetime.combine(day + timedelta(days=more), day_starts) for more in (0, 1))
    hour = timedelta(hours=1)  # by which the clocks may have gone back over the start
    assert begun - hour <= wall < next_begins


@settings(max_examples=400)
@given(
    instant=instants,
    zone=st.sampled_from(ZONES),
    day_starts=starts,
    later=st.timedeltas(timedelta(), timedelta(hours=30)),
)
def test_F034_days_never_go_back(instant: datetime, zone: str, day_starts: time, later: timedelta) -> None:
    assert work_day(moment(instant, zone), day_starts) <= work_day(moment(instant + later, zone), day_starts)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-10-25T00:29:59", "2026-10-24"),  # 02:29:59, summer time
        ("2026-10-25T00:30:00", "2026-10-25"),  # 02:30 for the first time
        ("2026-10-25T01:10:00", "2026-10-25"),  # 02:10 for the second time: the day has begun
        ("2026-03-29T00:59:59", "2026-03-28"),  # 01:59:59, and then 03:00
        ("2026-03-29T01:00:00", "2026-03-29"),
    ],
)
def test_F034_where_the_clocks_change_over_the_start_of_the_day(utc: str, day: str) -> None:
    at = moment(datetime.fromisoformat(utc).replace(tzinfo=UTC), "Europe/Berlin")
    assert work_day(at, time(2, 30)) == day


def test_F034_every_hour_of_ten_years_in_every_zone_belongs_to_a_day_and_the_next_follows() -> None:
    for zone in ZONES:
        days = [work_day(moment(FIRST + timedelta(hours=hours), zone), time(4)) for hours in range(0, 24 * 3652, 5)]
        assert days == sorted(days)
        assert len(set(days)) in {3652, 3653}
