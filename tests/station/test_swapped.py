"""Another scanner in the place of the first: it credits nobody wrongly, and is filled, or says who has to come by."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import drivers
from drivers.emulation.device import Answer
from drivers.emulation.host import Emulator
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import QUERY_SN
from drivers.waveshare.emulator import WaveshareDevice
from drivers.zfm.scanner import ZfmScanner
from kiosk.models import FingerName
from kiosk.station.setbacks import PATIENCE
from kiosk.views import ScanKind, ScannerHealth
from tests.support.raising import raiser
from tests.support.station import (
    AMINA,
    BARAKA,
    FAMILIES,
    NUMBERED,
    Station,
    another,
    credited,
    kinds,
    make,
    replugged,
    station,
    two_enrolled,
)
from tests.support.zfm import batch


def test_F050_an_empty_scanner_of_the_same_model_takes_over_by_itself(desk: Station, tmp_path: Path) -> None:
    two_enrolled(desk)
    with another(desk, tmp_path) as swapped:
        swapped.steps(3)
        assert swapped.health is ScannerHealth.READY
        swapped.restored()
        assert kinds(swapped, AMINA) == [ScanKind.WELCOME]
        assert kinds(swapped, BARAKA) == [ScanKind.WELCOME]
        assert swapped.reader.status.absent == 0


def test_F050_without_copies_another_scanner_credits_nobody_until_it_is_adopted(tmp_path: Path) -> None:
    with station(tmp_path, keys=None) as desk:
        two_enrolled(desk)
        with another(desk, tmp_path, keys=None) as swapped:
            swapped.steps(2)
            assert swapped.health is ScannerHealth.LOCKED
            assert "2 fingers lie in that one alone" in swapped.reader.status.detail
            assert swapped.press("finger of AMINA") == []
        desk.steps(8)
        assert desk.health is ScannerHealth.READY, "the old one is as good as before"
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_F050_a_scanner_that_holds_strangers_is_not_erased_unasked(desk: Station, tmp_path: Path) -> None:
    two_enrolled(desk)
    with another(desk, tmp_path) as swapped:
        swapped.emulator.plant(0, "a stranger")
        swapped.steps(2)
        assert swapped.health is ScannerHealth.LOCKED
        assert "kiosk scanner adopt main" in swapped.reader.status.detail
        assert swapped.press("a stranger") == []
        swapped.reader.adopt()
        swapped.steps(3)
        swapped.restored()
        assert swapped.health is ScannerHealth.READY
        assert [result.kind for result in swapped.press("a stranger")] == [ScanKind.NOT_RECOGNISED]
        assert kinds(swapped, BARAKA) == [ScanKind.WELCOME]
    assert credited(desk) == {"2"}


@contextmanager
def old_one_again(
    tmp_path: Path, model: str, family: str, *, in_the_drawer: Callable[[Station], None]
) -> Iterator[Station]:
    """The scanner that two were enrolled at, after a spare one took its place, was filled, and went."""
    with station(tmp_path, model, family=family) as desk:
        two_enrolled(desk)
        with another(desk, tmp_path, model, family=family) as spare:
            spare.steps(4)
            spare.restored()
            assert spare.scanner.used()
        in_the_drawer(desk)
        desk.steps(8)
        yield desk


@pytest.mark.parametrize(("model", "family"), [*FAMILIES, ("gt511c3", "gt521")])
def test_F050_the_old_scanner_comes_back_after_a_spare_one(tmp_path: Path, model: str, family: str) -> None:
    with old_one_again(tmp_path, model, family, in_the_drawer=lambda _: None) as desk:
        assert desk.health is ScannerHealth.READY, desk.reader.status.detail
        desk.restored()
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize(("model", "family"), FAMILIES)
def test_F050_the_old_scanner_comes_back_after_somebody_has_left(tmp_path: Path, model: str, family: str) -> None:
    def left(desk: Station) -> None:
        [finger] = desk.store.fingers.of_member("1")
        desk.store.fingers.forget(finger.id)

    with old_one_again(tmp_path, model, family, in_the_drawer=left) as desk:
        assert desk.health is ScannerHealth.READY, desk.reader.status.detail
        desk.restored()
        assert len(desk.emulator.device.templates()) == 1
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize(("model", "family"), NUMBERED)
def test_F050_an_old_scanner_that_others_filled_meanwhile_is_not_erased_unasked(
    tmp_path: Path, model: str, family: str
) -> None:
    def filled(desk: Station) -> None:
        desk.emulator.wipe()
        desk.emulator.plant(5, "a stranger")

    with old_one_again(tmp_path, model, family, in_the_drawer=filled) as desk:
        assert desk.health is ScannerHealth.LOCKED
        assert desk.emulator.device.templates().keys() == {5}


@pytest.mark.parametrize(("model", "family"), NUMBERED)
def test_F050_an_old_scanner_that_may_have_somebodys_only_finger_is_not_erased_unasked(
    tmp_path: Path, model: str, family: str
) -> None:
    def copy_lost(desk: Station) -> None:
        [finger] = desk.store.fingers.of_member("1")
        for slot in desk.store.slots.of_finger(finger.id):
            desk.store.slots.free(slot.station, slot.slot)
        desk.store._database.write("DELETE FROM templates WHERE finger_id = ?", (finger.id,))

    with old_one_again(tmp_path, model, family, in_the_drawer=copy_lost) as desk:
        assert desk.health is ScannerHealth.LOCKED
        assert len(desk.emulator.device.templates()) == 2


@pytest.mark.parametrize(("model", "family"), NUMBERED)
def test_F050_a_scanner_that_was_never_here_is_not_erased_for_a_finger_that_is_known(
    tmp_path: Path, model: str, family: str
) -> None:
    with station(tmp_path, model, family=family) as desk:
        two_enrolled(desk)
        [ours, *_] = desk.emulator.device.templates().values()
        with another(desk, tmp_path, model, family=family) as swapped:
            swapped.emulator.device.put(5, ours)
            swapped.steps(4)
            assert swapped.health is ScannerHealth.LOCKED


def test_F050_a_slot_that_cannot_be_read_makes_no_stranger_of_a_scanner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, "zfm20") as desk:
        two_enrolled(desk)
        real = ZfmScanner.export_template

        def worn(scanner: ZfmScanner, slot: int) -> drivers.Template:
            if slot == 0:
                raise drivers.DeviceError("worn", command="LoadChar", code=12)
            return real(scanner, slot)

        monkeypatch.setattr(ZfmScanner, "export_template", worn)
        replugged(desk)
        assert desk.health is ScannerHealth.READY, desk.reader.status.detail
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


def test_F050_a_scanner_of_another_model_says_who_has_to_come_by(desk: Station, tmp_path: Path) -> None:
    two_enrolled(desk)
    with another(desk, tmp_path, "r503") as swapped:
        swapped.steps(3)
        assert swapped.health is ScannerHealth.READY
        assert swapped.reader.status.absent == 2
        assert kinds(swapped, AMINA) == [ScanKind.NOT_RECOGNISED]
        assert swapped.enrol(AMINA).ok
        swapped.steps(60)
        assert swapped.reader.status.absent == 1
        assert kinds(swapped, AMINA) == [ScanKind.WELCOME]
    [finger] = desk.store.fingers.of_member("1")
    assert {kept.model for kept in desk.store.templates.of_finger(finger.id)} == {"R307", "R503"}


@pytest.mark.parametrize(("model", "size"), [("r307", 512), ("r307", 1536), ("r308", 1024), ("zw101", 512)])
def test_F050_a_scanner_of_another_batch_says_who_has_to_come_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, size: int
) -> None:
    with station(tmp_path, model) as desk:
        for number in range(PATIENCE + 1):
            assert desk.enrol(AMINA, finger=f"finger {number}", name=list(FingerName)[number]).ok
        assert desk.enrol(BARAKA).ok
        batch(model, size, monkeypatch)
        with another(desk, tmp_path, model) as swapped:
            swapped.steps(3)
            swapped.restored()
            swapped.steps(1)
            told = swapped.reader.status
            assert (told.health, told.detail, told.used) == (ScannerHealth.READY, "", 0)
            assert (told.template_size, told.waiting, told.absent) == (size, 0, 2)
            assert [each.kind for each in swapped.call("2", "finger of BARAKA")] == [ScanKind.NOT_RECOGNISED]
            assert (swapped.health, swapped.reader.status.glitches) == (ScannerHealth.READY, 0)
            fingers = [finger.id for finger in desk.store.fingers.all()]
            assert not any(map(swapped.reader._setbacks.hopeless, fingers)), "their own scanner may come back today"
            assert swapped.enrol(BARAKA).ok
            assert swapped.slots.keys() == {0}, "no slot was called bad"
            assert kinds(swapped, BARAKA) == [ScanKind.WELCOME]
            assert swapped.reader.status.absent == 1
            swapped.emulator.wipe()
            replugged(swapped)
            swapped.restored()
            assert kinds(swapped, BARAKA) == [ScanKind.ALREADY], "the copy is of the enrolment on this scanner"


def test_a_finger_that_is_enrolled_on_a_new_batch_reaches_the_other_station_too(
    desk: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.enrol(AMINA).ok
    batch("r307", 512, monkeypatch)
    with (
        another(desk, tmp_path) as swapped,
        drivers.start_emulator("r307", link=tmp_path / "second", instant=True, seed=3) as emulator,
    ):
        gate = make(emulator, desk.store, desk.clock, name="gate")
        for each in (swapped, gate):
            each.steps(4)
            each.restored()
        assert gate.reader.status.absent == 1
        desk.clock.advance(60)
        assert swapped.enrol(AMINA).ok
        desk.clock.advance(6)
        gate.steps(3)
        gate.restored()
        assert kinds(gate, AMINA) == [ScanKind.WELCOME]
        gate.reader.close()


def unheard(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    """Let one answer to the question for the serial number be lost, the `which`th."""
    device = emulator.device
    assert isinstance(device, WaveshareDevice)
    answer, asked = device._answer, [0]

    def lost(packet: Packet) -> Answer:
        asked[0] += packet.code == QUERY_SN.code
        return Answer(b"") if packet.code == QUERY_SN.code and asked[0] == which else answer(packet)

    monkeypatch.setattr(device, "_answer", lost)


@pytest.mark.parametrize("which", range(1, 7))
def test_F050_one_lost_number_locks_no_spare_scanner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, which: int
) -> None:
    with station(tmp_path, "waveshare", family="waveshare") as desk:
        two_enrolled(desk)
        with another(desk, tmp_path, "waveshare", family="waveshare") as swapped:
            unheard(swapped.emulator, monkeypatch, which)
            for _ in range(12):
                swapped.clock.advance(6)
                swapped.steps(3)
                swapped.restored()
            assert swapped.health is ScannerHealth.READY, swapped.reader.status.detail
            assert len(swapped.slots) == 2
            assert "another scanner is there" not in caplog.text
            replugged(swapped)
            assert swapped.health is ScannerHealth.READY, swapped.reader.status.detail


def test_F050_a_scanner_whose_number_was_never_heard_is_known_by_its_content_and_then_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, "waveshare", family="waveshare") as desk:
        desk.reader.close()
        with drivers.start_emulator("waveshare", link=tmp_path / "mute", instant=True, seed=3) as emulator:
            with monkeypatch.context() as line:
                line.setattr("drivers.waveshare.settings.read_serial", raiser(drivers.ProtocolError("damaged")))
                mute = make(emulator, desk.store, desk.clock, family="waveshare")
                mute.steps(4)
                assert mute.scanner.info.serial is None
                two_enrolled(mute)
                mute.reader.close()
            for _ in range(2):
                mute.steps(4)
                assert mute.health is ScannerHealth.READY, mute.reader.status.detail
                assert desk.store.notes.get("scanner-serial:main") == mute.scanner.info.serial
                mute.reader.close()
