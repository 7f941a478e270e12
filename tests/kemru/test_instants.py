"""Instants: what certainly passed between two of them."""

from datetime import UTC, datetime, timedelta

import pytest

from kiosk import clock
from kiosk.kemru import instants
from kiosk.kemru.instants import Instant, now, passed

NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "count", "life", "proven"),
    [
        (300, 300, "a", 300),
        (300, 20, "a", 20),
        (20, 300, "a", 20),
        (-5, 300, "a", 0),
        (300, -5, "a", 0),
        (300, 300, "b", 0),
    ],
)
def test_both_clocks_have_to_agree(calendar: float, count: float, life: str, proven: float) -> None:
    later = Instant(NOON + timedelta(seconds=calendar), life, 100 + count)
    assert passed(Instant(NOON, "a", 100), later) == timedelta(seconds=proven)


def test_now_is_of_this_boot() -> None:
    one, other = now(), now()
    assert one.life == other.life == clock.boot_id()
    assert one.seconds <= other.seconds
    assert one.at.tzinfo is UTC


def test_a_machine_that_does_not_tell_its_boot_leaves_the_life_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_BOOT_ID", "none")
    instants._life.cache_clear()
    try:
        assert now().life == now().life != "none"
    finally:
        instants._life.cache_clear()
