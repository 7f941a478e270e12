"""A scanner that was pulled is found again soon, whatever else is plugged in, and what is said meanwhile helps."""

import heapq
import logging
import os
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

import drivers
from drivers.emulation.host import Emulator
from kiosk.clock import FakeClock
from kiosk.station import Finder, Ports, finder
from kiosk.station.finder import AUTO
from kiosk.station.library import Library
from kiosk.store import Store
from kiosk.views import ScannerHealth
from tests.support.station import AMINA, Station, make

PATIENCE_S = 3.1
"""How long a driver asks where nobody answers: an R307's does so for 3.0 s at its rare speeds."""

MODEM = ("ttyUSB7", "ttyUSB8", "ttyUSB9")
UART = "ttyAMA0"


class Silence:
    """Takes the place of a driver whose port is silent: asking costs time by `clock`. `asked` counts how often; `then` hears it first."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.asked = 0
        self.then: Callable[[int], None] = lambda _asked: None

    def open(self) -> None:
        self.asked += 1
        self.then(self.asked)
        self.clock.advance(PATIENCE_S)
        raise drivers.LinkTimeout("not answered in 0.50 s", port="", waited=0.5, received=0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "kiosk.db")
    opened.members.put(AMINA)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def silence(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Silence:
    """What answers at a modem's ports and at a bare UART."""
    nobody, real = Silence(clock), drivers.create_scanner

    def create(family: str, port: str, **options: object) -> object:
        silent = Path(port).name in {*MODEM, UART}
        return nobody if silent else real(family, port, **options)

    monkeypatch.setattr(finder, "create_scanner", create)
    return nobody


@contextmanager
def ports(dev: Path, *names: str) -> Iterator[None]:
    """Ports at which nobody answers."""
    with ExitStack() as stack:
        for name in names:
            ours, theirs = os.openpty()
            stack.callback(os.close, ours)
            stack.callback(os.close, theirs)
            tty.setraw(theirs)
            (dev / name).symlink_to(os.ttyname(theirs))
        yield


@contextmanager
def plugged(dev: Path, name: str, model: str = "r307") -> Iterator[Emulator]:
    with drivers.start_emulator(model, link=dev / name, instant=True, seed=1) as emulator:
        yield emulator


def auto(emulator: Emulator, store: Store, clock: FakeClock, shared: Ports, name: str = "main") -> Station:
    """A station that is told nothing."""
    built = make(emulator, store, clock, name=name)
    built.reader._finder = Finder(name, AUTO, AUTO, {"deadline_scale": 0.1}, shared)
    return built


def pull(emulator: Emulator, dev: Path, name: str) -> None:
    emulator.unplug()
    (dev / name).unlink()


def put_back(emulator: Emulator, dev: Path, name: str) -> None:
    emulator._port.link = dev / name
    emulator.replug()


def until(station: Station, health: ScannerHealth, steps: int = 100) -> None:
    for _ in range(steps):
        if station.health is health:
            return
        station.steps(1)
    raise AssertionError(f"still {station.health}: {station.reader.status.detail}")


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def fail_to_understand() -> NoReturn:
    raise drivers.ProtocolError("the answer arrived damaged")


def fail(why: str) -> NoReturn:
    raise drivers.LinkLost(why, port="")


@pytest.mark.parametrize("others", [(UART,), (UART, *MODEM)], ids=len)
@pytest.mark.parametrize("question", [1, 2, 3, 7, 13, 20, 40])
def test_F049_it_is_back_within_ten_seconds_whatever_else_is_plugged_in(
    dev: Path, store: Store, clock: FakeClock, silence: Silence, others: tuple[str, ...], question: int
) -> None:
    """It comes back, at another port, just as the search begins to ask at a silent one."""
    back: list[float] = []

    def come_back(asked: int) -> None:
        if asked == question:
            put_back(emulator, dev, "ttyUSB1")
            back.append(clock.monotonic())

    with ports(dev, *others), plugged(dev, "ttyUSB0") as emulator:
        desk = auto(emulator, store, clock, Ports())
        until(desk, ScannerHealth.READY)
        silence.asked, silence.then = 0, come_back
        pull(emulator, dev, "ttyUSB0")
        until(desk, ScannerHealth.FAULT)
        while not back:
            desk.steps(1)
        until(desk, ScannerHealth.READY)
        assert clock.monotonic() - back[0] <= 10
        assert desk.reader.status.port == "/dev/ttyUSB1"
        desk.reader.close()


@pytest.mark.parametrize("steps", range(1, 12))
def test_F049_it_is_back_within_ten_seconds_beside_another_station(
    dev: Path, store: Store, clock: FakeClock, steps: int
) -> None:
    """It comes back, at another port, just as a pause between two rounds begins."""
    shared = Ports()
    with plugged(dev, "ttyUSB0") as one, plugged(dev, "ttyUSB1", "r503") as two:
        front, back = auto(one, store, clock, shared, "front"), auto(two, store, clock, shared, "back")
        until(front, ScannerHealth.READY)
        until(back, ScannerHealth.READY)
        pull(one, dev, "ttyUSB0")
        front.steps(steps)
        pause, began = front.reader.step(), clock.monotonic()
        put_back(one, dev, "ttyUSB2")
        clock.advance(pause)
        until(front, ScannerHealth.READY)
        assert clock.monotonic() - began <= 10
        assert front.reader.status.port == "/dev/ttyUSB2"
        front.reader.close()
        back.reader.close()


@pytest.mark.parametrize("steps", [1, 9])
def test_F049_two_stations_that_are_told_nothing_find_each_its_own_within_ten_seconds(
    dev: Path, store: Store, clock: FakeClock, steps: int
) -> None:
    """Both are pulled out with the hub, and come back at each other's port."""
    shared = Ports()
    with plugged(dev, "ttyUSB0") as one, plugged(dev, "ttyUSB1", "r503") as two:
        stations = [auto(one, store, clock, shared, "front"), auto(two, store, clock, shared, "back")]
        for station in stations:
            until(station, ScannerHealth.READY)
            assert station.enrol(AMINA).ok
        models = [station.reader.status.model for station in stations]
        pull(one, dev, "ttyUSB0")
        pull(two, dev, "ttyUSB1")
        due = work(clock, stations, [], lambda count: count >= 2 * steps)
        began = clock.monotonic()
        put_back(one, dev, "ttyUSB1")
        put_back(two, dev, "ttyUSB0")
        work(clock, stations, due, lambda _: all(station.health is ScannerHealth.READY for station in stations))
        assert clock.monotonic() - began <= 10
        assert [station.reader.status.model for station in stations] == models
        for station in stations:
            station.reader.close()


def work(
    clock: FakeClock, stations: list[Station], due: list[tuple[float, int]], enough: Callable[[int], bool]
) -> list[tuple[float, int]]:
    """Let each station do its steps when they are due, as their threads would; `enough` is asked with how many there were.

    Returns when the next ones are due.
    """
    due = due or [(clock.monotonic(), number) for number in range(len(stations))]
    for count in range(200):
        if enough(count):
            return due
        when, number = heapq.heappop(due)
        clock.advance(max(0.0, when - clock.monotonic()))
        heapq.heappush(due, (clock.monotonic() + stations[number].reader.step(), number))
    raise AssertionError([station.reader.status for station in stations])


def test_silent_ports_are_not_asked_again_one_after_the_other(
    dev: Path, store: Store, clock: FakeClock, silence: Silence
) -> None:
    with ports(dev, UART, *MODEM), plugged(dev, "ttyUSB0") as emulator:
        desk = auto(emulator, store, clock, Ports())
        until(desk, ScannerHealth.READY)
        pull(emulator, dev, "ttyUSB0")
        desk.steps(40)
        before, began = silence.asked, clock.monotonic()
        desk.steps(20)
        assert silence.asked - before == 20, "one of them in each round"
        assert clock.monotonic() - began > 20 * (PATIENCE_S + 2), "with a pause after it"


def test_a_device_that_comes_back_under_its_name_is_asked_like_a_new_one(
    dev: Path, store: Store, clock: FakeClock, silence: Silence
) -> None:
    with ports(dev, UART), plugged(dev, "ttyUSB0", "gt511c3") as emulator:
        emulator.fault("deaf")
        desk = auto(emulator, store, clock, Ports())
        until(desk, ScannerHealth.FAULT)
        emulator.clear_faults()
        emulator.unplug()
        emulator.replug()
        desk.steps(2)
        assert desk.health is ScannerHealth.READY


@pytest.mark.parametrize("model", ["r307", "gt511c3", "waveshare"])
def test_a_scanner_that_is_found_at_once_leaves_no_error_in_the_journal(
    dev: Path, store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture, model: str
) -> None:
    with plugged(dev, "ttyUSB0", model) as emulator:
        desk = auto(emulator, store, clock, Ports())
        until(desk, ScannerHealth.READY)
        assert errors(caplog) == []
        desk.reader.close()


def test_a_wrong_password_stays_said_whatever_else_is_asked(
    dev: Path, store: Store, clock: FakeClock, silence: Silence, caplog: pytest.LogCaptureFixture
) -> None:
    with ports(dev, UART), plugged(dev, "ttyUSB0") as emulator:
        emulator.device._flash.registers.password = 7  # type: ignore[attr-defined]
        emulator.power_cycle()
        desk = auto(emulator, store, clock, Ports())
        until(desk, ScannerHealth.FAULT)
        said = set[str]()
        for _ in range(30):
            desk.steps(1)
            said.add(desk.reader.status.detail)
        assert len(said) == 1
        assert said.pop().startswith("/dev/ttyUSB0: VfyPwd refused with 13: wrong password. ")
        assert len(errors(caplog)) == 1
        emulator.device._flash.registers.password = 0  # type: ignore[attr-defined]
        emulator.power_cycle()
        until(desk, ScannerHealth.READY, 4)
        desk.reader.close()


@pytest.mark.parametrize("others", [(), (UART, *MODEM)], ids=len)
def test_a_pulled_scanner_is_said_to_be_gone_and_nothing_of_other_ports(
    dev: Path,
    store: Store,
    clock: FakeClock,
    silence: Silence,
    caplog: pytest.LogCaptureFixture,
    others: tuple[str, ...],
) -> None:
    shared = Ports()
    with ports(dev, *others), plugged(dev, "ttyUSB0") as one, plugged(dev, "ttyUSB1", "r503") as two:
        front, back = auto(one, store, clock, shared, "front"), auto(two, store, clock, shared, "back")
        until(front, ScannerHealth.READY)
        until(back, ScannerHealth.READY)
        pull(one, dev, "ttyUSB0")
        until(front, ScannerHealth.FAULT)
        for _ in range(30):
            assert front.reader.status.detail == (
                "the R307 is gone that was at /dev/ttyUSB0. Plug the scanner in again, or check its cable."
            )
            front.steps(1)
        assert len(errors(caplog)) == 1
        front.reader.close()
        back.reader.close()


def test_a_scanner_gone_silent_is_told_once_and_in_the_same_words(
    dev: Path, store: Store, clock: FakeClock, silence: Silence, caplog: pytest.LogCaptureFixture
) -> None:
    with ports(dev, UART), plugged(dev, "ttyUSB0") as emulator:
        desk = auto(emulator, store, clock, Ports())
        until(desk, ScannerHealth.READY)
        emulator.fault("silent")
        until(desk, ScannerHealth.FAULT)
        detail = desk.reader.status.detail
        assert "/dev/ttyUSB0" in detail
        for _ in range(12):
            desk.steps(1)
            assert desk.reader.status.detail == detail
        assert len(errors(caplog)) == 1
        desk.reader.close()


def test_where_no_scanner_ever_was_the_ports_are_named(
    dev: Path, store: Store, clock: FakeClock, silence: Silence, caplog: pytest.LogCaptureFixture
) -> None:
    with ports(dev, UART, MODEM[0]), plugged(dev.parent, "elsewhere") as emulator:
        desk = auto(emulator, store, clock, Ports())
        until(desk, ScannerHealth.FAULT)
        desk.steps(30)
        assert desk.reader.status.detail == "no scanner answers at /dev/ttyUSB7, /dev/ttyAMA0. Plug a scanner in."
        assert len(errors(caplog)) == 1


def test_a_port_that_two_stations_were_given_is_told(dev: Path, store: Store, clock: FakeClock) -> None:
    shared = Ports({"/dev/ttyUSB0": "back"})
    with plugged(dev, "ttyUSB0") as emulator:
        front = make(emulator, store, clock, name="front")
        front.reader._finder = Finder("front", "/dev/ttyUSB0", AUTO, {}, shared)
        front.steps(1)
        assert front.reader.status.detail.startswith("/dev/ttyUSB0 belongs to another station. ")


def test_each_trouble_is_one_line_in_the_journal_however_long_it_lasts(
    dev: Path, store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was measured changes from one try to the next, and so does which of two troubles comes first."""
    silences = (f"not answered in 0.{number} s ({number} stray bytes came)" for number in range(50, 60))
    with plugged(dev, "ttyUSB0") as emulator:
        desk = auto(emulator, store, clock, Ports())
        until(desk, ScannerHealth.READY)
        for _ in range(2):
            with monkeypatch.context() as trouble:
                trouble.setattr(desk.scanner, "identify", lambda: fail("the cable is loose"))
                trouble.setattr(desk.scanner, "check", lambda: fail("the cable is loose"))
                until(desk, ScannerHealth.FAULT)
                for _ in range(3):
                    trouble.setattr(desk.reader._finder, "attempt", lambda: fail(next(silences)))
                    desk.steps(1)
                    trouble.setattr(desk.reader._finder, "attempt", lambda: fail("the cable is loose"))
                    desk.steps(1)
            assert len(errors(caplog)) == 2
            caplog.clear()
            until(desk, ScannerHealth.READY)
        desk.reader.close()


@pytest.mark.parametrize(("model", "baud"), [("r307", 28800), ("waveshare", 38400)])
def test_F056_a_scanner_at_a_rare_speed_is_found(
    dev: Path, store: Store, clock: FakeClock, model: str, baud: int
) -> None:
    with plugged(dev, "ttyUSB0", model) as emulator:
        desk = auto(emulator, store, clock, Ports())
        until(desk, ScannerHealth.READY)
        emulator.device._flash.registers.baud_n = baud // 9600  # type: ignore[attr-defined]
        emulator.power_cycle()
        until(desk, ScannerHealth.FAULT)
        until(desk, ScannerHealth.READY, 4)
        assert desk.scanner.info.baud == baud
        desk.reader.close()
        never_met = auto(emulator, store, clock, Ports())
        until(never_met, ScannerHealth.READY, 12)
        assert never_met.scanner.info.baud == baud
        never_met.reader.close()


def test_a_glitch_before_the_scanner_was_settled_opens_it_anew(
    dev: Path, store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with plugged(dev, "ttyUSB0") as emulator:
        desk = auto(emulator, store, clock, Ports())
        with monkeypatch.context() as glitch:
            glitch.setattr(Library, "settle", lambda *_, **__: fail_to_understand())
            desk.steps(1)
            assert desk.health is ScannerHealth.FAULT
        desk.steps(1)
        assert desk.health is ScannerHealth.READY
        assert (desk.reader.status.model, desk.reader.status.capacity) == ("R307", 1000)
        pull(emulator, dev, "ttyUSB0")
        until(desk, ScannerHealth.FAULT)
        assert desk.reader.status.detail.startswith("the R307 is gone that was at /dev/ttyUSB0.")
