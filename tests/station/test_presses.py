"""The matching policy by itself: lifts, latent prints, failures, ghosts."""

import pytest

from drivers import Hit, NoMatch, Retry, RetryReason
from kiosk.clock import FakeClock
from kiosk.station.presses import FAILURES, GHOSTS, LOCK_S, STUCK_S, Presses, Reading


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def presses(clock: FakeClock) -> Presses:
    return Presses(clock)


def lift(presses: Presses, clock: FakeClock, *, seconds: float = 0.5) -> None:
    presses.empty()
    clock.advance(seconds)
    presses.empty()


def test_T012_two_empty_looks_and_400_ms_are_a_lift(presses: Presses, clock: FakeClock) -> None:
    presses.answered()
    presses.empty()
    assert not presses.lifted
    clock.advance(0.39)
    presses.empty()
    assert not presses.lifted, "too short"
    clock.advance(0.02)
    assert presses.lifted


def test_T012_one_empty_look_is_no_lift_however_long_ago(presses: Presses, clock: FakeClock) -> None:
    presses.answered()
    presses.empty()
    clock.advance(5)
    assert not presses.lifted


def test_a_finger_that_comes_back_too_soon_is_told_once(presses: Presses, clock: FakeClock) -> None:
    presses.answered()
    assert presses.read(Hit(1, 90)) is Reading.NOTHING, "it never left"
    lift(presses, clock, seconds=0.1)
    assert presses.read(Hit(1, 90)) is Reading.HURRIED
    presses.empty()
    assert presses.read(Hit(1, 90)) is Reading.NOTHING


def test_T012_the_same_score_without_a_lift_is_a_print_that_was_left_on_the_glass(
    presses: Presses, clock: FakeClock
) -> None:
    for found, reading in ((Hit(3, 97), Reading.LATENT), (Hit(3, 98), Reading.HURRIED), (Hit(4, 97), Reading.HURRIED)):
        presses.credited(3, 97)
        presses.answered()
        lift(presses, clock, seconds=0.1)
        assert presses.read(found) is reading


def test_the_same_score_after_a_lift_is_a_finger_like_any_other(presses: Presses, clock: FakeClock) -> None:
    presses.credited(3, 97)
    presses.answered()
    lift(presses, clock)
    assert presses.read(Hit(3, 97)) is Reading.HIT


def test_a_scanner_without_scores_knows_no_latent_prints(presses: Presses) -> None:
    presses.credited(3, None)
    assert presses.read(Hit(3, None)) is Reading.HIT


def test_F058_five_failures_lock_the_glass_for_half_a_minute(presses: Presses, clock: FakeClock) -> None:
    assert [presses.failed(Reading.STRANGER) for _ in range(FAILURES)] == [False] * 4 + [True]
    assert presses.locked_s == LOCK_S
    clock.advance(LOCK_S)
    assert presses.locked_s == 0
    assert not presses.failed(Reading.STRANGER), "the count begins anew"


def test_F058_a_success_between_forgives(presses: Presses) -> None:
    for _ in range(4):
        presses.failed(Reading.STRANGER)
    presses.credited(1, 90)
    assert not presses.failed(Reading.STRANGER)


def test_bad_pictures_do_not_lock_but_make_the_sensor_suspect(presses: Presses) -> None:
    for _ in range(GHOSTS):
        assert not presses.suspect
        assert not presses.failed(Reading.UNCLEAR)
    assert presses.suspect
    presses.credited(1, 90)
    assert not presses.suspect


def test_a_glass_that_is_never_seen_empty_is_stuck_after_a_minute(presses: Presses, clock: FakeClock) -> None:
    clock.advance(STUCK_S)
    assert not presses.stuck, "nothing lies there"
    presses.answered()
    clock.advance(STUCK_S - 1)
    presses.occupied()
    assert not presses.stuck
    clock.advance(1)
    presses.occupied()
    assert presses.stuck
    presses.empty()
    assert not presses.stuck
    presses.occupied()
    clock.advance(STUCK_S - 1)
    assert not presses.stuck, "it came back just now"


def test_a_press_may_give_several_bad_pictures(presses: Presses) -> None:
    retry = Retry(RetryReason.DRY)
    assert [presses.read(retry) for _ in range(3)] == [Reading.NOTHING, Reading.NOTHING, Reading.UNCLEAR]


def test_the_failures_before_a_hit_are_its_tries(presses: Presses, clock: FakeClock) -> None:
    assert presses.tries == 1
    presses.failed(Reading.STRANGER)
    presses.failed(Reading.UNCLEAR)
    assert presses.tries == 3
    clock.advance(30)
    assert presses.tries == 1, "that was somebody else"
    assert presses.read(NoMatch()) is Reading.STRANGER
