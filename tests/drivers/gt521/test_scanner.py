import time
from pathlib import Path

import pytest

from drivers import (
    Capability,
    DeviceError,
    EnrolState,
    Hit,
    Light,
    LinkLost,
    LinkTimeout,
    NoFinger,
    NoMatch,
    ProtocolError,
    Retry,
    RetryReason,
    Template,
    UnsupportedError,
)
from drivers.emulation.host import Emulator
from drivers.gt521 import commands
from drivers.gt521.codec import Packet
from drivers.gt521.emulator import Gt521Device
from drivers.gt521.reply import refusal
from drivers.gt521.scanner import Gt521Scanner
from tests.support.gt521 import device_of, heard
from tests.support.scanners import emulated, enrol, opened


def test_open_learns_what_it_is(emulator: Emulator) -> None:
    with opened(emulator) as scanner:
        info = scanner.info
    assert (info.family, info.model, info.capacity, info.slot_base) == ("gt521", "GT-511C3", 200, 0)
    assert (info.template_size, info.security_level, info.baud, info.remarks) == (498, None, 9600, ())
    assert info.serial is not None
    assert len(info.serial) == 32
    assert info.capabilities == Capability.PRESENCE | Capability.TEMPLATES | Capability.VERIFY


def test_open_tells_a_gt521_by_its_size_and_level(large: Emulator) -> None:
    with opened(large) as scanner:
        assert (scanner.info.model, scanner.info.capacity, scanner.info.security_level) == ("GT-521F52", 3000, 3)
        assert Capability.IMAGE in scanner.info.capabilities


def test_open_leaves_the_light_off_and_close_turns_it_off(emulator: Emulator, scanner: Gt521Scanner) -> None:
    assert emulator.state()["light"] == "off"
    scanner.identify()
    assert emulator.state()["light"] == "on"
    device = device_of(emulator)
    seen: list[bytes] = []
    device.receive, receive = (lambda data: (seen.append(data), receive(data))[1]), device.receive  # type: ignore[method-assign]
    scanner.close()
    deadline = time.monotonic() + 5
    while not seen and time.monotonic() < deadline:
        emulator.state()
    assert b"".join(seen) == Packet(0x12, 0).to_bytes()
    assert emulator.state()["light"] == "off"


def test_identify_through_all_answers(emulator: Emulator, scanner: Gt521Scanner) -> None:
    assert scanner.identify() == NoFinger()
    emulator.place("amina")
    assert scanner.identify() == NoMatch()
    enrol(scanner, emulator, "amina", 0)
    enrol(scanner, emulator, "juma", 199)
    for name, slot in (("amina", 0), ("juma", 199)):
        emulator.place(name)
        assert scanner.identify() == Hit(slot, None)
    emulator.place("otieno")
    assert scanner.identify() == NoMatch()


def test_identify_asks_no_more_than_it_needs(
    emulator: Emulator, scanner: Gt521Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(scanner, emulator, "amina", 3)
    seen = heard(emulator, monkeypatch)
    scanner.identify()
    light, pressed = Packet(0x12, 1), Packet(0x26)
    assert seen == [light, pressed]
    emulator.place("amina")
    scanner.identify()
    assert seen[2:] == [light, pressed, Packet(0x60, 0), Packet(0x51), Packet(0x21, 0xFFFF)]


@pytest.mark.parametrize("quality", ["dry", "wet", "smudged", "partial", "imaging", "residual"])
def test_bad_pictures_ask_for_another_press(emulator: Emulator, scanner: Gt521Scanner, quality: str) -> None:
    enrol(scanner, emulator, "amina", 3)
    emulator.place("amina", quality)
    assert scanner.identify() == Retry(RetryReason.UNCLEAR)
    assert scanner.verify(3) == Retry(RetryReason.UNCLEAR)
    assert scanner.present()


def test_F055_presence_ends_when_the_finger_is_lifted(emulator: Emulator, scanner: Gt521Scanner) -> None:
    assert not scanner.present()
    emulator.place("amina")
    assert scanner.present()
    emulator.lift()
    assert not scanner.present()


def test_a_sensor_that_lost_its_light_with_its_power_sees_again(emulator: Emulator) -> None:
    device = device_of(emulator)
    # Deaf to ChangeBaudRate, so that the line survives the loss of power.
    device._handlers[commands.CHANGE_BAUD_RATE.code] = lambda _: refusal(commands.INVALID_PARAM)
    with opened(emulator) as scanner:
        assert "9600" in scanner.info.remarks[0]
        enrol(scanner, emulator, "amina", 3)
        emulator.power_cycle()
        emulator.place("amina")
        assert scanner.identify() == Hit(3, None)


def test_enrol_steps_and_proof(emulator: Emulator, scanner: Gt521Scanner) -> None:
    steps = enrol(scanner, emulator, "amina", 199)
    assert [step.state for step in steps] == [
        *("place", "captured", "lift"),
        *("place", "captured", "lift"),
        *("place", "stored"),
    ]
    assert [step.sample for step in steps] == [1, 1, 2, 2, 2, 3, 3, 3]
    assert scanner.used() == {199}


def test_enrol_finds_the_duplicate_on_the_first_press(emulator: Emulator, scanner: Gt521Scanner) -> None:
    enrol(scanner, emulator, "amina", 1)
    step = enrol(scanner, emulator, "amina", 2)[-1]
    assert (step.state, step.sample, step.hit) == (EnrolState.DUPLICATE, 1, Hit(1, None))
    assert scanner.used() == {1}


def test_enrol_takes_the_sensors_word_for_a_duplicate(
    emulator: Emulator, scanner: Gt521Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(scanner, emulator, "amina", 1)
    monkeypatch.setattr(scanner._session, "identify", lambda _capacity: NoMatch())
    step = enrol(scanner, emulator, "amina", 2)[-1]
    assert (step.state, step.sample, step.hit) == (EnrolState.DUPLICATE, 3, Hit(1, None))
    assert scanner.used() == {1}


@pytest.mark.parametrize("names", [("amina", "juma", "amina"), ("amina", "amina", "juma")])
def test_enrol_of_different_fingers_is_a_mismatch(
    emulator: Emulator, scanner: Gt521Scanner, names: tuple[str, ...]
) -> None:
    assert enrol(scanner, emulator, names, 4)[-1].state is EnrolState.MISMATCH
    assert scanner.used() == frozenset()
    assert enrol(scanner, emulator, "amina", 4)[-1].state is EnrolState.STORED


def test_enrol_asks_again_after_a_bad_picture_on_any_press(emulator: Emulator, scanner: Gt521Scanner) -> None:
    steps = scanner.enrol(4)
    for sample in (1, 2, 3):
        emulator.place("amina", "dry")
        step = next(steps)
        assert (step.state, step.sample, step.reason) == (EnrolState.RETRY, sample, RetryReason.UNCLEAR)
        emulator.place("amina")
        assert next(steps).state is (EnrolState.CAPTURED if sample < 3 else EnrolState.STORED)
        emulator.lift()
        if sample < 3:
            assert next(steps).state is EnrolState.PLACE
    assert scanner.used() == {4}


def test_enrol_given_up_at_every_step_stores_nothing(emulator: Emulator, scanner: Gt521Scanner) -> None:
    for cut in range(1, 6):
        emulator.lift()
        steps = scanner.enrol(4)
        for _ in range(cut):
            step = next(steps)
            emulator.place("amina") if step.state is EnrolState.PLACE else emulator.lift()
        steps.close()  # type: ignore[attr-defined]
        assert scanner.used() == frozenset()
        emulator.place("amina")
        assert scanner.identify() == NoMatch()


def test_enrol_into_a_slot_in_use_is_refused_before_any_press(emulator: Emulator, scanner: Gt521Scanner) -> None:
    enrol(scanner, emulator, "amina", 4)
    with pytest.raises(DeviceError, match="slot already used") as refused:
        next(scanner.enrol(4))
    assert refused.value.code == 0x1005
    assert "Delete" in refused.value.cure


@pytest.mark.parametrize("samples", [0, 1, 4])
def test_enrol_with_presses_that_the_sensor_does_not_merge(scanner: Gt521Scanner, samples: int) -> None:
    with pytest.raises(DeviceError, match="merges 3 presses"):
        scanner.enrol(1, samples)


@pytest.mark.parametrize("slot", [-1, 200, 65535])
def test_slots_that_the_model_does_not_have(scanner: Gt521Scanner, slot: int) -> None:
    for call in (scanner.enrol, scanner.delete, scanner.verify, scanner.export_template):
        with pytest.raises(DeviceError, match="out of range, 0 to 199") as refused:
            call(slot)
        assert refused.value.code == 0x1003
    with pytest.raises(DeviceError):
        scanner.import_template(slot, Template("GT-511C3", bytes(498)))


def test_delete_and_clear_are_proved(emulator: Emulator, scanner: Gt521Scanner) -> None:
    for slot, name in ((0, "amina"), (100, "juma"), (199, "otieno")):
        enrol(scanner, emulator, name, slot)
    scanner.delete(100)
    scanner.delete(100)
    assert scanner.used() == {0, 199}
    emulator.place("juma")
    assert scanner.identify() == NoMatch()
    scanner.clear()
    scanner.clear()
    assert scanner.used() == frozenset()


def test_a_lying_sensor_is_found_out(
    emulator: Emulator, scanner: Gt521Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(scanner, emulator, "amina", 5)
    template = scanner.export_template(5)
    flash = device_of(emulator)._flash
    monkeypatch.setattr(flash, "erase", lambda _slot: None)
    with pytest.raises(ProtocolError, match="still used"):
        scanner.delete(5)
    with pytest.raises(ProtocolError, match="not empty"):
        scanner.clear()
    monkeypatch.setattr(flash, "write", lambda _slot, _data: None)
    with pytest.raises(ProtocolError, match="is empty"):
        enrol(scanner, emulator, "juma", 6)
    with pytest.raises(ProtocolError, match="does not hold"):
        scanner.import_template(8, template)
    monkeypatch.setattr(scanner._session, "count", lambda: 2)
    with pytest.raises(ProtocolError, match="only 1 were found"):
        scanner.used()


def test_verify_looks_at_one_slot_only(emulator: Emulator, scanner: Gt521Scanner) -> None:
    enrol(scanner, emulator, "amina", 7)
    enrol(scanner, emulator, "juma", 8)
    assert scanner.verify(7) == NoFinger()
    emulator.place("amina")
    assert scanner.verify(7) == Hit(7, None)
    assert scanner.verify(8) == NoMatch()
    assert scanner.verify(9) == NoMatch()


def test_confirm_asks_whether_the_last_picture_is_of_that_slot(emulator: Emulator, scanner: Gt521Scanner) -> None:
    enrol(scanner, emulator, "amina", 7)
    enrol(scanner, emulator, "juma", 8)
    emulator.place("amina")
    hit = scanner.identify()
    assert hit == Hit(7, None)
    emulator.lift()
    assert scanner.confirm(hit)
    assert not scanner.confirm(Hit(8, None))


def test_template_moves_to_another_scanner_and_overwrites(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with emulated("gt511c3", tmp_path / "a") as first, opened(first) as source:
        enrol(source, first, "amina", 7)
        template = source.export_template(7)
    assert len(template.data) == 498
    with emulated("gt511c3", tmp_path / "b") as second, opened(second) as target:
        enrol(target, second, "juma", 3)
        for slot in (3, 9):
            target.import_template(slot, template)
            assert target.export_template(slot) == template
        assert target.used() == {3, 9}
        second.place("amina")
        assert isinstance(target.identify(), Hit)
        second.place("juma")
        assert target.identify() == NoMatch()


def test_templates_that_do_not_fit(emulator: Emulator, scanner: Gt521Scanner) -> None:
    data = bytes(498)
    for template in (Template("GT-521F52", data), Template("GT-511C3", data[:-1]), Template("GT-511C3", b"")):
        with pytest.raises(UnsupportedError):
            scanner.import_template(2, template)
    with pytest.raises(DeviceError) as refused:
        scanner.export_template(1)
    assert (refused.value.command, refused.value.code) == ("GetTemplate", 0x1004)
    assert scanner.used() == frozenset()


def test_no_template_in_any_text(emulator: Emulator, scanner: Gt521Scanner) -> None:
    enrol(scanner, emulator, "amina", 1)
    data = scanner.export_template(1).data
    emulator.fault("garble", at=100)
    with pytest.raises(ProtocolError) as damaged:
        scanner.export_template(1)
    assert data[80:90].hex() not in repr(damaged.value) + str(vars(damaged.value))
    assert damaged.value.data == b""


def test_what_it_has_not_is_unsupported(scanner: Gt521Scanner) -> None:
    for call in (scanner.image, scanner.read_tag, scanner.reset, lambda: scanner.signal(Light.READY)):
        with pytest.raises(UnsupportedError):
            call()
    with pytest.raises(UnsupportedError):
        scanner.match(Template("GT-511C3", bytes(498)))


def test_image_of_a_gt521(large: Emulator) -> None:
    with opened(large) as scanner:
        with pytest.raises(DeviceError) as refused:
            scanner.image()
        assert refused.value.code == 0x1012
        large.place("amina")
        scanner.identify()
        image = scanner.image()
    assert (image.width, image.height, len(image.pixels)) == (202, 258, 202 * 258)
    assert len(set(image.pixels)) > 8


def test_level_is_set_once_and_told(large: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(large, level=5) as scanner:
        assert scanner.info.security_level == 5
    seen = heard(large, monkeypatch)
    with opened(large, level=5, baud=115200) as scanner:
        assert scanner.info.security_level == 5
    assert 0xF0 not in [packet.code for packet in seen if isinstance(packet, Packet)]


def test_level_that_is_refused_is_a_remark(large: Emulator) -> None:
    device_of(large)._handlers[0xF0] = lambda _: refusal(0x1011)
    with opened(large, level=5) as scanner:
        assert scanner.info.security_level == 3
        assert "refused security level 5" in scanner.info.remarks[0]


def test_level_that_cannot_be_set_is_a_remark(emulator: Emulator) -> None:
    with opened(emulator, level=4) as scanner:
        assert scanner.info.security_level is None
        assert "security level" in scanner.info.remarks[0]


def test_used_asks_only_until_all_are_found(large: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(large) as scanner:
        for slot in (0, 2, 2999):
            large.device.put(slot, large.device.make(f"finger {slot}"))
        assert scanner.used() == {0, 2, 2999}
        seen = heard(large, monkeypatch)
        assert scanner.used() == {0, 2, 2999}
        # The count, the three of the last time, and the proof that all answers were in step.
        assert len(seen) == 5
        large.device.put(1, large.device.make("new"))
        large.device.put(2999, None)
        assert scanner.used() == {0, 1, 2}


def test_check_is_one_question(emulator: Emulator, scanner: Gt521Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = heard(emulator, monkeypatch)
    scanner.check()
    assert seen == [Packet(0x21, 0xFFFF)]


def test_closed_scanner_says_so(emulator: Emulator) -> None:
    with opened(emulator) as scanner:
        pass
    scanner.close()
    for call in (scanner.identify, scanner.used, scanner.check, scanner.present, scanner.clear, lambda: scanner.info):
        with pytest.raises(LinkLost, match="not open"):
            call()
    scanner.open()
    assert scanner.identify() == NoFinger()
    scanner.close()


def test_unplugged_scanner_works_again_after_opening_anew(emulator: Emulator) -> None:
    with opened(emulator) as scanner:
        enrol(scanner, emulator, "amina", 7)
        emulator.unplug()
        with pytest.raises(LinkLost):
            scanner.identify()
        with pytest.raises(LinkLost):
            scanner.open()
        emulator.replug()
        scanner._wire._scale = 0.1
        scanner.open()
        emulator.place("amina")
        assert scanner.identify() == Hit(7, None)


# Speeds.


def test_speed_is_raised_and_found_again(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(emulator) as scanner:
        assert (emulator.state()["baud"], scanner.info.baud) == (115200, 9600)
        seen = heard(emulator, monkeypatch)
        assert scanner.open().baud == 115200
        assert 0x04 not in [packet.code for packet in seen if isinstance(packet, Packet)]
    # Another process, which knows only the factory's speed.
    with opened(emulator, deadline_scale=0.1) as scanner:
        assert scanner.info.baud == 115200


@pytest.mark.parametrize("speed", [19200, 38400, 57600])
def test_unusual_speeds_are_found_where_they_are_looked_for(emulator: Emulator, speed: int) -> None:
    device = device_of(emulator)
    device._baud = device._next_baud = speed
    with pytest.raises((LinkTimeout, ProtocolError)), opened(emulator, deadline_scale=0.1):
        pass
    with opened(emulator, deadline_scale=0.1, speeds=Gt521Scanner.all_speeds) as scanner:
        assert scanner.info.baud == speed
    with opened(emulator, baud=speed) as scanner:
        assert scanner.info.baud == speed


def test_a_line_that_does_not_carry_the_higher_speed_stays_slow(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = device_of(emulator)
    # It acknowledges, and nothing is understood at the new speed.
    monkeypatch.setattr(Gt521Device, "baud", property(lambda _self: 9600))
    with opened(emulator, deadline_scale=0.1) as scanner:
        assert scanner._link.baud == 9600
        assert "115200" in scanner.info.remarks[0]
        enrol(scanner, emulator, "amina", 1)
        assert scanner.used() == {1}
    assert device._baud == 115200


def test_opening_a_sensor_of_another_family_fails_in_time(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator.device, "receive", lambda _data: iter(()))
    started = time.monotonic()
    with pytest.raises(LinkTimeout, match="Open not answered"), opened(emulator, deadline_scale=0.2):
        pass
    assert time.monotonic() - started < 6 * 0.2
    monkeypatch.undo()
    device_of(emulator)._handlers[commands.OPEN.code] = lambda _: refusal(commands.DEV_ERR)
    with pytest.raises(DeviceError, match="device error") as refused, opened(emulator):
        pass
    assert refused.value.code == 0x100F
