from datetime import time

import msgspec
import pytest

from kiosk.attendance import Policy, Record, Repeat, decide
from kiosk.clock import FakeClock
from kiosk.models import Direction, Punch
from tests.support.store import punch

POLICY = Policy()
# 2026-01-15 08:00 in Nairobi
MORNING = 1_768_453_200_000_000


def decided(clock: FakeClock, last: Punch | None, policy: Policy = POLICY) -> Record:
    decision = decide(last, clock.now(), policy)
    assert isinstance(decision, Record)
    return decision


def recorded(clock: FakeClock, decision: Record) -> Punch:
    return msgspec.structs.replace(
        punch(clock), direction=decision.direction, reason=decision.reason, work_day=decision.work_day
    )


def test_a_day_alternates_from_in() -> None:
    clock, last, story = FakeClock(MORNING), None, []
    for _ in range(4):
        decision = decided(clock, last)
        story.append((decision.direction, decision.reason))
        last = recorded(clock, decision)
        clock.advance(3600)
    assert story == [
        (Direction.IN, "first-of-day"),
        (Direction.OUT, "after-in"),
        (Direction.IN, "after-out"),
        (Direction.OUT, "after-in"),
    ]


def test_a_forgotten_check_out_does_not_turn_the_next_day_round() -> None:
    clock = FakeClock(MORNING)
    yesterday = recorded(clock, decided(clock, None))
    clock.advance(24 * 3600)
    assert decided(clock, yesterday) == Record(Direction.IN, "first-of-day", "2026-01-16")


def test_a_night_shift_is_one_day() -> None:
    clock = FakeClock(MORNING + 14 * 3_600_000_000)
    evening = recorded(clock, decided(clock, None))
    clock.advance(5 * 3600)
    assert decided(clock, evening) == Record(Direction.OUT, "after-in", "2026-01-15")


@pytest.mark.parametrize(("later_s", "repeated"), [(0, True), (1, True), (59.999999, True), (60, False), (3600, False)])
def test_a_finger_that_comes_back_within_a_minute_is_the_same_punch(later_s: float, *, repeated: bool) -> None:
    clock = FakeClock(MORNING)
    now = clock.now()
    last = recorded(clock, decided(clock, None))
    assert last.at == now
    clock.advance(later_s - 1)
    decision = decide(last, clock.now(), POLICY)
    assert decision == Repeat(last) if repeated else isinstance(decision, Record)


def test_a_jump_of_the_wall_clock_does_not_unmake_a_repeat() -> None:
    clock = FakeClock(MORNING)
    last = recorded(clock, decided(clock, None))
    for jump in (86_400, -200_000, 3e8):
        clock.jump(jump)
        assert decide(last, clock.now(), POLICY) == Repeat(last)


def test_a_clock_set_back_between_two_boots_is_not_a_repeat() -> None:
    clock = FakeClock(MORNING)
    last = recorded(clock, decided(clock, None))
    clock.boot_id = "another"
    clock.jump(-30)
    assert decided(clock, last).direction is Direction.OUT
    clock.jump(60)
    assert decide(last, clock.now(), POLICY) == Repeat(last)


@pytest.mark.parametrize("direction", Direction)
def test_a_door_that_goes_one_way(direction: Direction) -> None:
    clock, policy = FakeClock(MORNING), Policy(fixed=direction, repeat_us=5_000_000)
    last = None
    for _ in range(3):
        decision = decided(clock, last, policy)
        assert (decision.direction, decision.reason) == (direction, "fixed")
        last = recorded(clock, decision)
        assert decide(last, clock.now(), policy) == Repeat(last)
        clock.advance(10)


def test_the_day_starts_when_the_policy_says() -> None:
    clock = FakeClock(MORNING)
    assert decided(clock, None, Policy(day_starts=time(8))).work_day == "2026-01-15"
    assert decided(clock, None, Policy(day_starts=time(8, 0, 1))).work_day == "2026-01-14"
