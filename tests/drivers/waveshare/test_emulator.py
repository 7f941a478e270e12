"""The emulated sensor alone, without a port: bytes in, bytes out."""

import math
from pathlib import Path

import pytest

from drivers import LinkLost
from drivers.emulation.fingers import Quality
from drivers.emulation.flash import unpack
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import READER, SENSOR_C
from drivers.waveshare.emulator import WaveshareDevice, waveshare
from tests.support.waveshare import ask

WAIT_1 = "000100"


def start(**options: object) -> WaveshareDevice:
    device = waveshare(seed=1, **options)  # type: ignore[arg-type]
    assert list(device.power_on()) == []
    return device


def code(device: WaveshareDevice, command: int, fields: str = "000000") -> int:
    return ask(device, command, fields).fields[2]


def enrol(device: WaveshareDevice, user: int, name: str, permission: int = 1) -> list[int]:
    device.glass.place(name)
    codes = [code(device, step, f"{user:04X}{permission:02X}") for step in (1, 2, 3)]
    device.glass.lift()
    return codes


def raw(device: WaveshareDevice, text: str) -> str:
    return b"".join(answer.data for answer in device.receive(bytes.fromhex(text))).hex(" ").upper()


def test_published_bytes() -> None:
    device = start()
    for user in range(1, 8):
        device.put(user, device.make(f"finger {user}"))
    assert raw(device, "F5 09 00 00 00 00 09 F5") == "F5 09 00 07 00 00 0E F5"
    reader = WaveshareDevice(READER, seed=1)
    assert raw(reader, "F5 26 00 00 00 00 26 F5") == "F5 26 00 09 00 00 2F F5 F5 46 32 2E 30 35 2E 30 30 00 71 F5"


def test_empty_glass_is_waited_for_as_long_as_was_set() -> None:
    device = start()
    for wait, seconds in ((1, 0.25), (20, 5.0), (0, math.inf)):
        assert code(device, 0x2E, f"00{wait:02X}00") == 0
        (answer,) = device.receive(Packet(0x0C).to_bytes())
        assert (answer.after_s, answer.waits) == (seconds, True)
        assert answer.data[4] == 8


def test_finger_ends_the_wait() -> None:
    device = start()
    device.put(9, device.make("amina"))
    list(device.receive(Packet(0x0C).to_bytes()))
    device.glass.place("amina")
    (answer,) = device.touched()
    assert answer.data.hex(" ") == "f5 0c 00 09 01 00 04 f5"
    assert not answer.waits
    assert list(device.touched()) == []


def test_enrolment_in_three_steps() -> None:
    device = start()
    assert enrol(device, 0x1FF, "amina", 3) == [0, 0, 0]
    assert code(device, 0x0A, "01FF00") == 3
    device.glass.place("amina")
    assert ask(device, 0x0C).fields.hex() == "01ff03"
    assert code(device, 0x0B, "01FF00") == 0
    assert ask(device, 0x2B).data.hex() == "000101ff03"


def test_enrolment_is_refused_for_each_reason() -> None:
    device = start()
    enrol(device, 1, "amina")
    device.glass.place("juma")
    assert code(device, 0x01, "000101") == 6
    assert [code(device, 0x01, bad) for bad in ("000001", "100001", "000500", "000504")] == [1, 1, 1, 1]
    # Steps in another order, or of another user.
    assert [code(device, 0x02, "000201"), code(device, 0x03, "000201")] == [1, 1]
    assert code(device, 0x01, "000201") == 0
    assert [code(device, 0x03, "000201"), code(device, 0x02, "000301")] == [1, 1]
    for user in range(2, SENSOR_C.capacity + 1):
        device.put(user, device.make(str(user)))
    assert code(device, 0x01, "0FFF01") == 4


def test_known_finger_is_refused_at_the_third_step_unless_allowed() -> None:
    device = start()
    enrol(device, 1, "amina")
    assert enrol(device, 2, "amina") == [0, 0, 7]
    assert code(device, 0x2D, "000000") == 0
    assert enrol(device, 2, "amina") == [0, 0, 0]
    list(device.power_on())
    assert ask(device, 0x2D, "000001").fields.hex() == "000100"


def test_two_different_fingers_are_merged_and_both_recognised() -> None:
    for names in (("amina", "juma", "amina"), ("amina", "amina", "juma"), ("amina", "juma", "juma")):
        device = start()
        for step, name in enumerate(names, 1):
            device.glass.place(name)
            assert code(device, step, "000101") == 0
        for name in ("amina", "juma"):
            device.glass.place(name)
            assert ask(device, 0x0C).fields.hex() == "000101"


@pytest.mark.parametrize("other", [0x0B, 0x0C, 0x23, 0x24])
def test_another_picture_takes_the_place_of_an_enrolments(other: int) -> None:
    device = start()
    device.glass.place("amina")
    assert code(device, 0x01, "000101") == 0
    ask(device, other)
    assert code(device, 0x02, "000101") == 1
    # What takes no picture does no harm.
    assert [code(device, step, "000101") for step in (0x01, 0x09, 0x02, 0x0A, 0x03)] == [0, 0, 0, 5, 0]


def test_bad_pictures() -> None:
    device = start()
    enrol(device, 1, "amina")
    device.glass.place("amina", Quality.DRY)
    assert [code(device, 0x23), code(device, 0x24), code(device, 0x0C), code(device, 0x0B, "000100")] == [1, 1, 5, 1]
    assert code(device, 0x01, "000201") == 1


def test_templates_go_out_and_in() -> None:
    device = start()
    enrol(device, 1, "amina")
    data = ask(device, 0x31, "000100").data
    assert (len(data), data[:3].hex()) == (196, "000101")
    assert code(device, 0x31, "000200") == 5
    again = b"\x0f\xff\x02" + data[3:]
    assert ask(device, 0x41, data=again).fields.hex() == "0fff00"
    assert ask(device, 0x41, data=again).fields[2] == 1
    assert [
        ask(device, 0x41, data=bad).fields[2] for bad in (data[:-1], b"\0\0\1" + data[3:], b"\0\2\0" + data[3:])
    ] == [1, 1, 1]
    assert device.state()["used"] == [1, 0xFFF]
    device.glass.place("amina")
    assert ask(device, 0x44, data=bytes(3) + data[3:]).fields[2] == 0
    assert ask(device, 0x44, data=bytes(3) + device.make("juma")).fields[2] == 1
    assert ask(device, 0x42, data=b"\0\1\0" + data[3:]).fields[2] == 0
    assert ask(device, 0x43, data=bytes(3) + data[3:]).fields[2] in {1, 2}
    assert ask(device, 0x43, data=bytes(3) + device.make("juma")).fields[2] == 5
    assert unpack(ask(device, 0x23).data[3:])
    assert len(ask(device, 0x24).data) == 9800


def test_users_are_deleted_one_by_one_by_permission_and_all() -> None:
    device = start()
    for user, permission in ((1, 1), (2, 2), (3, 3)):
        enrol(device, user, str(user), permission)
    assert [code(device, 0x04, "000100"), code(device, 0x04, "000100")] == [0, 1]
    assert code(device, 0x05, "000002") == 0
    assert device.state()["used"] == [3]
    assert code(device, 0x05) == 0
    assert ask(device, 0x2B).data == b"\0\0"


def test_settings() -> None:
    device = start()
    assert ask(device, 0x28, "000001").fields.hex() == "000500"
    assert ask(device, 0x28, "000900").fields.hex() == "000900"
    assert ask(device, 0x28, "000A00").fields.hex() == "000901"
    assert ask(device, 0x28, "000002").fields.hex() == "000901"
    assert code(device, 0x2D, "000200") == 1
    before = ask(device, 0x2A).fields
    assert ask(device, 0x08, "123456").fields == before
    assert ask(device, 0x2A).fields.hex() == "123456"


def test_speed_changes_behind_the_answer() -> None:
    device = start()
    assert device.baud == 19200
    answers = device.receive(Packet(0x21, b"\0\0\5").to_bytes())
    assert next(answers).data.hex(" ") == "f5 21 00 00 00 00 21 f5"
    assert device.baud == 19200
    assert next(answers, None) is None
    assert device.baud == 115200
    assert code(device, 0x21, "000006") == 1


def test_damaged_and_unknown_commands() -> None:
    device = start()
    assert raw(device, "F5 09 00 00 00 00 08 F5") == ""
    assert raw(device, "F5 7E 00 00 00 00 7E F5") == "F5 7E 00 00 01 00 7F F5"
    assert code(device, 0x26) == 1


def test_flash_in_a_file_outlives_the_emulator(tmp_path: Path) -> None:
    state = tmp_path / "flash"
    device = start(state=state)
    enrol(device, 0xFFF, "amina", 2)
    code(device, 0x28, "000700")
    serial = ask(device, 0x2A).fields
    again = waveshare(seed=2, state=state)
    assert again.state()["used"] == [0xFFF]
    assert (ask(again, 0x2A).fields, code(again, 0x0A, "0FFF00")) == (serial, 2)
    assert ask(again, 0x28, "000001").fields[1] == 7
    device.close()
    again.close()
    state.write_text("shopping list")
    with pytest.raises(LinkLost, match="not the flash"):
        waveshare(state=state)


def test_tampering() -> None:
    device = start()
    device.put(5, device.make("amina"))
    assert device.templates() == {5: device.make("amina")}
    device.glass.place("amina")
    assert ask(device, 0x0C).fields[:2] == b"\0\5"
    device.put(5, None)
    device.put(5, None)
    assert device.templates() == {}
    for slot, template in ((0, device.make("x")), (0x1000, None), (0, None), (1, b"short")):
        with pytest.raises(ValueError, match="no user"):
            device.put(slot, template)
