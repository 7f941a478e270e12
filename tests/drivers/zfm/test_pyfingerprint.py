"""Unmodified pyfingerprint, opened by path: whatever it does on a real sensor it does on the emulator of that model."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyfingerprint.pyfingerprint import PyFingerprint

from drivers import Hit
from drivers.emulation.host import Emulator
from tests.support.emulators import ZFM_MODELS
from tests.support.scanners import emulated, enrol, opened

# ReadSysPara as pyfingerprint gives it: status, system id, capacity, level, address, packet size code, baud/9600.
PARAMETERS = {
    "zfm20": (4, 9, 162, 3, 0xFFFFFFFF, 2, 6),
    "as608": (4, 9, 300, 3, 0xFFFFFFFF, 2, 6),
    "r305": (4, 9, 256, 3, 0xFFFFFFFF, 2, 6),
    "r307": (4, 9, 1000, 3, 0xFFFFFFFF, 2, 6),
    "r503": (4, 0, 200, 3, 0xFFFFFFFF, 2, 6),
    "zw101": (4, 0, 50, 3, 0xFFFFFFFF, 2, 6),
}
# The R308 refuses ReadSysPara (pyfingerprint #44), which pyfingerprint asks before every search, store, load and delete.
SILENT_ABOUT_ITSELF = "r308"
TELLING = pytest.mark.parametrize("model", sorted(PARAMETERS))
EVERY = pytest.mark.parametrize("model", sorted(ZFM_MODELS))


@contextmanager
def client(emulator: Emulator) -> Iterator[PyFingerprint]:
    sensor = PyFingerprint(emulator.link, 57600, 0xFFFFFFFF, 0)
    try:
        assert sensor.verifyPassword()
        yield sensor
    finally:
        sensor._PyFingerprint__serial.close()


@pytest.fixture
def emulator(model: str, tmp_path: Path) -> Iterator[Emulator]:
    with emulated(model, tmp_path) as emulator:
        yield emulator


@pytest.fixture
def original(emulator: Emulator) -> Iterator[PyFingerprint]:
    with client(emulator) as sensor:
        yield sensor


def capture(sensor: PyFingerprint, buffer: int) -> None:
    assert sensor.readImage()
    assert sensor.convertImage(buffer)


def stored(sensor: PyFingerprint, emulator: Emulator, name: str, slot: int = -1) -> int:
    emulator.place(name)
    capture(sensor, 1)
    capture(sensor, 2)
    assert sensor.createTemplate()
    return sensor.storeTemplate(slot)  # type: ignore[no-any-return]


def test_every_model_is_covered() -> None:
    assert {*PARAMETERS, SILENT_ABOUT_ITSELF} == ZFM_MODELS.keys()


@TELLING
def test_parameters(original: PyFingerprint, model: str) -> None:
    assert original.getSystemParameters() == PARAMETERS[model]
    assert (original.getMaxPacketSize(), original.getBaudRate()) == (128, 57600)


@EVERY
def test_no_finger(original: PyFingerprint) -> None:
    assert original.readImage() is False


@TELLING
def test_enrol_search_and_delete(original: PyFingerprint, emulator: Emulator) -> None:
    assert stored(original, emulator, "amina") == 0
    assert stored(original, emulator, "juma") == 1
    assert original.getTemplateCount() == 2
    assert original.getTemplateIndex(0)[:3] == [True, True, False]
    emulator.place("juma")
    capture(original, 1)
    slot, score = original.searchTemplate()
    assert slot == 1
    assert score > 80
    assert original.deleteTemplate(1)
    capture(original, 1)
    assert original.searchTemplate() == (-1, -1)
    assert original.clearDatabase()
    assert original.getTemplateCount() == 0


@pytest.mark.parametrize("model", [SILENT_ABOUT_ITSELF])
def test_model_that_refuses_to_tell_its_parameters(original: PyFingerprint, emulator: Emulator) -> None:
    emulator.place("amina")
    capture(original, 1)
    capture(original, 2)
    assert original.compareCharacteristics() > 80
    assert original.createTemplate()
    for refused in (
        original.getSystemParameters,
        original.searchTemplate,
        lambda: original.storeTemplate(0),
        lambda: original.loadTemplate(0),
        lambda: original.deleteTemplate(0),
        lambda: original.uploadCharacteristics(1, [0] * 512),
    ):
        with pytest.raises(Exception, match="Communication error"):
            refused()
    # What it does not need the parameters for, works.
    assert len(original.downloadCharacteristics(1)) == 512
    assert (original.getTemplateCount(), original.getTemplateIndex(0)[0]) == (0, False)
    assert original.clearDatabase()


@EVERY
def test_different_fingers(original: PyFingerprint, emulator: Emulator, model: str) -> None:
    emulator.place("amina")
    capture(original, 1)
    emulator.place("juma")
    capture(original, 2)
    assert original.compareCharacteristics() == 0
    # The R503 takes them for one finger (Adafruit #104, #120).
    assert original.createTemplate() is (model == "r503")


@TELLING
def test_template_transfer_both_ways(original: PyFingerprint, emulator: Emulator, model: str) -> None:
    stored(original, emulator, "amina", 5)
    assert original.loadTemplate(5, 1)
    template = original.downloadCharacteristics(1)
    assert len(template) == {"r307": 768, "r503": 1536, "zw101": 2048}.get(model, 512)
    assert original.uploadCharacteristics(2, template)
    assert original.storeTemplate(6, 2) == 6
    assert original.deleteTemplate(5)
    capture(original, 1)
    assert original.searchTemplate()[0] == 6


@pytest.mark.parametrize("model", ["r305", "r307"])
def test_search_after_upload_is_refused_by_the_r30x(original: PyFingerprint, emulator: Emulator) -> None:
    stored(original, emulator, "amina", 5)
    template = original.downloadCharacteristics(1)
    assert original.uploadCharacteristics(1, template)
    with pytest.raises(Exception, match="Communication error"):
        original.searchTemplate()


@pytest.mark.parametrize("model", ["zw101"])
def test_empty_library_of_a_zw101_is_a_code_that_pyfingerprint_does_not_know(
    original: PyFingerprint, emulator: Emulator
) -> None:
    emulator.place("amina")
    capture(original, 1)
    with pytest.raises(Exception, match="0x24"):
        original.searchTemplate()


@TELLING
def test_packet_size_setting(original: PyFingerprint, emulator: Emulator, model: str) -> None:
    stored(original, emulator, "amina", 5)
    original.setMaxPacketSize(32)
    # An R503 takes it over when it starts.
    assert original.getMaxPacketSize() == (128 if model == "r503" else 32)
    original.loadTemplate(5, 1)
    assert len(original.downloadCharacteristics(1)) >= 512


@pytest.mark.parametrize("model", ["zfm20", "as608", "r305", "r307"])
def test_picture_has_the_size_that_pyfingerprint_expects(
    original: PyFingerprint, emulator: Emulator, tmp_path: Path
) -> None:
    emulator.place("amina")
    assert original.readImage()
    original.downloadImage(str(tmp_path / "finger.bmp"))
    assert (tmp_path / "finger.bmp").stat().st_size > 256 * 288


@pytest.mark.parametrize("model", ["r503"])
def test_picture_of_an_r503_is_too_small_for_pyfingerprint(
    original: PyFingerprint, emulator: Emulator, tmp_path: Path
) -> None:
    emulator.place("amina")
    assert original.readImage()
    with pytest.raises(IndexError):
        original.downloadImage(str(tmp_path / "finger.bmp"))


@EVERY
def test_refusals_reach_it_as_text(original: PyFingerprint, emulator: Emulator) -> None:
    emulator.place("amina", "smudged")
    assert original.readImage()
    with pytest.raises(Exception, match="too messy"):
        original.convertImage(1)


@EVERY
def test_password_and_address(original: PyFingerprint, emulator: Emulator, model: str) -> None:
    original.setPassword(0xC0FFEE)
    original.setAddress(0x01020304)
    assert original.verifyPassword()
    emulator.power_cycle()
    # pyfingerprint stumbles over what the sensor says when it starts; a driver must not.
    words = {"zfm20": "", "zw101": "00F8FCFE55"}.get(model, "00FE55")
    assert original._PyFingerprint__serial.read(len(words) // 2) == bytes.fromhex(words)
    with pytest.raises(Exception, match="0x21"):
        original.getTemplateCount()
    assert original.verifyPassword()
    assert original.getTemplateCount() == 0


@pytest.mark.parametrize("model", ["r307"])
def test_what_one_enrols_the_other_finds(emulator: Emulator) -> None:
    with client(emulator) as sensor:
        stored(sensor, emulator, "amina", 5)
    with opened(emulator) as scanner:
        enrol(scanner, emulator, "juma", 6)
        emulator.place("amina")
        hit = scanner.identify()
    assert isinstance(hit, Hit)
    assert hit.slot == 5
