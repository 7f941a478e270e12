"""Which ports there are, and who answers at them: on a folder that plays /dev, with emulators behind its links."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import drivers
from drivers import (
    DeviceError,
    LinkLost,
    UnknownModelError,
    discover,
    probe,
    scanner_families,
    serial_ports,
    start_emulator,
)
from drivers.emulation.host import Emulator
from tests.support.peers import held, peer

CH340 = "usb-1a86_USB_Serial-if00-port0"
FTDI = "usb-FTDI_FT232R_A50285BI-if00-port0"
SOCKETS = ("platform-3f980000.usb-usb-0:1.2:1.0-port0", "platform-3f980000.usb-usb-0:1.4:1.0-port0")


class Machine:
    """A folder that plays /dev."""

    def __init__(self, folder: Path, emulators: ExitStack) -> None:
        self.folder = folder
        self._emulators = emulators

    def node(self, name: str, leads_to: str | None = None) -> None:
        """A device of its own, or a link to one as udev makes it: relative."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if leads_to is None:
            for end in (ends := os.openpty()):
                self._emulators.callback(os.close, end)
            path.symlink_to(os.ttyname(ends[1]))
        else:
            path.symlink_to(os.path.relpath(self.folder / leads_to, path.parent))

    def plug(self, name: str, model: str) -> Emulator:
        """An emulated scanner, at a link in the folder."""
        link = self.folder.parent / f"{model} at {name}"
        (self.folder / name).symlink_to(link)
        return self._emulators.enter_context(start_emulator(model, link=link, instant=True))

    def adapter(self, name: str, *, by_id: str | None = None, by_path: str | None = None) -> None:
        self.node(name)
        if by_id:
            self.node(f"serial/by-id/{by_id}", name)
        if by_path:
            self.node(f"serial/by-path/{by_path}", name)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    folder = tmp_path / "dev"
    folder.mkdir()
    monkeypatch.setenv("KIOSK_DEV", str(folder))
    with ExitStack() as emulators:
        yield Machine(folder, emulators)


def test_a_machine_without_ports(machine: Machine) -> None:
    assert serial_ports() == ()
    assert list(discover()) == []


def test_each_device_once_by_the_name_that_stays_longest(machine: Machine) -> None:
    machine.adapter("ttyUSB0", by_id=FTDI, by_path=SOCKETS[0])
    machine.adapter("ttyACM0")
    for number in (10, 2):
        machine.adapter(f"ttyUSB{number}")
    machine.node("ttyAMA0")
    machine.node("serial0", "ttyAMA0")
    machine.node("ttyS3")
    machine.node("serial/by-id/usb-gone", "ttyUSB7")
    (machine.folder / "ttyUSB0.ctl").touch()
    assert serial_ports() == (
        f"/dev/serial/by-id/{FTDI}",
        "/dev/ttyUSB2",
        "/dev/ttyUSB10",
        "/dev/ttyACM0",
        "/dev/serial0",
    )


def test_F049_two_alike_without_serial_numbers_go_by_their_sockets(machine: Machine) -> None:
    machine.adapter("ttyUSB0", by_id=CH340, by_path=SOCKETS[0])
    assert serial_ports() == (f"/dev/serial/by-id/{CH340}",)
    # udev has one name for both: it leads to either, and to the other one tomorrow.
    machine.adapter("ttyUSB1", by_path=SOCKETS[1])
    assert serial_ports() == tuple(f"/dev/serial/by-path/{socket}" for socket in SOCKETS)


def test_two_scanners_are_found_each_at_its_port(machine: Machine) -> None:
    for number, model in enumerate(("r503", "gt511c3", "r307")):
        machine.plug(f"ttyUSB{number}", model)
    seen = [(look.url, look.found and look.found.info.model) for look in discover(deadline_scale=0.3)]
    assert seen == [("/dev/ttyUSB0", "R503"), ("/dev/ttyUSB1", "GT-511C3"), ("/dev/ttyUSB2", "R307")]


def test_F057_a_port_that_is_held_is_told_and_not_passed_over(machine: Machine) -> None:
    machine.plug("ttyUSB0", "r307")
    with held("/dev/ttyUSB0") as pid:
        [look] = discover(deadline_scale=0.3)
        with pytest.raises(LinkLost, match="cannot open /dev/ttyUSB0"):
            probe("/dev/ttyUSB0")
    assert look.found is None
    assert isinstance(look.trouble, LinkLost)
    assert f"(process {pid})" in look.trouble.cure
    # The other process is gone, and nothing of the probe is left open.
    [look] = discover(deadline_scale=0.3)
    assert look.found


def test_a_port_that_is_taken_is_never_opened(machine: Machine) -> None:
    asked: list[bytes] = []

    def listen(data: bytes) -> bytes:
        asked.append(data)
        return b""

    with peer(machine.folder, listen):
        machine.node("serial/by-id/usb-x", "scanner")
        machine.node("ttyUSB0", "scanner")
        assert list(discover(skip=["/dev/ttyUSB0"])) == []
        assert not asked
        [look] = discover(quick=True, deadline_scale=0.02)
    assert (look.url, look.found, look.trouble) == ("/dev/serial/by-id/usb-x", None, None)
    assert asked


def test_F056_quick_asks_at_the_usual_speeds_and_the_long_way_at_all(machine: Machine) -> None:
    emulator = machine.plug("ttyUSB0", "r307")
    emulator.device._flash.registers.baud_n = 3  # type: ignore[attr-defined]
    emulator.power_cycle()
    assert emulator.state()["baud"] == 28800
    assert probe("/dev/ttyUSB0", quick=True, deadline_scale=0.1) is None
    found = probe("/dev/ttyUSB0", deadline_scale=0.1)
    assert found is not None
    assert (found.family, found.info.baud) == ("zfm", 28800)


def test_a_scanner_that_refuses_to_talk_is_there_all_the_same(machine: Machine) -> None:
    emulator = machine.plug("ttyUSB0", "r307")
    emulator.device._flash.registers.password = 7  # type: ignore[attr-defined]
    emulator.power_cycle()
    [look] = discover()
    assert isinstance(look.trouble, DeviceError)
    assert "password" in look.trouble.cure


def test_only_the_families_that_are_asked_for(machine: Machine) -> None:
    machine.plug("ttyUSB0", "gt511c3")
    assert probe("/dev/ttyUSB0", ["zfm"], quick=True, deadline_scale=0.1) is None
    found = probe("/dev/ttyUSB0", ["gt521"], quick=True)
    assert found is not None
    assert found.family == "gt521"
    with pytest.raises(UnknownModelError):
        probe("/dev/ttyUSB0", ["nonsense"])
    assert scanner_families()[0] == "zfm"


def test_ports_are_asked_at_the_same_time(machine: Machine) -> None:
    for number in range(4):
        machine.plug(f"ttyUSB{number}", "r307").fault("deaf")
    began = time.monotonic()
    looks = list(discover(families=["zfm"], quick=True, deadline_scale=0.2))
    alone = time.monotonic()
    list(discover(["/dev/ttyUSB0"], families=["zfm"], quick=True, deadline_scale=0.2))
    once = time.monotonic() - alone
    assert [look.found for look in looks] == [None] * 4
    assert alone - began < 3 * once


def test_the_facade_has_it_all() -> None:
    assert drivers.Found.__module__ == drivers.Look.__module__ == "drivers.discovery"
