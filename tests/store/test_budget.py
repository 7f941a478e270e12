import msgspec
import pytest

from kiosk.clock import FakeClock
from kiosk.store import Store, budget

MINUTE = 60_000_000


def test_ages_count_back_from_now_newest_last(store: Store, clock: FakeClock) -> None:
    for _ in range(4):
        store.budget.spend(clock.now(), "2026-01-01")
        clock.advance(20)
    assert store.budget.ages_us(clock.now(), MINUTE) == [40_000_000, 20_000_000]
    assert store.budget.ages_us(clock.now(), MINUTE + 1) == [60_000_000, 40_000_000, 20_000_000]


def test_jumps_of_the_wall_clock_change_nothing_within_a_boot(store: Store, clock: FakeClock) -> None:
    store.budget.spend(clock.now(), "2026-01-01")
    for jump in (1e9, -2e9):
        clock.jump(jump)
        assert store.budget.ages_us(clock.now(), MINUTE) == [0]


def test_after_a_restart_of_the_machine_the_wall_clock_counts_but_never_below_the_age_of_the_boot(
    store: Store, clock: FakeClock
) -> None:
    store.budget.spend(clock.now(), "2026-01-01")
    later = msgspec.structs.replace(clock.now(), boot_id="another", boottime_us=5_000_000)
    by_wall = msgspec.structs.replace(later, utc_us=later.utc_us + 30_000_000)
    assert store.budget.ages_us(by_wall, MINUTE) == [30_000_000]
    set_back = msgspec.structs.replace(later, utc_us=0)
    assert store.budget.ages_us(set_back, MINUTE) == [5_000_000]
    minute_later = msgspec.structs.replace(set_back, boottime_us=MINUTE)
    assert store.budget.ages_us(minute_later, MINUTE) == []


def test_days_are_counted_by_the_name_they_are_given(store: Store, clock: FakeClock) -> None:
    for day in ("2026-01-01", "2026-01-02", "2026-01-01"):
        store.budget.spend(clock.now(), day)
    assert [store.budget.spent_on(f"2026-01-0{number}") for number in (1, 2, 3)] == [2, 1, 0]


def test_it_prunes_itself(store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "KEPT", 10)
    monkeypatch.setattr(budget, "DAYS_KEPT", 3)
    for number in range(30):
        store.budget.spend(clock.now(), f"2026-01-{number + 1:02}")
    assert len(store.budget.ages_us(clock.now(), MINUTE)) == 10
    assert [day for (day,) in store._database.rows("SELECT day FROM request_days ORDER BY day")] == [
        "2026-01-28",
        "2026-01-29",
        "2026-01-30",
    ]


def test_a_claim_and_its_request_are_one_commit_or_none(store: Store, clock: FakeClock) -> None:
    def fail() -> None:
        with store.atomic():
            store.budget.spend(clock.now(), "2026-01-01")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert store.budget.spent_on("2026-01-01") == 0


def test_notes_are_remembered_and_replaced(store: Store) -> None:
    assert store.notes.get("roster.at") is None
    store.notes.put("roster.at", "1")
    store.notes.put("roster.at", "2")
    assert store.notes.get("roster.at") == "2"
