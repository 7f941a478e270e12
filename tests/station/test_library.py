"""The scanner's library is a cache of the store: wiped, interrupted or changed elsewhere, it agrees again with nobody present."""

from pathlib import Path

import pytest

import drivers
from kiosk.models import FingerName
from kiosk.sealing import TemplateKeys
from kiosk.station.setbacks import PATIENCE
from kiosk.views import ScanKind, ScannerHealth
from tests.support.raising import raiser
from tests.support.station import AMINA, BARAKA, EVERY, KEYS, Station, kinds, make, replugged, station, two_enrolled


@pytest.mark.parametrize("model", EVERY)
def test_F051_a_wiped_scanner_is_filled_again_with_nobody_present(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        desk.emulator.wipe()
        replugged(desk)
        desk.restored()
        assert desk.scanner.used() == desk.slots.keys()
        assert len(desk.slots) == 2
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", EVERY)
def test_F051_a_library_that_is_lost_without_a_sound_is_missed_after_five_presses(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        monkeypatch.setattr(desk.reader._library, "patrol", lambda: None)  # a queue leaves no free moment
        monkeypatch.setattr(desk.reader._library, "same", lambda: True)  # nor does a call for a look
        desk.emulator.wipe()
        told = [kind for _ in range(5) for kind in kinds(desk, AMINA)]
        assert told == [*[ScanKind.NOT_RECOGNISED] * 5, ScanKind.WAIT]
        desk.restored()
        assert desk.scanner.used() == desk.slots.keys()
        assert len(desk.slots) == 2
        desk.clock.advance(30)
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", EVERY)
def test_F051_a_library_that_is_lost_without_a_sound_is_missed_in_a_free_moment(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        desk.emulator.wipe()
        desk.clock.advance(6)
        desk.steps(2)
        desk.restored()
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("keys", [KEYS, None])
def test_F051_slots_that_are_empty_all_at_once_are_not_taken_for_bad_ones(
    tmp_path: Path, keys: TemplateKeys | None
) -> None:
    with station(tmp_path, keys=keys) as desk:
        for number in range(PATIENCE + 1):
            assert desk.enrol(AMINA, finger=f"finger {number}", name=list(FingerName)[number]).ok
        desk.emulator.wipe()
        for _ in range(PATIENCE + 1):
            desk.clock.advance(6)
            desk.steps(3)
        desk.restored()
        assert not any(map(desk.reader._setbacks.avoids, range(PATIENCE + 1)))
        assert len(desk.scanner.used()) == len(desk.slots) == (PATIENCE + 1 if keys else 0)


def test_mending_waits_for_the_wire_alone_and_people_come_first(tmp_path: Path) -> None:
    with station(tmp_path) as desk:
        two_enrolled(desk)
        desk.emulator.wipe()
        desk.emulator.unplug()
        desk.steps(2)
        desk.emulator.replug()
        while desk.health is not ScannerHealth.READY or not desk.reader._library.busy:
            desk.steps(1)
        left = desk.reader.status.waiting
        assert left
        desk.emulator.place("a stranger")
        assert desk.reader.step() == 0.1, "somebody is served"
        assert desk.events[-1].kind is ScanKind.NOT_RECOGNISED  # type: ignore[union-attr]
        assert desk.reader.status.waiting == left
        desk.emulator.lift()
        while pause := desk.reader.step():
            desk.clock.advance(pause)
        assert desk.reader.status.waiting == left - 1
        assert desk.restored() == 0
        desk.steps(1)
        assert desk.reader.step() == 0.1, "nothing is left to do"


def test_F052_a_finger_that_was_removed_leaves_the_scanner_too(desk: Station) -> None:
    two_enrolled(desk)
    [finger] = desk.store.fingers.of_member("1")
    desk.store.fingers.forget(finger.id)
    assert kinds(desk, AMINA) == [ScanKind.DENIED]
    desk.steps(60)
    assert len(desk.scanner.used()) == 1
    assert kinds(desk, AMINA) == [ScanKind.NOT_RECOGNISED]


def test_the_library_is_settled_every_night(desk: Station) -> None:
    two_enrolled(desk)
    desk.emulator.wipe()
    desk.clock.advance(86_400)
    desk.steps(2)
    desk.restored()
    assert len(desk.scanner.used()) == 2


def test_two_stations_share_their_fingers(desk: Station, tmp_path: Path) -> None:
    with drivers.start_emulator("r307", link=tmp_path / "second", instant=True, seed=2) as emulator:
        gate = make(emulator, desk.store, desk.clock, name="gate")
        gate.steps()
        two_enrolled(desk)
        gate.steps(60)
        gate.restored()
        assert [result.kind for result in gate.press("finger of BARAKA")] == [ScanKind.WELCOME]
        gate.reader.close()


def test_a_restart_in_the_middle_of_an_import_leaves_both_sides_agreed(desk: Station) -> None:
    two_enrolled(desk)
    desk.emulator.wipe()
    replugged(desk)
    desk.emulator.fault("unplug", at=60)
    desk.steps(3)
    desk.emulator.clear_faults()
    desk.emulator.replug()
    desk.steps(12)
    desk.restored()
    assert desk.scanner.used() == desk.slots.keys()
    assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_a_slot_too_many_is_no_reason_to_ask_for_the_list_twice(desk: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    two_enrolled(desk)
    monkeypatch.setattr(desk.scanner, "delete", raiser(drivers.ProtocolError("it is still there")))
    desk.emulator.plant(9, "a stranger")
    used, asked = desk.scanner.used, list[int]()
    monkeypatch.setattr(desk.scanner, "used", lambda: (asked.append(1), used())[1])
    desk.reader._rounds.disturb()
    desk.steps(1)
    assert len(asked) == 1
