"""Both limits, kept over restarts and over clocks that jump."""

from pathlib import Path

import pytest

from kiosk.clock import FakeClock
from kiosk.delivery.budget import WINDOW_US, Budget
from kiosk.store import Store


def test_the_sixty_first_waits_for_the_first_to_leave_the_window(store: Store, clock: FakeClock) -> None:
    budget = Budget(store, per_minute=60, per_day=0)
    for _ in range(60):
        assert budget.take(clock.now()) == 0.0
        clock.advance(0.1)
    wait = budget.take(clock.now())
    assert wait == pytest.approx(WINDOW_US / 1e6 - 6.0)
    clock.advance(wait)
    assert budget.take(clock.now()) == 0.0


def test_a_restart_forgets_nothing(tmp_path: Path, clock: FakeClock) -> None:
    store = Store.open(tmp_path / "kiosk.db")
    budget = Budget(store, per_minute=3, per_day=0)
    assert [budget.take(clock.now()) for _ in range(3)] == [0.0] * 3
    store.close()
    store = Store.open(tmp_path / "kiosk.db")
    assert Budget(store, per_minute=3, per_day=0).take(clock.now()) > 59.0
    store.close()


def test_F031_a_wall_clock_that_jumps_opens_no_window(store: Store, clock: FakeClock) -> None:
    budget = Budget(store, per_minute=2, per_day=0)
    assert [budget.take(clock.now()) for _ in range(2)] == [0.0] * 2
    clock.jump(3600)
    assert budget.take(clock.now()) > 59.0
    clock.jump(-7200)
    assert budget.take(clock.now()) > 59.0


def test_F066_the_day_ends_and_the_next_begins(store: Store, clock: FakeClock) -> None:
    budget = Budget(store, per_minute=0, per_day=5)
    today = clock.now().local().date()
    granted = 0
    while clock.now().local().date() == today:
        wait = budget.take(clock.now())
        granted += wait == 0.0
        clock.advance(wait or 0.01)
    assert granted == 5
    assert budget.take(clock.now()) == 0.0


def test_the_last_fifth_of_a_day_is_spread(store: Store, clock: FakeClock) -> None:
    budget = Budget(store, per_minute=0, per_day=100)
    while budget.take(clock.now()) == 0.0:
        clock.advance(0.01)
    assert store.budget.spent_on(clock.now().local().date().isoformat()) == 80


def test_unlimited_writes_nothing(store: Store, clock: FakeClock) -> None:
    budget = Budget(store, per_minute=0, per_day=0)
    assert [budget.take(clock.now()) for _ in range(100)] == [0.0] * 100
    assert store.budget.ages_us(clock.now(), WINDOW_US) == []
