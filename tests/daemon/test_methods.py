"""Who may ask what: the operator flags of the real methods, and a whole daemon asked by somebody who may only look."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import drivers
from kiosk.clock import FakeClock
from kiosk.config import parse
from kiosk.control.client import ControlClient
from kiosk.control.protocol import Code, ControlError
from kiosk.daemon.service import Daemon
from kiosk.store import Store
from kiosk.views import EnrolProgress, ScanKind, ScanResult
from tests.support.daemon import daemon

FOR_ALL = {"status", "call_number", "cancel_call", "punch_by_pin"}
SLOW = {"verify_log", "weak_fingers", "set_pin", "punch_by_pin", "restore"}


def test_only_looking_and_punching_is_for_everybody(tmp_path: Path) -> None:
    settings = parse(
        f'[site]\nname = "School"\ndata = "{tmp_path}"\n[[station]]\nscanner = "{tmp_path}/none"\n'
        f'[control]\nsocket = "{tmp_path}/control.sock"\n'
    )
    with closing(Store.open(tmp_path / "kiosk.db")) as store:
        built = Daemon(settings, store, FakeClock(), threading.Event())
        methods = built._desk.methods()
        built.close()
    assert {name for name, method in methods.items() if not method.operator} == FOR_ALL
    assert {name for name, method in methods.items() if method.slow} >= SLOW


@pytest.fixture
def observed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, ControlClient]]:
    """A daemon's folder and an operator's connection to it; whoever connects from now on is somebody else."""
    with daemon(tmp_path) as path, ControlClient(path, timeout=10) as operator:
        operator.status()
        monkeypatch.setattr("kiosk.control.server.uid_of", lambda _connection: 54321)
        yield tmp_path, operator


def test_an_observer_may_punch_by_number_and_touch_nothing_else(observed: tuple[Path, ControlClient]) -> None:
    folder, operator = observed
    operator.call("set_pin", uid="1", pin="482915")
    with ControlClient(folder / "control.sock", timeout=10) as observer:
        observer.status()
        for method, params in {
            "set_pin": {"uid": "1", "pin": "482915"},
            "enrol": {"member_uid": "1", "finger": "left-thumb", "witness": "w"},
            "members": {},
            "punches": {},
            "fingers": {"uid": "1"},
            "backup": {},
            "restore": {"fingers": []},
            "adopt": {},
        }.items():
            with pytest.raises(ControlError) as refused:
                observer.call(method, **params)
            assert refused.value.code is Code.FORBIDDEN, method
        assert observer.ask(ScanResult, "punch_by_pin", number="1", pin="482915").kind is ScanKind.WELCOME
        assert observer.ask(float, "call_number", number="4711") > 0
        assert observer.ask(bool, "cancel_call")


def test_F054_whose_finger_a_duplicate_is_is_for_operators_alone(observed: tuple[Path, ControlClient]) -> None:
    folder, operator = observed
    with (
        ControlClient(folder / "control.sock", timeout=10) as observer,
        ControlClient(folder / "control.sock", timeout=10) as another,
    ):
        events = observer.watch()
        next(events)
        enrol(folder, operator, events, "1")
        last = enrol(folder, operator, events, "2")
        assert last.message == "This finger is already enrolled."
        assert not last.private
        assert "member 1" not in repr(another.status())


def enrol(folder: Path, operator: ControlClient, events: Iterator[object], uid: str) -> EnrolProgress:
    """Enrol one and the same emulated finger for `uid`; returns the last word on it."""
    operator.call("enrol", member_uid=uid, finger="right-index", witness="w")
    for event in events:
        if not isinstance(event, EnrolProgress):
            continue
        if event.final:
            drivers.lift_finger(folder / "scanner")
            return event
        if event.step in {"place", "verify"}:
            drivers.place_finger(folder / "scanner", "one finger")
        elif event.step in {"captured", "lift"}:
            drivers.lift_finger(folder / "scanner")
    raise AssertionError("the watch ended")
