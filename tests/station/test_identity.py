"""Whose scanner is it? Plugs that were exchanged, stations that were renamed, kiosks that are not this one."""

from collections.abc import Sequence
from pathlib import Path

import pytest

import drivers
from kiosk.clock import FakeClock
from kiosk.models import FingerName
from kiosk.sealing import TemplateKeys
from kiosk.station import Ports
from kiosk.store import Store
from kiosk.views import ScanKind, ScannerHealth
from tests.support.station import AMINA, BARAKA, KEYS, Station, kinds, make, station


def unharmed(desks: Sequence[Station], before: Sequence[dict[int, bytes]]) -> None:
    """Each has in its own scanner what it had `before`, and serves people again."""
    assert [desk.emulator.device.templates() for desk in desks] == before
    for desk in desks:
        desk.steps(8)
        assert desk.health is ScannerHealth.READY


def test_no_other_kiosk_erases_a_scanner_unasked(desk: Station, tmp_path: Path) -> None:
    desk.enrol(AMINA)
    desk.reader.close()
    fresh = Store.open(tmp_path / "fresh.db")
    for keys in (None, KEYS):
        stranger = make(desk.emulator, fresh, FakeClock(), keys=keys)
        stranger.steps(3)
        assert stranger.health is ScannerHealth.LOCKED
        stranger.reader.close()
    assert desk.emulator.device.templates().keys() == {0}
    fresh.close()


def test_a_station_does_not_take_the_scanner_of_another(tmp_path: Path) -> None:
    with (
        station(tmp_path) as front,
        drivers.start_emulator("r307", link=tmp_path / "second", instant=True, seed=2) as emulator,
    ):
        gate = make(emulator, front.store, front.clock, name="gate")
        gate.steps()
        assert gate.enrol(AMINA).ok
        gate.reader.close()
        front.reader.close()
        thief = make(emulator, front.store, front.clock)
        thief.steps(2)
        assert thief.health is ScannerHealth.LOCKED
        assert 'the scanner of station "gate"' in thief.reader.status.detail
        gate.steps(8)
        assert gate.health is ScannerHealth.READY, "the port was given back"
        assert kinds(gate, AMINA) == [ScanKind.WELCOME]
        gate.reader.close()
        thief.reader.close()


@pytest.mark.parametrize(("model", "family"), [("r307", "zfm"), ("gt511c3", "gt521"), ("waveshare", "waveshare")])
def test_exchanged_plugs_are_called_so_and_cost_nobody_a_finger(tmp_path: Path, model: str, family: str) -> None:
    with (
        station(tmp_path, model, family=family) as front,
        drivers.start_emulator(model, link=tmp_path / "second", instant=True, seed=2) as emulator,
    ):
        gate = make(emulator, front.store, front.clock, name="gate", family=family)
        gate.steps()
        assert front.enrol(AMINA).ok
        gate.steps(60)
        before = [desk.emulator.device.templates() for desk in (front, gate)]
        assert all(before)
        for desk in (front, gate):
            desk.reader.close()
        for owner, desk, name in (("gate", gate, "main"), ("main", front, "gate")):
            crossed = make(desk.emulator, front.store, front.clock, name=name, family=family)
            crossed.steps(3)
            told = crossed.reader.status
            assert told.health is ScannerHealth.LOCKED
            assert f'the scanner of station "{owner}"' in told.detail
            assert "exchange them back, or exchange the ports of the two stations in the configuration" in told.detail
            crossed.reader.close()
        unharmed((front, gate), before)
        gate.reader.close()


def test_a_station_that_was_renamed_is_told_its_name(desk: Station) -> None:
    assert desk.enrol(AMINA).ok
    desk.reader.close()
    renamed = make(desk.emulator, desk.store, desk.clock, name="front door")
    renamed.steps(3)
    assert renamed.health is ScannerHealth.LOCKED
    assert 'call it "main" again' in renamed.reader.status.detail
    assert "exchange" not in renamed.reader.status.detail
    renamed.reader.close()


def test_a_port_that_is_configured_for_one_station_is_never_another_ones(tmp_path: Path) -> None:
    ports = Ports({str(tmp_path / "scanner"): "gate"})
    with drivers.start_emulator("r307", link=tmp_path / "scanner", instant=True) as emulator:
        assert not ports.claim(emulator.port, "main")
        assert ports.claim(emulator.port, "gate")


@pytest.mark.parametrize("keys", [KEYS, None])
@pytest.mark.parametrize("model", ["zfm20", "r308"])
def test_exchanged_plugs_are_told_by_the_content_where_there_is_neither_tag_nor_number(
    tmp_path: Path, model: str, keys: TemplateKeys | None
) -> None:
    with (
        station(tmp_path, model, keys=keys) as front,
        drivers.start_emulator(model, link=tmp_path / "gate", instant=True, seed=2) as emulator,
    ):
        gate = make(emulator, front.store, front.clock, name="gate", keys=keys)
        gate.steps()
        for number, name in enumerate(list(FingerName)[:3]):
            assert front.enrol(AMINA, f"a{number}", name=name).ok
            assert gate.enrol(BARAKA, f"b{number}", name=name).ok
            for desk in (front, gate):
                desk.clock.advance(6)
                desk.steps(2)
                desk.restored()
        before = [desk.emulator.device.templates() for desk in (front, gate)]
        for desk in (front, gate):
            desk.reader.close()
        crossed = [
            make(desk.emulator, front.store, front.clock, name=name, keys=keys)
            for desk, name in ((gate, "main"), (front, "gate"))
        ]
        for _ in range(20):  # both at once
            for desk in crossed:
                desk.steps(1)
        for desk, owner in zip(crossed, ("gate", "main"), strict=True):
            assert desk.health is ScannerHealth.LOCKED
            assert f'the scanner of station "{owner}"' in desk.reader.status.detail
            desk.reader.close()
        unharmed((front, gate), before)
        gate.reader.close()
