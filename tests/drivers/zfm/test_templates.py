from pathlib import Path

import pytest

from drivers import DeviceError, ProtocolError, Scanner, Template, UnsupportedError
from drivers.emulation.host import Emulator
from drivers.zfm.codec import Packet, Pid
from tests.support.scanners import emulated, enrol, opened
from tests.support.zfm import answering, batch, commands_heard, device_of, flash_of, guarded, restarting_before

MODELS = ["zfm20", "r305", "r307", "r308", "r503", "as608", "zw101"]


def sizes(heard: list[Packet]) -> list[int]:
    """How large the data packets were, the last of each transfer left out."""
    return [len(packet.payload) for packet in heard if packet.pid is Pid.DATA]


@pytest.mark.parametrize("model", MODELS)
def test_a_template_goes_round(model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator, opened(emulator) as scanner:
        enrol(scanner, emulator, "amina", 7)
        template = scanner.export_template(7)
        assert scanner.info.template_size == len(template.data)
        scanner.clear()
        scanner.import_template(0, template)
        assert (scanner.export_template(0), scanner.used()) == (template, {0})


def only_small_packets(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, *, refuse: bool) -> None:
    """Let the module understand transfers in packets of 32 bytes alone; it asks for 128 all the same."""
    device = device_of(emulator)
    download = device._firmware.download
    take = device._take
    largest = [0]

    def taking(packet: Packet) -> object:
        largest[0] = 0 if packet.pid is Pid.COMMAND else max(largest[0], len(packet.payload))
        return take(packet)

    def loading(data: bytes) -> None:
        if largest[0] <= 32:
            download(data)
        elif not refuse:
            download(data[:100])

    monkeypatch.setattr(device, "_take", taking)
    monkeypatch.setattr(device._firmware, "download", loading)


@pytest.mark.parametrize("refuse", [True, False])
def test_an_import_is_tried_once_more_in_small_packets(
    scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch, *, refuse: bool
) -> None:
    enrol(scanner, r307, "amina", 7)
    template = scanner.export_template(7)
    # Nothing is left in the buffers that could be taken for what was sent.
    r307.power_cycle()
    only_small_packets(r307, monkeypatch, refuse=refuse)
    heard = commands_heard(r307, monkeypatch)
    scanner.import_template(9, template)
    assert scanner.export_template(9) == template
    assert sizes(heard) == [128] * 5 + [32] * 23
    # It is how they are sent; the module's own setting stays.
    assert flash_of(r307).registers.packet_code == 2


def test_an_import_that_works_is_sent_once(scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    enrol(scanner, r307, "amina", 7)
    template = scanner.export_template(7)
    heard = commands_heard(r307, monkeypatch)
    scanner.import_template(9, template)
    assert sizes(heard) == [128] * 5


@pytest.mark.parametrize("size", [512, 1536])
def test_a_template_of_another_batch_is_refused_and_the_size_of_this_one_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    batch("r307", size, monkeypatch)
    with emulated("r307", tmp_path) as emulator, opened(emulator) as scanner:
        with pytest.raises(UnsupportedError, match=f"has {size} bytes, not 768"):
            scanner.import_template(9, Template("R307", bytes(range(256)) * 3))
        assert scanner.used() == frozenset()
        assert scanner.info.template_size == size
        heard = commands_heard(emulator, monkeypatch)
        with pytest.raises(UnsupportedError):
            scanner.import_template(9, Template("R307", bytes(range(256)) * 3))
        assert not heard, "it is not tried again"
        scanner.import_template(9, Template("R307", device_of(emulator).make("amina")))


def test_an_import_tells_the_size(scanner: Scanner, r307: Emulator) -> None:
    scanner.import_template(9, Template("R307", device_of(r307).make("amina")))
    assert scanner.info.template_size == 768


def test_other_refusals_of_an_import_are_told(
    scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = Template("R307", device_of(r307).make("amina"))
    answering(r307, monkeypatch, 0x06, b"\x18")
    with pytest.raises(DeviceError, match="flash") as refused:
        scanner.import_template(9, template)
    assert "replace the scanner" in refused.value.cure


def test_an_import_that_never_reads_back(scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    template = Template("R307", device_of(r307).make("amina"))
    answering(r307, monkeypatch, 0x06, b"\x01")
    with pytest.raises(ProtocolError, match="slot 9 does not hold"):
        scanner.import_template(9, template)
    monkeypatch.undo()
    monkeypatch.setattr(flash_of(r307), "write", lambda _slot, _data: None)
    with pytest.raises(ProtocolError, match="slot 9 does not hold"):
        scanner.import_template(9, template)
    assert scanner.info.template_size is None


def test_somebody_elses_template_is_not_left_in_the_slot(
    scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(scanner, r307, "juma", 7)
    scanner.export_template(7)
    # What was sent gets lost, and Store takes what the buffer held before.
    monkeypatch.setattr(device_of(r307)._firmware, "download", lambda _data: None)
    with pytest.raises(ProtocolError, match="does not hold"):
        scanner.import_template(9, Template("R307", device_of(r307).make("amina")))
    assert scanner.used() == {7}


@pytest.mark.parametrize("code", [0x06, 0x08])
def test_a_restart_in_the_middle_of_an_import_is_told(
    r307: Emulator, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    guarded(r307, 0xC0FFEE)
    with opened(r307, password=0xC0FFEE) as scanner:
        template = Template("R307", device_of(r307).make("amina"))
        restarting_before(r307, monkeypatch, code)
        with pytest.raises(DeviceError, match="restarted"):
            scanner.import_template(9, template)
        scanner.import_template(9, template)
        assert scanner.used() == {9}


def test_an_import_right_after_a_restart_needs_no_second_try(r307: Emulator) -> None:
    guarded(r307, 0xC0FFEE)
    with opened(r307, password=0xC0FFEE) as scanner:
        r307.power_cycle()
        scanner.import_template(9, Template("R307", device_of(r307).make("amina")))
        assert scanner.used() == {9}
