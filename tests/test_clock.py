"""The clock port: raw facts, trust, and a fake in which waiting costs nothing."""

import threading
from collections.abc import Callable

import pytest

from kiosk import clock as clock_module
from kiosk.clock import FakeClock, SystemClock, boot_id, kernel_clock
from kiosk.models import ClockState


def pretend(monkeypatch: pytest.MonkeyPatch, *, synced: bool) -> None:
    answer: Callable[[], tuple[bool, int | None]] = lambda: (synced, 1500)  # noqa: E731
    monkeypatch.setattr(clock_module, "kernel_clock", answer)


def test_moment_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, synced=True)
    clock = SystemClock("Africa/Nairobi")
    first, second = clock.now(), clock.now()
    assert first.boot_id == second.boot_id
    assert 0 <= second.since_us(first) < 5_000_000
    assert first.state is ClockState.SYNCED
    assert first.max_error_us == 1500
    assert str(first.local().tzinfo) == "Africa/Nairobi"


def test_F036_a_clock_that_was_synced_is_in_holdover(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock("UTC")
    pretend(monkeypatch, synced=True)
    assert clock.now().state is ClockState.SYNCED
    pretend(monkeypatch, synced=False)
    assert clock.now().state is ClockState.HOLDOVER


def test_F028_a_clock_that_nobody_set_is_unsynced_unless_vouched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, synced=False)
    monkeypatch.setattr("pathlib.Path.exists", lambda _: False)
    assert SystemClock("UTC").now().state is ClockState.UNSYNCED
    assert SystemClock("UTC", manual=True).now().state is ClockState.MANUAL


def test_F037_forbidden_adjtimex_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden:
        def adjtimex(self, _: object) -> int:
            import ctypes  # noqa: PLC0415
            import errno  # noqa: PLC0415

            ctypes.set_errno(errno.EPERM)
            return -1

    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: Forbidden())
    assert kernel_clock() == (False, None)


def test_the_boot_id_comes_from_systemd_or_from_the_kernel() -> None:
    given = "79111855e5c342b8bb76405372abdb8c"
    assert boot_id({"KIOSK_BOOT_ID": given}) == "79111855-e5c3-42b8-bb76-405372abdb8c"
    assert boot_id({}) == boot_id({"KIOSK_BOOT_ID": ""})
    with pytest.raises(ValueError, match="UUID"):
        boot_id({"KIOSK_BOOT_ID": "yesterday"})


def test_the_real_kernel_answers() -> None:
    synced, max_error_us = kernel_clock()
    assert isinstance(synced, bool)
    assert max_error_us is None or max_error_us >= 0


def test_F031_jumps_do_not_touch_durations_within_a_boot() -> None:
    clock = FakeClock()
    before = clock.now()
    clock.advance(10)
    clock.jump(-3600)
    after = clock.now()
    assert after.since_us(before) == 10_000_000
    assert after.utc_us < before.utc_us
    clock.boot_id = "another"
    assert clock.now().since_us(before) == (10 - 3600) * 1_000_000


def test_fake_waiting_advances_and_an_event_ends_it() -> None:
    clock = FakeClock()
    event = threading.Event()
    assert not clock.wait(event, 5.0)
    assert clock.monotonic() == pytest.approx(65.0)
    event.set()
    assert clock.wait(event, 5.0)
    assert clock.waits == [5.0]
