"""The daemon's own page: what the main loop survives, what the status says meanwhile, and how it all ends."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from kiosk.clock import FakeClock, SystemClock
from kiosk.config import ConfigError, Settings, parse
from kiosk.control.client import ControlClient
from kiosk.daemon import service
from kiosk.daemon.outside import Outside
from kiosk.daemon.service import Daemon
from kiosk.daemon.worker import Worker
from kiosk.errors import Exit
from kiosk.models import Member
from kiosk.store import NotSaved, SaveUnknown, Store, StoreError, StoreMissing
from kiosk.views import ScannerHealth, Status
from tests.support.raising import raiser

PATIENCE_S = 10.0
FULL = NotSaved("the disk is full")


def settings_in(folder: Path) -> Settings:
    """A kiosk whose scanner is not there, and which has no credentials."""
    return parse(
        f'[site]\nname = "School"\ndata = "{folder}"\n'
        f'[[station]]\nscanner = "{folder}/none"\n'
        f'[control]\nsocket = "{folder}/control.sock"\n'
    )


@contextmanager
def built(folder: Path) -> Iterator[tuple[Daemon, Store, threading.Event]]:
    """A daemon that is not running yet."""
    stop = threading.Event()
    store = Store.open(folder / "kiosk.db")
    daemon = Daemon(settings_in(folder), store, FakeClock(), stop)
    try:
        yield daemon, store, stop
    finally:
        daemon.close()
        store.close()


@contextmanager
def running(folder: Path) -> Iterator[tuple[Path, Store, list[Exit]]]:
    """A daemon in a thread of its own; the list gets its exit code when it ends by itself."""
    stop = threading.Event()
    ends: list[Exit] = []
    store = Store.open(folder / "kiosk.db")
    daemon = Daemon(settings_in(folder), store, SystemClock("UTC"), stop)
    thread = threading.Thread(target=lambda: ends.append(daemon.run()))
    thread.start()
    try:
        yield folder / "control.sock", store, ends
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        daemon.close()
        store.close()
        assert not thread.is_alive()


def statuses(path: Path, condition: Callable[[Status], bool]) -> Status:
    """The first status of those the daemon sends that fits."""
    with ControlClient(path, timeout=PATIENCE_S) as kiosk:
        for number, event in enumerate(kiosk.watch()):
            if isinstance(event, Status) and condition(event):
                return event
            assert number < 8, event
    raise AssertionError


@pytest.mark.parametrize("error", [FULL, OSError(5, "Input/output error")])
def test_F010_F014_the_daemon_outlives_a_disk_that_takes_nothing_says_so_and_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with running(tmp_path) as (path, store, ends):
        assert statuses(path, lambda status: status.storage == "ok")
        monkeypatch.setattr(store, "probe", raiser(error))
        assert statuses(path, lambda status: str(error) in status.storage)
        monkeypatch.undo()
        assert statuses(path, lambda status: status.storage == "ok")
        assert not ends


def test_F013_a_store_that_cannot_even_be_read_still_has_a_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with built(tmp_path) as (daemon, store, _):
        for part in (store.members, store.fingers):
            monkeypatch.setattr(part, "count", raiser(StoreError("the card is gone")))
        monkeypatch.setattr(store.outbox, "status", raiser(StoreError("the card is gone")))
        monkeypatch.setattr(store.notes, "get", raiser(StoreError("the card is gone")))
        status = daemon._desk.status()
    assert "the card is gone" in status.storage
    assert status.members == 0


@pytest.mark.parametrize("error", [SaveUnknown("the disk failed while saving"), StoreMissing("the file was removed")])
def test_F012_F018_what_only_a_fresh_start_can_clear_ends_the_daemon_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: StoreError
) -> None:
    with running(tmp_path) as (path, store, ends):
        assert statuses(path, lambda _: True)
        halted = threading.Event()
        halt = Daemon._halt
        monkeypatch.setattr(Daemon, "_halt", lambda self: (halt(self), halted.set()))
        monkeypatch.setattr(store, "probe", raiser(error))
        assert halted.wait(PATIENCE_S)
    assert ends == [Exit.IO]


def test_whatever_breaks_the_main_loop_the_workers_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with built(tmp_path) as (daemon, _, _stop):
        monkeypatch.setattr(daemon, "_tick", raiser(ZeroDivisionError()))
        with pytest.raises(ZeroDivisionError):
            daemon.run()
        assert all(worker.join(0.1) for worker in daemon._workers)


def test_F082_several_stuck_workers_share_one_patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "STOP_WITHIN_S", 0.3)
    monkeypatch.setattr(service, "HEAD_START_S", 0.0)
    release, entered = threading.Event(), threading.Semaphore(0)

    def stuck(_: Outside, __: object) -> float:
        entered.release()
        release.wait(PATIENCE_S)
        return 0.0

    monkeypatch.setattr(Outside, "_with", stuck)
    clock = SystemClock("UTC")
    with running(tmp_path) as (_, _, ends):
        for _ in range(3):
            assert entered.acquire(timeout=PATIENCE_S)
        begun = clock.monotonic()
    release.set()
    assert ends == [Exit.OK]
    assert clock.monotonic() - begun < 0.9


def test_a_lane_that_cannot_begin_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with built(tmp_path) as (daemon, _, _stop):
        monkeypatch.setattr("kiosk.daemon.exchange.Exchange.__init__", raiser(OSError(24, "Too many open files")))
        outside = daemon._outside
        for _, step in outside.steps():
            assert step() > 0
        assert "Too many open files" in outside.trouble
        assert all("Too many open files" in lane.trouble for lane in outside.lanes())


def test_F088_without_a_free_descriptor_systemd_is_not_told_and_nothing_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with built(tmp_path) as (daemon, _, _stop):
        monkeypatch.setattr(socket, "socket", raiser(OSError(24, "Too many open files")))
        daemon._tick()


def test_F041_a_suspended_machine_is_no_stalled_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    excused: list[str] = []
    monkeypatch.setattr(Worker, "excuse", lambda self: excused.append(self.name))
    with built(tmp_path) as (daemon, _, _stop):
        clock = daemon._clock
        assert isinstance(clock, FakeClock)
        clock.advance(1)
        daemon._tick()
        assert not excused
        clock.advance(3600)
        daemon._tick()
    assert sorted(excused) == ["attendance", "control", "jobs", "sms", "station-main", "templates"]


def test_F089_an_unknown_family_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "kiosk.db").touch()
    settings = settings_in(tmp_path)
    wrong = msgspec.structs.replace(settings, station=[msgspec.structs.replace(settings.station[0], family="nope")])
    with pytest.raises(ConfigError, match='station "main", family: no scanner family is called') as caught:
        service.run(wrong, clock=FakeClock())
    assert caught.value.exit_code is Exit.CONFIG


def test_the_scanner_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with running(tmp_path) as (path, _, _ends):
        found = statuses(path, lambda status: status.stations[0].health is ScannerHealth.FAULT)
    assert "Plug the scanner in" in found.stations[0].detail


def test_a_whole_town_can_be_listed(tmp_path: Path) -> None:
    people = [
        Member(uid=f"{number:05}", name=f"MEMBER {number:05} OF A LONG NAME", phone="+254711000101")
        for number in range(12_001)
    ]
    with running(tmp_path) as (path, store, _ends):
        store.members.replace_all(people, 0)
        with ControlClient(path, timeout=PATIENCE_S) as kiosk:
            assert kiosk.members() == people
