"""Where the scanner is: at its port, at another one after a re-plug, or wherever it answers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import drivers
from drivers.emulation.host import Emulator
from kiosk.clock import FakeClock
from kiosk.station import Finder, Ports
from kiosk.station.finder import AUTO
from kiosk.store import Store
from kiosk.views import ScanKind, ScannerHealth
from tests.support.station import AMINA, BARAKA, Station, make


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "kiosk.db")
    for member in (AMINA, BARAKA):
        opened.members.put(member)
    yield opened
    opened.close()


@contextmanager
def plugged(dev: Path, *names: str) -> Iterator[list[Emulator]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(drivers.start_emulator("r307", link=dev / name, instant=True, seed=seed))
            for seed, name in enumerate(names)
        ]


def at(
    emulator: Emulator, store: Store, clock: FakeClock, port: str, ports: Ports, name: str = "main", family: str = "zfm"
) -> Station:
    """A station that is told to look at `port`, whichever emulator it finds there."""
    built = make(emulator, store, clock, name=name)
    built.reader._finder = Finder(name, port, family, {"deadline_scale": 0.25}, ports)
    return built


def test_F049_replugged_at_another_path_it_is_found_again(dev: Path, store: Store) -> None:
    clock = FakeClock()
    with plugged(dev, "ttyUSB0") as [emulator]:
        desk = at(emulator, store, clock, "/dev/ttyUSB0", Ports())
        desk.steps(2)
        assert desk.enrol(AMINA).ok
        emulator.unplug()
        desk.steps(3)
        assert desk.health is ScannerHealth.FAULT
        (dev / "ttyUSB0").unlink()
        began = clock.monotonic()
        emulator._port.link = dev / "ttyUSB1"  # the kernel gives the next free number while the old one is still held
        emulator.replug()
        while desk.health is not ScannerHealth.READY:
            desk.steps(1)
        assert clock.monotonic() - began <= 10
        assert desk.reader.status.port == "/dev/ttyUSB1"
        desk.steps(8)
        assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]
        desk.reader.close()


@pytest.mark.parametrize("looks", range(1, 6))
def test_F048_the_first_look_after_a_replug_is_where_the_scanner_was(dev: Path, looks: int) -> None:
    with plugged(dev, "ttyUSB0") as [emulator]:
        finder = kept(emulator)
        emulator.unplug()
        for _ in range(looks):
            with pytest.raises(drivers.LinkLost):
                finder.attempt()
        emulator.replug()
        found = finder.attempt()
        assert found is not None
        assert found[1].info.family == "zfm"
        found[1].close()


def test_F042_a_scanner_that_was_silent_is_looked_for_at_every_second_turn(dev: Path) -> None:
    with plugged(dev, "ttyUSB0") as [emulator]:
        finder = kept(emulator)
        emulator.fault("silent")
        asked = [question(finder) for _ in range(16)]
        assert asked[::2] == ["zfm"] * 8
        assert asked[1::2] == [
            "zfm rare",
            "gt521",
            "waveshare",
            "gt521 rare",
            "waveshare rare",
            "zfm rare",
            "gt521",
            "waveshare",
        ]


def question(finder: Finder) -> str:
    """Let the finder ask in vain; returns what it asked for, as "FAMILY" or "FAMILY rare"."""
    before = dict(finder._asked)
    with pytest.raises(drivers.LinkLost):
        finder.attempt()
    way = list(finder._asked)[-1]
    assert finder._asked[way] is not before.get(way)
    return f"{way.family} rare" if way.rare else way.family


def kept(emulator: Emulator) -> Finder:
    """A finder of scanners of any family that has found the emulator, and let it go again."""
    finder = Finder("main", emulator.link, AUTO, {"deadline_scale": 0.1}, Ports())
    while (found := finder.attempt()) is None:
        pass
    finder.keep()
    found[1].close()
    return finder


def test_without_a_configured_port_the_scanner_is_found(dev: Path, store: Store) -> None:
    with plugged(dev, "ttyACM0") as [emulator]:
        desk = at(emulator, store, FakeClock(), AUTO, Ports(), family=AUTO)
        desk.steps(3)
        assert desk.health is ScannerHealth.READY
        assert desk.reader.status.port == "/dev/ttyACM0"
        desk.reader.close()


def test_no_port_at_all_is_said_plainly(dev: Path, store: Store, tmp_path: Path) -> None:
    with plugged(tmp_path, "elsewhere") as [emulator]:
        desk = at(emulator, store, FakeClock(), AUTO, Ports())
        desk.steps(1)
        assert desk.health is ScannerHealth.FAULT
        assert desk.reader.status.detail == "no serial port on this machine. Plug a scanner in."


def test_two_stations_never_share_a_scanner(dev: Path, store: Store) -> None:
    clock, ports = FakeClock(), Ports()
    with plugged(dev, "ttyUSB0", "ttyUSB1") as [one, two]:
        front = at(one, store, clock, AUTO, ports, "front")
        back = at(two, store, clock, AUTO, ports, "back")
        for _ in range(6):
            front.steps(1)
            back.steps(1)
        assert {front.reader.status.port, back.reader.status.port} == {"/dev/ttyUSB0", "/dev/ttyUSB1"}
        front.reader.close()
        back.reader.close()


def test_a_scanner_that_is_not_this_stations_is_passed_over_for_the_one_that_is(dev: Path, store: Store) -> None:
    clock = FakeClock()
    with plugged(dev, "ttyUSB0", "ttyUSB1") as [ours, strange]:
        strange.plant(0, "a stranger")
        desk = at(ours, store, clock, "/dev/ttyUSB0", Ports())
        desk.steps(2)
        assert desk.enrol(AMINA).ok
        ours.unplug()
        desk.steps(1)
        (dev / "ttyUSB0").unlink()
        while desk.health is not ScannerHealth.LOCKED:
            desk.steps(1)
        ours._port.link = dev / "ttyUSB2"
        ours.replug()
        while desk.health is not ScannerHealth.READY:
            desk.steps(1)
        desk.steps(8)
        assert desk.reader.status.port == "/dev/ttyUSB2"
        assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]
        assert strange.device.templates().keys() == {0}, "what was not ours was not touched"
        desk.reader.close()


def test_a_station_in_trouble_does_not_slow_another_one(dev: Path, store: Store) -> None:
    """Each has a thread of its own in the daemon; what they share is the store and the ports, and neither is held while waiting."""
    clock, ports = FakeClock(), Ports()
    with plugged(dev, "ttyUSB0", "ttyUSB1") as [good, bad]:
        front = at(good, store, clock, "/dev/ttyUSB0", ports, "front")
        back = at(bad, store, clock, "/dev/ttyUSB1", ports, "back")
        front.steps(2)
        back.steps(2)
        assert front.enrol(AMINA).ok
        bad.fault("silent")
        back.steps(3)
        assert back.health is ScannerHealth.FAULT
        assert [result.kind for result in front.press("finger of AMINA")] == [ScanKind.WELCOME]
        assert front.health is ScannerHealth.READY
        front.reader.close()
        back.reader.close()


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", AUTO])
def test_F050_a_locked_scanner_stays_locked_while_others_are_looked_for(dev: Path, store: Store, port: str) -> None:
    clock = FakeClock()
    with plugged(dev, "ttyUSB0") as [emulator]:
        emulator.plant(3, "somebody")
        (dev / "ttyUSB1").symlink_to("/dev/ptmx")
        desk = at(emulator, store, clock, port, Ports(), family=AUTO)
        desk.steps(1)
        cure = desk.reader.status.detail
        assert cure.endswith("kiosk scanner adopt main"), "nothing behind it: it is copied"
        for _ in range(12):
            desk.steps(1)
            assert (desk.health, desk.reader.status.detail) == (ScannerHealth.LOCKED, cure)
        emulator.unplug()
        desk.steps(4)
        assert desk.health is ScannerHealth.FAULT
        emulator.replug()
        desk.steps(12)
        assert desk.health is ScannerHealth.LOCKED
        desk.reader.adopt()
        desk.steps(6)
        assert desk.health is ScannerHealth.READY


def test_another_familys_scanner_at_the_same_port_is_found(dev: Path, store: Store) -> None:
    clock = FakeClock()
    with plugged(dev, "ttyUSB0") as [emulator]:
        desk = at(emulator, store, clock, "/dev/ttyUSB0", Ports(), family=AUTO)
        desk.steps(2)
        assert desk.reader.status.model == "R307"
    with drivers.start_emulator("gt511c3", link=dev / "ttyUSB0", instant=True, seed=9):
        desk.steps(12)
        assert desk.reader.status.model == "GT-511C3"
    desk.reader.close()
