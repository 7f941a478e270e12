"""Unmodified afrik-fingerprint: a client that shares no line with pyfingerprint, and asks no sensor for its parameters."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from afrik_fingerprint import AS608, R307, R503, FingerprintSensor, ProtocolError, SensorCommandError
from afrik_fingerprint.protocol import ConfirmationCode

from drivers import Hit
from drivers.emulation.host import Emulator
from tests.support.emulators import ZFM_MODELS
from tests.support.scanners import emulated, enrol, opened

OWN: dict[str, Callable[[str], FingerprintSensor]] = {"as608": AS608, "r307": R307, "r503": R503}
"""Models for which it has a class; its base serves the others."""

SLOTS = {"zfm20": 162, "as608": 300, "r305": 256, "r307": 1000, "r308": 500, "r503": 200, "zw101": 50}

EVERY = pytest.mark.parametrize("model", sorted(ZFM_MODELS))


@contextmanager
def client(emulator: Emulator, model: str) -> Iterator[FingerprintSensor]:
    with OWN.get(model, FingerprintSensor)(emulator.link) as sensor:
        yield sensor


@pytest.fixture
def emulator(model: str, tmp_path: Path) -> Iterator[Emulator]:
    with emulated(model, tmp_path) as emulator:
        yield emulator


@pytest.fixture
def sensor(emulator: Emulator, model: str) -> Iterator[FingerprintSensor]:
    with client(emulator, model) as sensor:
        yield sensor


def refused(code: int, ask: Callable[[], object]) -> None:
    with pytest.raises(SensorCommandError) as refusal:
        ask()
    assert refusal.value.status == code


def pressed(sensor: FingerprintSensor, emulator: Emulator, finger: str, buffer: int = 1) -> None:
    emulator.place(finger)
    sensor.capture_image()
    sensor.image_to_buffer(buffer)


def enrolled(sensor: FingerprintSensor, emulator: Emulator, finger: str, slot: int) -> list[str]:
    """Enrol as it wants it done; returns what it asked for."""
    asked = []

    def obey(prompt: str) -> None:
        asked.append(prompt)
        if prompt == "remove_finger":
            emulator.lift()
        else:
            emulator.place(finger)

    sensor.enroll(slot, on_prompt=obey)
    return asked


@EVERY
def test_enrol_identify_and_delete(sensor: FingerprintSensor, emulator: Emulator) -> None:
    assert enrolled(sensor, emulator, "amina", 0) == ["place_finger", "remove_finger", "place_finger_again"]
    enrolled(sensor, emulator, "juma", 7)
    for finger, slot in (("amina", 0), ("juma", 7)):
        emulator.place(finger)
        found, score = sensor.identify()
        assert found == slot
        assert score > 80
    emulator.place("a stranger")
    refused(ConfirmationCode.FINGER_NOT_FOUND, sensor.identify)
    sensor.delete_template(7)
    emulator.place("juma")
    refused(ConfirmationCode.FINGER_NOT_FOUND, sensor.identify)
    sensor.empty_library()
    assert emulator.device.templates() == {}


@EVERY
def test_no_finger_and_a_bad_one(sensor: FingerprintSensor, emulator: Emulator) -> None:
    refused(ConfirmationCode.NO_FINGER_DETECTED, sensor.capture_image)
    emulator.place("amina", "smudged")
    sensor.capture_image()
    refused(ConfirmationCode.IMAGE_TOO_MESSY, lambda: sensor.image_to_buffer(1))


@EVERY
def test_different_fingers(sensor: FingerprintSensor, emulator: Emulator, model: str) -> None:
    pressed(sensor, emulator, "amina", 1)
    pressed(sensor, emulator, "juma", 2)
    if model == "r503":
        sensor.create_model()  # it takes them for one finger (Adafruit #104, #120)
    else:
        refused(ConfirmationCode.FEATURE_MERGE_FAIL, sensor.create_model)


@EVERY
def test_a_stored_template_is_loaded_and_stored_elsewhere(sensor: FingerprintSensor, emulator: Emulator) -> None:
    enrolled(sensor, emulator, "amina", 3)
    sensor.load_model(3)
    sensor.store_model(4)
    sensor.delete_template(3)
    emulator.place("amina")
    assert sensor.identify()[0] == 4
    refused(ConfirmationCode.READ_TEMPLATE_ERROR, lambda: sensor.load_model(3))


@EVERY
def test_a_wrong_password(emulator: Emulator, model: str) -> None:
    stranger = OWN.get(model, FingerprintSensor)(emulator.link)
    try:
        refused(ConfirmationCode.WRONG_PASSWORD, lambda: stranger.connect(0xC0FFEE))
        assert stranger.verify_password()
    finally:
        stranger.disconnect()


@EVERY
def test_a_slot_that_the_model_has_not(sensor: FingerprintSensor, emulator: Emulator, model: str) -> None:
    pressed(sensor, emulator, "amina", 1)
    pressed(sensor, emulator, "amina", 2)
    sensor.create_model()
    sensor.max_capacity = 0xFFFF
    refused(ConfirmationCode.PAGE_ID_OUT_OF_RANGE, lambda: sensor.store_model(SLOTS[model]))
    sensor.store_model(SLOTS[model] - 1)


@EVERY
def test_a_damaged_answer_is_seen(sensor: FingerprintSensor, emulator: Emulator) -> None:
    emulator.fault("garble", at=9, mask=0x10)
    with pytest.raises(ProtocolError, match="Checksum mismatch"):
        sensor.verify_password()
    assert sensor.verify_password()


@pytest.mark.parametrize("model", ["r307"])
def test_what_one_enrols_the_other_finds(emulator: Emulator, model: str) -> None:
    with client(emulator, model) as sensor:
        enrolled(sensor, emulator, "amina", 5)
        emulator.lift()
    with opened(emulator) as scanner:
        enrol(scanner, emulator, "juma", 6)
        emulator.place("amina")
        hit = scanner.identify()
    assert isinstance(hit, Hit)
    assert hit.slot == 5
