from pathlib import Path

import pytest

from drivers import (
    Capability,
    DeviceError,
    Hit,
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
from tests.support.scanners import QUICK, emulated, enrol, opened
from tests.support.zfm import commands_heard, flash_of


def test_open_learns_what_it_is(r307: Emulator) -> None:
    with opened(r307) as scanner:
        info = scanner.info
    assert (info.family, info.model, info.capacity, info.slot_base) == ("zfm", "R307", 1000, 0)
    assert (info.serial, info.template_size, info.security_level) == (None, None, 3)
    assert (info.baud, info.dialect, info.remarks) == (57600, "plain", ())
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


@pytest.mark.parametrize("reason", sorted(set(RetryReason) - {RetryReason.UNCLEAR}))
def test_refused_captures_by_code(tmp_path: Path, reason: RetryReason) -> None:
    # Of the dialects, only Synochip's has a code for each.
    with emulated("zw101", tmp_path) as zw101, opened(zw101) as scanner:
        zw101.place("amina", reason.value)
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
    seen = commands_heard(r307, monkeypatch)
    scanner.identify()
    assert [packet.payload.hex() for packet in seen] == ["01", "0201", "0401000003e8"]
    # 82 bytes both ways: the wire time that the driver's overhead is measured against.
    assert sum(len(packet.to_bytes()) for packet in seen) + 12 + 12 + 16 == 82


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
    monkeypatch.setattr(flash_of(r307), "erase", lambda _slot: None)
    with pytest.raises(ProtocolError, match="still set"):
        scanner.delete(5)
    with pytest.raises(ProtocolError, match="not empty"):
        scanner.clear()
    monkeypatch.setattr(flash_of(r307), "write", lambda _slot, _data: None)
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


def test_confirm_asks_whether_the_last_picture_is_of_that_slot(r307: Emulator, scanner: Scanner) -> None:
    enrol(scanner, r307, "amina", 7)
    enrol(scanner, r307, "juma", 8)
    r307.place("amina")
    hit = scanner.identify()
    assert isinstance(hit, Hit)
    r307.lift()
    assert scanner.confirm(hit)
    assert not scanner.confirm(Hit(8, hit.score))
    r307.power_cycle()
    assert not scanner.confirm(hit)


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
    monkeypatch.setattr(flash_of(r307), "write_page", lambda _page, _data: None)
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


def test_module_at_another_address(r307: Emulator) -> None:
    flash_of(r307).registers.address = 0x01020304
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
