from pathlib import Path

import pytest

from drivers import (
    Capability,
    DeviceError,
    EnrolState,
    Hit,
    Light,
    LinkLost,
    NoFinger,
    NoMatch,
    ProtocolError,
    Retry,
    RetryReason,
    Scanner,
    Template,
    UnsupportedError,
)
from drivers.emulation.host import Emulator
from drivers.zfm.codec import Decoder, Packet
from drivers.zfm.emulator import ZfmDevice
from tests.support.scanners import QUICK, emulated, enrol, opened


def commands_seen(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[Packet]:
    """Every packet that the emulated sensor hears from now on."""
    seen: list[Packet] = []
    decoder = Decoder()
    receive = emulator.device.receive

    def listening(data: bytes) -> object:
        seen.extend(decoder.feed(data))
        return receive(data)

    monkeypatch.setattr(emulator.device, "receive", listening)
    return seen


def test_open_learns_what_it_is(r307: Emulator) -> None:
    with opened(r307) as scanner:
        info = scanner.info
    assert (info.family, info.model, info.capacity, info.slot_base) == ("zfm", "R307", 1000, 0)
    assert (info.serial, info.template_size, info.security_level) == (None, None, 3)
    assert Capability.LIGHT not in info.capabilities
    assert Capability.TAG in info.capabilities


def test_identify_through_all_answers(r307: Emulator, scanner: Scanner) -> None:
    assert scanner.identify() == NoFinger()
    r307.place("amina")
    assert scanner.identify() == NoMatch()
    enrol(scanner, r307, "amina", 7)
    r307.place("amina")
    hit = scanner.identify()
    assert isinstance(hit, Hit)
    assert hit.slot == 7
    assert (hit.score or 0) > 80
    r307.place("juma")
    assert scanner.identify() == NoMatch()


@pytest.mark.parametrize("reason", list(RetryReason))
def test_refused_captures_by_code(r307: Emulator, scanner: Scanner, reason: RetryReason) -> None:
    r307.place("amina", reason.value)
    assert scanner.identify() == Retry(reason)
    assert scanner.present()


def test_F055_presence_ends_when_the_finger_is_lifted(r307: Emulator, scanner: Scanner) -> None:
    assert not scanner.present()
    r307.place("amina")
    assert scanner.present()
    assert scanner.present()
    r307.lift()
    assert not scanner.present()


def test_identify_is_three_commands_and_no_more(
    r307: Emulator, scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(scanner, r307, "amina", 3)
    r307.place("amina")
    seen = commands_seen(r307, monkeypatch)
    scanner.identify()
    assert [packet.payload.hex() for packet in seen] == ["01", "0201", "0401000003e8"]
    # 82 bytes both ways: the wire time that the driver's overhead is measured against.
    assert sum(len(packet.to_bytes()) for packet in seen) + 12 + 12 + 16 == 82


def test_enrol_steps_and_proof(r307: Emulator, scanner: Scanner) -> None:
    steps = enrol(scanner, r307, "amina", 999)
    assert [step.state for step in steps] == ["place", "captured", "lift", "place", "captured", "stored"]
    assert scanner.used() == {999}


def test_enrol_finds_the_duplicate_on_the_first_press(r307: Emulator, scanner: Scanner) -> None:
    enrol(scanner, r307, "amina", 1)
    steps = enrol(scanner, r307, "amina", 2)
    assert steps[-1].state is EnrolState.DUPLICATE
    assert steps[-1].sample == 1
    assert steps[-1].hit is not None
    assert steps[-1].hit.slot == 1
    assert scanner.used() == {1}


def test_enrol_of_two_different_fingers_is_a_mismatch(r307: Emulator, scanner: Scanner) -> None:
    steps = []
    names = iter(["amina", "juma"])
    for step in scanner.enrol(4):
        steps.append(step.state)
        if step.state is EnrolState.PLACE:
            r307.place(next(names))
        elif step.state is EnrolState.LIFT:
            r307.lift()
    assert steps[-1] is EnrolState.MISMATCH
    assert scanner.used() == frozenset()


def test_enrol_finds_somebody_else_on_the_second_press(r307: Emulator, scanner: Scanner) -> None:
    enrol(scanner, r307, "juma", 1)
    names = iter(["amina", "juma"])
    for step in scanner.enrol(4):
        if step.state is EnrolState.PLACE:
            r307.place(next(names))
        elif step.state is EnrolState.LIFT:
            r307.lift()
    assert (step.state, step.sample) == (EnrolState.DUPLICATE, 2)


def test_enrol_asks_again_after_a_bad_picture(r307: Emulator, scanner: Scanner) -> None:
    r307.place("amina", "dry")
    steps = scanner.enrol(4)
    step = next(steps)
    assert (step.state, step.sample, step.reason) == (EnrolState.RETRY, 1, RetryReason.DRY)
    r307.place("amina")
    assert next(steps).state is EnrolState.CAPTURED


def test_enrol_given_up_stores_nothing(r307: Emulator, scanner: Scanner) -> None:
    r307.place("amina")
    steps = scanner.enrol(4)
    assert next(steps).state is EnrolState.CAPTURED
    steps.close()
    assert scanner.used() == frozenset()


@pytest.mark.parametrize("samples", [0, 1, 3])
def test_enrol_with_more_samples_than_buffers(scanner: Scanner, samples: int) -> None:
    with pytest.raises(DeviceError, match="merges 2 to 2 presses") as refused:
        scanner.enrol(1, samples)
    assert refused.value.code == 0x25


@pytest.mark.parametrize("slot", [-1, 1000, 65536])
def test_slots_that_the_model_does_not_have(scanner: Scanner, slot: int) -> None:
    template = Template("R307", b"x")
    for call in (scanner.enrol, scanner.delete, scanner.verify, scanner.export_template):
        with pytest.raises(DeviceError, match="out of range") as refused:
            call(slot)
        assert refused.value.code == 0x0B
    with pytest.raises(DeviceError):
        scanner.import_template(slot, template)


def test_delete_and_clear_are_proved_by_the_index(r307: Emulator, scanner: Scanner) -> None:
    for slot, name in ((0, "amina"), (256, "juma"), (999, "otieno")):
        enrol(scanner, r307, name, slot)
    assert scanner.used() == {0, 256, 999}
    scanner.delete(256)
    scanner.delete(256)
    assert scanner.used() == {0, 999}
    r307.place("juma")
    assert scanner.identify() == NoMatch()
    scanner.clear()
    assert scanner.used() == frozenset()


def test_a_lying_sensor_is_found_out(r307: Emulator, scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    enrol(scanner, r307, "amina", 5)
    assert isinstance(r307.device, ZfmDevice)
    monkeypatch.setattr(r307.device._flash, "erase", lambda _slot: None)
    with pytest.raises(ProtocolError, match="still set"):
        scanner.delete(5)
    with pytest.raises(ProtocolError, match="not empty"):
        scanner.clear()
    monkeypatch.setattr(r307.device._flash, "write", lambda _slot, _data: None)
    with pytest.raises(ProtocolError, match="not set"):
        enrol(scanner, r307, "juma", 6)
    with pytest.raises(ProtocolError, match="does not hold"):
        scanner.import_template(8, scanner.export_template(5))


def test_score_below_the_floor_is_no_match(r307: Emulator) -> None:
    with opened(r307, score_floor=1000) as scanner:
        enrol(scanner, r307, "amina", 7)
        r307.place("amina")
        assert scanner.identify() == NoMatch()
        assert scanner.verify(7) == NoMatch()


def test_verify_looks_at_one_slot_only(r307: Emulator, scanner: Scanner) -> None:
    enrol(scanner, r307, "amina", 7)
    enrol(scanner, r307, "juma", 8)
    assert scanner.verify(7) == NoFinger()
    r307.place("amina")
    assert isinstance(scanner.verify(7), Hit)
    assert scanner.verify(8) == NoMatch()


@pytest.mark.parametrize("model", ["r307", "r503"])
def test_template_moves_to_another_scanner(model: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with emulated(model, tmp_path / "a") as first, opened(first) as source:
        enrol(source, first, "amina", 7)
        template = source.export_template(7)
        assert source.info.template_size == len(template.data) == (768 if model == "r307" else 1536)
    with emulated(model, tmp_path / "b") as second, opened(second) as target:
        target.import_template(3, template)
        assert target.used() == {3}
        assert target.export_template(3) == template
        second.place("amina")
        found = target.identify()
        assert isinstance(found, Hit)
        assert found.slot == 3


def test_export_of_an_empty_slot(scanner: Scanner) -> None:
    with pytest.raises(DeviceError) as refused:
        scanner.export_template(1)
    assert (refused.value.command, refused.value.code) == ("LoadChar", 0x0C)


def test_templates_that_do_not_fit(r307: Emulator, scanner: Scanner) -> None:
    enrol(scanner, r307, "amina", 1)
    data = scanner.export_template(1).data
    for template in (Template("R503", data), Template("R307", data[:-1]), Template("R307", b"")):
        with pytest.raises(UnsupportedError):
            scanner.import_template(2, template)
    assert scanner.used() == {1}


def test_no_template_in_any_text(r307: Emulator, scanner: Scanner) -> None:
    enrol(scanner, r307, "amina", 1)
    template = scanner.export_template(1)
    assert repr(template) == "Template(model='R307', 768 bytes)"
    r307.fault("garble", at=100)
    with pytest.raises(ProtocolError) as damaged:
        scanner.export_template(1)
    seen = repr(damaged.value) + str(damaged.value) + repr(vars(damaged.value))
    assert template.data[10:20].hex() not in seen
    assert damaged.value.data == b""


def test_tag_survives_and_is_checked(r307: Emulator, scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    assert scanner.read_tag() == bytes(32)
    scanner.write_tag(bytes(range(32)))
    r307.power_cycle()
    assert scanner.read_tag() == bytes(range(32))
    with pytest.raises(ValueError, match="32 bytes"):
        scanner.write_tag(b"short")
    assert isinstance(r307.device, ZfmDevice)
    monkeypatch.setattr(r307.device._flash, "write_page", lambda _page, _data: None)
    with pytest.raises(ProtocolError, match="does not hold"):
        scanner.write_tag(bytes(32))


@pytest.mark.parametrize(("model", "size"), [("r307", (256, 288)), ("r503", (192, 192))])
def test_image_has_the_models_size(model: str, size: tuple[int, int], tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator, opened(emulator) as scanner:
        with pytest.raises(DeviceError) as refused:
            scanner.image()
        assert refused.value.code == 0x0F
        emulator.place("amina")
        assert scanner.present()
        image = scanner.image()
        assert (image.width, image.height) == size
        assert len(image.pixels) == size[0] * size[1]
        assert len(set(image.pixels)) > 8


def test_light_only_where_there_is_one(scanner: Scanner) -> None:
    with pytest.raises(UnsupportedError, match="light"):
        scanner.signal(Light.READY)


def test_light_of_an_r503(r503: Emulator) -> None:
    with opened(r503) as scanner:
        shown = set()
        for light in Light:
            scanner.signal(light)
            shown.add(r503.state()["light"])
        assert len(shown) == len(Light)


def test_r503_enrols_up_to_six_presses(r503: Emulator) -> None:
    with opened(r503) as scanner:
        assert scanner.info.serial is not None
        steps = enrol(scanner, r503, "amina", 199, samples=6)
        assert steps[-1].state is EnrolState.STORED
        r503.place("amina")
        assert isinstance(scanner.identify(), Hit)
        assert scanner.present()
        # A new picture ruined the features; identify takes its own.
        assert isinstance(scanner.identify(), Hit)


def test_r503_merges_two_fingers_and_then_recognises_neither(r503: Emulator) -> None:
    with opened(r503) as scanner:
        names = iter(["amina", "juma"])
        for step in scanner.enrol(4):
            if step.state is EnrolState.PLACE:
                r503.place(next(names))
            elif step.state is EnrolState.LIFT:
                r503.lift()
        assert step.state is EnrolState.STORED
        for name in ("amina", "juma"):
            r503.place(name)
            assert scanner.identify() == NoMatch()


def test_password_is_asked_for_again_after_a_brown_out(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(r307.device, ZfmDevice)
    r307.device._flash.registers.password = 0xC0FFEE
    r307.power_cycle()
    with opened(r307, password=0xC0FFEE) as scanner:
        enrol(scanner, r307, "amina", 7)
        r307.place("amina")
        r307.power_cycle()
        seen = commands_seen(r307, monkeypatch)
        assert isinstance(scanner.identify(), Hit)
        assert [packet.payload[0] for packet in seen] == [0x01, 0x13, 0x01, 0x02, 0x04]


def test_wrong_password_is_refused_with_its_code(r307: Emulator) -> None:
    assert isinstance(r307.device, ZfmDevice)
    r307.device._flash.registers.password = 0xC0FFEE
    r307.power_cycle()
    with pytest.raises(DeviceError, match="wrong password") as refused, opened(r307, password=0xDECADE):
        pass
    assert refused.value.code == 0x13
    assert "decade" not in str(refused.value).lower()


def test_module_at_another_address(r307: Emulator) -> None:
    assert isinstance(r307.device, ZfmDevice)
    r307.device._flash.registers.address = 0x01020304
    r307.power_cycle()
    with opened(r307, address=0x01020304) as scanner:
        assert scanner.identify() == NoFinger()


def test_closed_scanner_says_so(r307: Emulator) -> None:
    with opened(r307) as scanner:
        pass
    scanner.close()
    for call in (
        scanner.identify,
        scanner.used,
        scanner.check,
        scanner.present,
        lambda: scanner.info,
        lambda: scanner.delete(1),
    ):
        with pytest.raises(LinkLost, match="not open"):
            call()
    scanner.open()
    assert scanner.identify() == NoFinger()
    scanner.close()


def test_check_is_one_handshake(scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = commands_seen(r307, monkeypatch)
    scanner.check()
    assert [packet.payload[0] for packet in seen] == [0x13]


def test_unplugged_scanner_works_again_after_opening_anew(r307: Emulator) -> None:
    with opened(r307, deadline_scale=QUICK) as scanner:
        enrol(scanner, r307, "amina", 7)
        r307.unplug()
        with pytest.raises(LinkLost):
            scanner.identify()
        with pytest.raises(LinkLost):
            scanner.open()
        r307.replug()
        scanner.open()
        r307.place("amina")
        assert isinstance(scanner.identify(), Hit)
