"""The cable is pulled, or the process killed, anywhere in what a station does: afterwards store and scanner agree."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from drivers import EnrolStep, Template
from drivers.emulation.faults import FaultScript
from drivers.link import Link
from drivers.zfm.enrolment import Enrolment
from kiosk.models import (
    Consent,
    EnrolProgress,
    Finger,
    FingerName,
    FingerState,
    Member,
    ScanKind,
    ScannerHealth,
    ScanResult,
    SlotState,
)
from kiosk.store.database import Database
from tests.support.station import AMINA, BARAKA, Station, make, station

FEW = 10
"""Positions that the quick suite tries of an operation, a model and a direction: forty of each operation."""

MODELS = ["r307", "r503"]
DIRECTIONS = ["host", "sensor"]
GREEN = {ScanKind.WELCOME, ScanKind.GOODBYE}


def finger_of(member: Member) -> str:
    return f"finger of {member.name}"


def known(desk: Station, member: Member) -> None:
    """Let the store know a member's finger, as if it had been enrolled at another station."""
    consent = Consent(text_version="1", witness="the head teacher", given_us=0)
    finger = Finger(member.uid, member.uid, FingerName.RIGHT_INDEX, FingerState.PENDING, consent, int(member.uid))
    device = desk.emulator.device
    with desk.store.atomic():
        desk.store.fingers.begin(finger)
        desk.store.fingers.confirm(finger.id)
        desk.reader._vault.keep(finger, Template(device.model, device.make(finger_of(member))))


def refreshed(desk: Station) -> None:
    """Let the library notice what changed in the store, and follow."""
    desk.clock.advance(6)
    desk.steps(1)
    desk.restored()


def back(desk: Station) -> None:
    """Plug the scanner in again if it is out, and wait until the library is as it should be."""
    desk.emulator.clear_faults()
    desk.emulator.lift()
    if not desk.emulator.state()["plugged"]:
        desk.steps(1)
        desk.emulator.replug()
    for _ in range(20):
        desk.steps(1)
        if desk.health is ScannerHealth.READY:
            break
    assert desk.health is ScannerHealth.READY, desk.reader.status
    desk.steps(8)
    desk.restored()


def agreed(desk: Station) -> None:
    """Store and scanner say the same of every slot; nothing is left half done."""
    slots = desk.store.slots.of_station("main")
    assert {slot.state for slot in slots} <= {SlotState.HELD}
    assert desk.store.fingers.all(FingerState.PENDING) == []
    assert desk.scanner.used() == {slot.slot for slot in slots}
    held = desk.emulator.device.templates()
    assert held.keys() == {slot.slot for slot in slots}
    for slot in slots:
        finger = desk.store.fingers.get(slot.finger_id)
        assert finger is not None
        template = desk.reader._vault.fetch(finger, desk.scanner.info.model)
        assert template is not None
        assert held[slot.slot] == template.data


def credited_rightly(desk: Station, *members: Member) -> None:
    """Everything that was shown green is a punch, there are no others, and they are all these members'."""
    green = [event.punch_id for event in desk.events if isinstance(event, ScanResult) and event.kind in GREEN]
    punches = desk.store.punches.latest(100_000)
    assert len(green) == len(set(green))
    assert {punch.id for punch in punches} == set(green)
    assert {punch.member_uid for punch in punches} <= {member.uid for member in members}


def punches(desk: Station, member: Member) -> None:
    desk.clock.advance(61)
    desk.steps(2)
    [result] = desk.press(finger_of(member))
    assert (result.kind in GREEN, result.name) == (True, member.name), result


@dataclass
class Operation:
    """`prepare` and then `run`, whose bytes are counted and cut; `after` tells whether all is well, and tidies up for the next time."""

    prepare: Callable[[Station], None]
    run: Callable[[Station], None]
    after: Callable[[Station], None]


def nothing(_desk: Station) -> None:
    pass


def identify(desk: Station) -> None:
    desk.emulator.place(finger_of(AMINA))
    desk.steps(3)


def identified(desk: Station) -> None:
    punches(desk, AMINA)
    desk.clock.advance(61)
    desk.steps(2)


def enrol(desk: Station) -> None:
    desk.enrol(AMINA)


def enrolled(desk: Station) -> None:
    if not desk.store.fingers.of_member(AMINA.uid):
        assert desk.enrol(AMINA).ok
    punches(desk, AMINA)
    [finger] = desk.store.fingers.of_member(AMINA.uid)
    desk.store.fingers.forget(finger.id)
    refreshed(desk)


def wiped(desk: Station) -> None:
    desk.emulator.unplug()
    desk.emulator.wipe()
    desk.steps(2)
    desk.emulator.replug()


def connect(desk: Station) -> None:
    """Open it, compare, and write everything back."""
    desk.steps(4)


def forget(desk: Station) -> None:
    if desk.store.fingers.get(AMINA.uid) is not None:
        desk.store.fingers.forget(AMINA.uid)
    desk.clock.advance(6)


def follow(desk: Station) -> None:
    desk.steps(4)


def forgotten(desk: Station) -> None:
    assert AMINA.uid not in desk.slots.values()
    known(desk, AMINA)
    refreshed(desk)
    punches(desk, AMINA)


OPERATIONS = {
    "identify": Operation(nothing, identify, identified),
    "enrol": Operation(nothing, enrol, enrolled),
    "import": Operation(wiped, connect, identified),
    "delete": Operation(forget, follow, forgotten),
}


@contextmanager
def desk_for(operation: str, folder: Path, model: str) -> Iterator[Station]:
    """A station that knows BARAKA, and AMINA unless she is to be enrolled."""
    with station(folder, model) as desk:
        known(desk, BARAKA)
        if operation != "enrol":
            known(desk, AMINA)
        refreshed(desk)
        agreed(desk)
        yield desk


def script(desk: Station, towards: str) -> FaultScript:
    line = desk.emulator._line
    return line._to_host if towards == "host" else line._to_sensor


def length(desk: Station, operation: Operation, towards: str) -> int:
    """Bytes of the operation in one direction, on a sound line."""
    operation.prepare(desk)
    before = script(desk, towards)._position
    operation.run(desk)
    total = script(desk, towards)._position - before
    settled(desk, operation)
    return total


def settled(desk: Station, operation: Operation) -> None:
    back(desk)
    agreed(desk)
    operation.after(desk)
    credited_rightly(desk, AMINA)
    agreed(desk)
    desk.reader._setbacks.forget()  # as every night: what fails twice is left alone until then


def cut(desk: Station, operation: Operation, towards: str, at: int) -> bool:
    """Unplug at byte `at` of the operation; whether it got that far."""
    operation.prepare(desk)
    desk.emulator.fault("unplug", at=at, towards=towards)
    operation.run(desk)
    unplugged = desk.emulator.state()["plugged"] is False
    settled(desk, operation)
    return unplugged


def check_unplugged(folder: Path, name: str, model: str, towards: str, positions: int | None) -> None:
    operation = OPERATIONS[name]
    with desk_for(name, folder, model) as desk:
        length(desk, operation, towards)  # the first time, templates are read twice: their size is not known
        total = length(desk, operation, towards)
        step = 1 if positions is None else max(1, total // positions)
        at = 0
        try:
            while cut(desk, operation, towards, at):
                at += step
        except BaseException:
            print(f"unplugged at byte {at} towards the {towards}; last events: {desk.events[-6:]}")
            raise
        print(f"{name}, {model}: unplugged at every {step} of {total} bytes towards the {towards}, {at // step} times")
        assert at >= total * 3 // 4
        punches(desk, BARAKA)


@pytest.mark.parametrize("towards", DIRECTIONS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_F048_unplugged_here_and_there(tmp_path: Path, name: str, model: str, towards: str) -> None:
    check_unplugged(tmp_path, name, model, towards, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("towards", DIRECTIONS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_F048_unplugged_at_every_byte(tmp_path: Path, name: str, model: str, towards: str) -> None:
    check_unplugged(tmp_path, name, model, towards, None)


class KilledError(BaseException):
    """The process is gone: nobody catches this."""


class Reaper:
    """Kills this process's station before the `at`-th thing that it does to the line or the database; counts them until then."""

    def __init__(self, at: int | None = None) -> None:
        self.count = 0
        self._at = at
        self._links: list[Link] = []
        self._enrolments: list[Enrolment] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for owner, name in ((Link, "open"), (Link, "send"), (Link, "receive"), (Database, "write")):
            monkeypatch.setattr(owner, name, self._deadly(getattr(owner, name)))
        steps = Enrolment.steps

        def remembered(enrolment: Enrolment) -> Iterator[EnrolStep]:
            self._enrolments.append(enrolment)
            return steps(enrolment)

        monkeypatch.setattr(Enrolment, "steps", remembered)

    def bury(self) -> None:
        """What the kernel does for a dead process: its ports are closed."""
        for link in self._links:
            link.close()

    def _still(self) -> None:
        """A dead process's generators do not clean up when they are collected."""
        for enrolment in self._enrolments:
            enrolment._written = False

    def _deadly(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(this: Any, *arguments: Any, **named: Any) -> Any:
            if isinstance(this, Link):
                self._links.append(this)
            if self.count == self._at:
                self._still()
                raise KilledError
            self.count += 1
            return method(this, *arguments, **named)

        return call


def killed(desk: Station, operation: Operation, at: int | None, monkeypatch: pytest.MonkeyPatch) -> tuple[Station, int]:
    """Run the operation until it is killed at its `at`-th action; returns the station that came after, and how many actions came before."""
    operation.prepare(desk)
    reaper = Reaper(at)
    try:
        with monkeypatch.context() as deadly:
            reaper.install(deadly)
            operation.run(desk)
    except KilledError:
        pass
    reaper.bury()
    if desk.reader._scanner is not None:
        desk.reader._scanner.close()
    fresh = make(desk.emulator, desk.store, desk.clock)
    fresh.events += [event for event in desk.events if not isinstance(event, EnrolProgress)]
    settled(fresh, operation)
    return fresh, reaper.count


def check_killed(folder: Path, name: str, model: str, positions: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = OPERATIONS[name]
    with desk_for(name, folder, model) as first:
        desk, total = killed(first, operation, None, monkeypatch)
        step = 1 if positions is None else max(1, total // positions)
        at = reached = -step
        try:
            while reached == at:
                at += step
                desk, reached = killed(desk, operation, at, monkeypatch)
        except BaseException:
            print(f"killed at action {at} of {total}; last events: {desk.events[-6:]}")
            raise
        print(f"{name}, {model}: killed at every {step} of {total} actions on the line and the database")
        punches(desk, BARAKA)
        desk.reader.close()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["enrol", "import"])
def test_F100_killed_here_and_there(tmp_path: Path, name: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_killed(tmp_path, name, model, 2 * FEW, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_F100_killed_at_every_action(tmp_path: Path, name: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_killed(tmp_path, name, model, None, monkeypatch)
