"""The emulated sensor alone, byte for byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import LinkLost
from drivers.emulation.flash import unpack
from drivers.gt521 import commands, emulator
from drivers.gt521.codec import ACK, DATA_HEADER, HEADER, Data, Decoder, Packet
from drivers.gt521.emulator import Gt521Device

SIZES = {
    row.code: row.data for row in (commands.GET_TEMPLATE, commands.MAKE_TEMPLATE, commands.GET_IMAGE, commands.OPEN)
}


@pytest.fixture
def device() -> Iterator[Gt521Device]:
    device = emulator.gt511c3(seed=1)
    list(device.power_on())
    yield device
    device.close()


def ask(device: Gt521Device, code: int, parameter: int = 0, size: int = 0) -> list[Packet | Data]:
    decoder = Decoder()
    decoder.expect(size or SIZES.get(code, 0))
    sent = Packet(code, parameter).to_bytes()
    return [packet for answer in device.receive(sent) for packet in decoder.feed(answer.data)]


def error(device: Gt521Device, code: int, parameter: int = 0) -> int:
    """The error code of a NACK, or 0 for an ACK."""
    answer = ask(device, code, parameter)[0]
    assert isinstance(answer, Packet)
    return 0 if answer.code == ACK else answer.parameter


def press(device: Gt521Device, name: str) -> None:
    device.glass.place(name)
    assert error(device, 0x12, 1) == 0
    assert error(device, 0x60, 1) == 0


def enrol(device: Gt521Device, slot: int, *names: str) -> int:
    assert error(device, 0x22, slot) == 0
    for code, name in zip((0x23, 0x24, 0x25), names * 3 if len(names) == 1 else names, strict=False):
        press(device, name)
        refused = error(device, code)
        if refused:
            return refused
    return 0


def test_golden_dialogue(device: Gt521Device) -> None:
    for sent, answered in (
        ("55AA01000000000001000101", "55AA01000000000030003001"),
        ("55AA01000100000012001301", "55AA01000000000030003001"),
        ("55AA01000000000060006001", "55AA01001210000031005301"),
    ):
        answers = list(device.receive(bytes.fromhex(sent)))
        assert b"".join(answer.data for answer in answers).hex().upper() == answered


def test_open_with_data_tells_a_serial_number_of_its_own() -> None:
    serials = set()
    for seed in range(5):
        device = emulator.gt511c3(seed=seed)
        response, data = ask(device, 0x01, 1)
        assert response == Packet(ACK)
        assert isinstance(data, Data)
        serials.add(commands.DeviceInfo.from_bytes(data.payload).serial)
        device.close()
    assert len(serials) == 5


def test_blind_without_its_light(device: Gt521Device) -> None:
    device.glass.place("amina")
    assert ask(device, 0x26)[0] == Packet(ACK, 0x1012)
    assert error(device, 0x60) == 0x1012
    assert error(device, 0x12, 1) == 0
    assert ask(device, 0x26)[0] == Packet(ACK, 0)
    assert error(device, 0x60) == 0
    assert device.state() == {"used": [], "light": "on"}
    list(device.power_on())
    assert error(device, 0x60) == 0x1012


def test_order_of_the_enrolment(device: Gt521Device) -> None:
    press(device, "amina")
    assert [error(device, code) for code in (0x23, 0x24, 0x25)] == [0x100B] * 3
    assert error(device, 0x22, 5) == 0
    # EnrollStart wants a picture of its own, and every press another one.
    assert error(device, 0x23) == 0x100C
    press(device, "amina")
    assert error(device, 0x24) == 0x100B
    assert error(device, 0x23) == 0
    assert error(device, 0x23) == 0x100B
    assert error(device, 0x24) == 0x100C
    for code in (0x24, 0x25):
        press(device, "amina")
        assert error(device, code) == 0
    assert device.state()["used"] == [5]
    assert error(device, 0x25) == 0x100B


def test_refusals_of_an_enrolment(device: Gt521Device) -> None:
    assert enrol(device, 5, "amina") == 0
    assert error(device, 0x22, 5) == 0x1005
    assert error(device, 0x22, 200) == 0x1003
    assert enrol(device, 6, "amina") == 5
    assert enrol(device, 6, "juma", "otieno") == 0x100D
    for slot in range(200):
        device.put(slot, device.make(str(slot)))
    assert error(device, 0x22, 6) == 0x1009


def test_an_enrolment_without_a_slot_gives_the_template_to_the_host(device: Gt521Device) -> None:
    assert error(device, 0x22, -1) == 0
    for code in (0x23, 0x24):
        press(device, "amina")
        assert error(device, code) == 0
    press(device, "amina")
    _, data = ask(device, 0x25, size=498)
    assert isinstance(data, Data)
    assert unpack(data.payload)
    assert device.state()["used"] == []


def test_library(device: Gt521Device) -> None:
    assert error(device, 0x51) == 0x100C
    press(device, "amina")
    assert error(device, 0x51) == 0x100A
    assert error(device, 0x41) == 0x100A
    assert enrol(device, 5, "amina") == enrol(device, 9, "juma") == 0
    press(device, "juma")
    assert ask(device, 0x51)[0] == Packet(ACK, 9)
    assert ask(device, 0x20)[0] == Packet(ACK, 2)
    assert [error(device, 0x21, slot) for slot in (5, 6, 200, 0xFFFF)] == [0, 0x1004, 0x1003, 0x1003]
    assert [error(device, 0x50, slot) for slot in (9, 5, 6, 200)] == [0, 0x1007, 0x1004, 0x1003]
    press(device, "otieno")
    assert error(device, 0x51) == 0x1008
    assert [error(device, 0x40, slot) for slot in (5, 5, 200)] == [0, 0x1004, 0x1003]
    assert error(device, 0x41) == 0
    assert device.state()["used"] == []


def test_templates_go_out_and_in(device: Gt521Device) -> None:
    assert enrol(device, 5, "amina") == 0
    assert [error(device, 0x70, slot) for slot in (6, 200)] == [0x1004, 0x1003]
    _, data = ask(device, 0x70, 5)
    assert isinstance(data, Data)
    assert data.payload == device.templates()[5]
    # With the search for duplicates, and without.
    assert error(device, 0x71, 6) == 0
    (answer,) = device.receive(data.to_bytes())
    assert Decoder().feed(answer.data) == [Packet(0x31, 5)]
    assert error(device, 0x71, 6 | commands.UNCHECKED) == 0
    (answer,) = device.receive(data.to_bytes())
    assert Decoder().feed(answer.data) == [Packet(ACK)]
    assert device.templates()[6] == data.payload
    assert error(device, 0x71, 200) == 0x1003


def test_data_that_nobody_asked_for_is_not_read(device: Gt521Device) -> None:
    data = Data(device.make("amina")).to_bytes()
    assert list(device.receive(data)) == []
    assert error(device, 0x71, 3) == 0
    # Another command in its place: the sensor waits for it no more.
    assert error(device, 0x20) == 0
    assert list(device.receive(data)) == []
    assert device.state()["used"] == []


def test_damaged_packets_are_refused(device: Gt521Device) -> None:
    damaged = bytearray(Packet(0x41).to_bytes())
    damaged[10] ^= 1
    (answer,) = device.receive(bytes(damaged))
    assert Decoder().feed(answer.data) == [Packet(0x31, 0x1006)]
    assert error(device, 0x71, 3) == 0
    data = bytearray(Data(device.make("amina")).to_bytes())
    data[100] ^= 1
    (answer,) = device.receive(bytes(data))
    assert Decoder().feed(answer.data) == [Packet(0x31, 0x1006)]
    assert list(device.receive(Packet(0x20, device=2).to_bytes())) == []


def test_levels_and_unknown_commands(device: Gt521Device) -> None:
    assert error(device, 0xF1) == error(device, 0xF0, 3) == error(device, 0xF4, 500) == 0x100E
    large = emulator.gt521f52(seed=1)
    assert ask(large, 0xF1)[0] == Packet(ACK, 3)
    assert [error(large, 0xF0, level) for level in (0, 6, 5)] == [0x1011, 0x1011, 0]
    assert ask(large, 0xF1)[0] == Packet(ACK, 5)
    assert [error(large, 0x21, slot) for slot in (2999, 3000)] == [0x1004, 0x1003]
    large.close()


def test_speed_changes_behind_the_ack_and_not_for_ever(device: Gt521Device) -> None:
    assert device.baud == 9600
    answers = device.receive(Packet(0x04, 57600).to_bytes())
    assert next(answers).data == Packet(ACK).to_bytes()
    assert device.baud == 9600
    assert list(answers) == []
    assert device.baud == 57600
    assert error(device, 0x04, 12345) == 0x1011
    list(device.power_on())
    assert device.baud == 9600


def test_picture_needs_one_and_has_the_manuals_size(device: Gt521Device) -> None:
    assert error(device, 0x62) == 0x1012
    assert error(device, 0x61) == 0x100C
    press(device, "amina")
    assert len(ask(device, 0x62)[1].to_bytes()) == 52116 + 6
    _, template = ask(device, 0x61)
    assert isinstance(template, Data)
    assert unpack(template.payload)


def test_flash_in_a_file_outlives_the_emulator(tmp_path: Path) -> None:
    device = emulator.gt511c3(seed=1, state=tmp_path / "flash")
    serial = ask(device, 0x01, 1)[1]
    assert enrol(device, 199, "amina") == 0
    # Not closed: as if it had been killed.
    again = emulator.gt511c3(seed=2, state=tmp_path / "flash")
    assert again.state()["used"] == [199]
    assert ask(again, 0x01, 1)[1] == serial
    press(again, "amina")
    assert ask(again, 0x51)[0] == Packet(ACK, 199)
    device.close()
    again.close()
    with pytest.raises(LinkLost, match="not the flash of this model"):
        emulator.gt521f52(state=tmp_path / "flash")


def test_tampering_hands(device: Gt521Device) -> None:
    device.put(3, device.make("amina"))
    assert device.templates() == {3: device.make("amina")}
    press(device, "amina")
    assert ask(device, 0x51)[0] == Packet(ACK, 3)
    device.put(3, None)
    assert device.templates() == {}


def test_answers_carry_the_working_times(device: Gt521Device) -> None:
    device.glass.place("amina")
    assert error(device, 0x12, 1) == 0
    (picture,) = device.receive(Packet(0x60, 1).to_bytes())
    (quick,) = device.receive(Packet(0x20).to_bytes())
    assert picture.after_s > 10 * quick.after_s > 0
    assert picture.data.startswith(HEADER)
    assert not picture.data.startswith(DATA_HEADER)
