"""Workers: a step that dies is reported and begun again; one that hangs starves the watchdog; all of them stop."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.clock import FakeClock, SystemClock
from kiosk.daemon.worker import RESTART_AFTER_S, Worker

PATIENCE_S = 5.0


def test_steps_repeat_until_stopped() -> None:
    enough = threading.Event()
    count = 0

    def step() -> float:
        nonlocal count
        count += 1
        if count == 3:
            enough.set()
        return 0.0

    worker = Worker("w", step, clock=SystemClock("UTC"), deadline=1.0, on_death=lambda *_: True)
    worker.start()
    assert enough.wait(PATIENCE_S)
    worker.stop()
    assert worker.join(PATIENCE_S)
    assert not worker.stalled


def test_a_dead_step_is_reported_and_tried_again_with_back_off() -> None:
    clock = FakeClock()
    deaths: list[str] = []
    revived = threading.Event()
    attempts = 0

    def step() -> float:
        nonlocal attempts
        attempts += 1
        if attempts <= 3:
            raise ValueError(attempts)
        revived.set()
        stop.wait(PATIENCE_S)
        return 0.0

    def on_death(name: str, error: Exception) -> bool:
        deaths.append(f"{name}: {error}")
        return True

    stop = threading.Event()
    worker = Worker("fragile", step, clock=clock, deadline=1.0, on_death=on_death)
    worker.start()
    assert revived.wait(PATIENCE_S)
    worker.stop()
    stop.set()
    assert worker.join(PATIENCE_S)
    assert deaths == ["fragile: 1", "fragile: 2", "fragile: 3"]
    assert clock.waits == list(RESTART_AFTER_S[:3])


def test_F084_a_death_that_must_not_be_survived_ends_the_thread_and_starves_the_watchdog() -> None:
    worker = Worker("w", lambda: 1 / 0, clock=FakeClock(), deadline=1.0, on_death=lambda *_: False)
    worker.start()
    assert worker.join(PATIENCE_S)
    assert worker.stalled


@contextmanager
def hanging(clock: FakeClock) -> Iterator[Worker]:
    """A worker in the middle of a step that does not end; its deadline is ten seconds."""
    entered, release = threading.Event(), threading.Event()

    def step() -> float:
        entered.set()
        release.wait(PATIENCE_S)
        return 0.0

    worker = Worker("w", step, clock=clock, deadline=10.0, on_death=lambda *_: True)
    worker.start()
    assert entered.wait(PATIENCE_S)
    yield worker
    worker.stop()
    release.set()
    assert worker.join(PATIENCE_S)


def test_F084_a_step_that_hangs_is_stalled_after_its_deadline_and_not_before() -> None:
    clock = FakeClock()
    with hanging(clock) as worker:
        clock.advance(9.0)
        assert not worker.stalled
        clock.advance(2.0)
        assert worker.stalled


def test_wake_ends_a_long_wait() -> None:
    steps = threading.Semaphore(0)

    def step() -> float:
        steps.release()
        return 3600.0

    worker = Worker("w", step, clock=SystemClock("UTC"), deadline=1.0, on_death=lambda *_: True)
    worker.start()
    assert steps.acquire(timeout=PATIENCE_S)
    worker.wake()
    assert steps.acquire(timeout=PATIENCE_S)
    worker.stop()
    assert worker.join(PATIENCE_S)


def test_stop_before_start_is_harmless() -> None:
    worker = Worker("w", lambda: 0.0, clock=FakeClock(), deadline=1.0, on_death=lambda *_: True)
    worker.stop()
    assert worker.join(0.1)


def test_F041_an_excused_worker_has_its_whole_deadline_again() -> None:
    clock = FakeClock()
    with hanging(clock) as worker:
        clock.advance(3600.0)
        assert worker.stalled
        worker.excuse()
        assert not worker.stalled
