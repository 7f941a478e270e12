"""Opcodes that mean another thing in the other dialect: an emulator carries them out, and tells that it did."""

import pytest

from drivers.zfm import emulator
from drivers.zfm.emulator import ZfmDevice
from tests.support.emulators import ZFM_MODELS, Make, ask, code, codes, enrolled, looked_up, said, start

ACK = "EF01FFFFFFFF070005"


def harmed(device: ZfmDevice) -> object:
    return device.state()["harmed"]


def test_autoenroll_of_synochip_overwrites_a_slot_step_by_step() -> None:
    device = start(emulator.zw101)
    enrolled(device, "amina", 1)
    device.glass.place("mallory")
    # The published dialogue: accepted, picture, features, lifted, merged, checked, stored.
    published = ("000000000C", "000101000E", "000201000F", "0003010010", "0004F00100", "0005F10102", "0006F20104")
    assert said(device, "31000102004B") == [ACK + step for step in published]
    assert (harmed(device), looked_up(device, "mallory"), looked_up(device, "amina")[0]) == (1, (0, 1), 9)


def test_autoenroll_of_grow_overwrites_another_slot_with_the_same_bytes() -> None:
    device = start(emulator.r503)
    enrolled(device, "amina", 0)
    device.glass.place("mallory")
    steps = ask(device, "31000102004B")
    assert [packet.payload.hex() for packet in steps] == [f"00{step:02x}00" for step in range(1, 16)]
    assert (harmed(device), looked_up(device, "mallory")) == (1, (0, 0))


@pytest.mark.parametrize("make", [emulator.r503, emulator.zw101])
def test_autoenroll_without_a_finger_times_out(make: Make) -> None:
    device = start(make)
    answers = said(device, "31000102004B")
    assert answers == [ACK + "000000000C", ACK + "2601010034"]
    assert (harmed(device), device.state()["used"]) == (1, [])


@pytest.mark.parametrize("make", [emulator.r503, emulator.zw101])
def test_autoenroll_into_no_slot_changes_nothing(make: Make) -> None:
    device = start(make)
    device.glass.place("mallory")
    assert code(device, "31FFFF02004B") == 0x0B
    assert device.state()["used"] == []


@pytest.mark.parametrize("make", [emulator.r503, emulator.zw101])
def test_autoidentify_begins_to_wait(make: Make) -> None:
    device = start(make)
    assert said(device, "3200FFFF0006") == ["EF01FFFFFFFF070008000000FF0000010E"]
    assert harmed(device) == 1


@pytest.mark.parametrize(
    ("make", "command", "light"),
    [
        # Grow's ReadProdInfo switches the light of a Synochip module; its AuraLedConfig is a hand shake there.
        (emulator.zw101, "3C", "00000000"),
        (emulator.zw101, "3501500101", "03010100"),
        # Synochip's hand shake changes the light of an R503; its ControlBLN asks that for its product.
        (emulator.r503, "35", "00000000"),
        (emulator.r503, "3C03010100", "01500101"),
    ],
)
def test_light_and_product_mixed_up(make: Make, command: str, light: str) -> None:
    device = start(make)
    assert code(device, "3C03010100" if make is emulator.zw101 else "3501500101") == 0
    assert harmed(device) == 0
    assert ask(device, command)[0].payload[0] == 0
    assert (harmed(device), device.state()["light"]) == (1, light)
    # It is not forgotten with the power.
    list(device.power_on())
    assert harmed(device) == 1


@pytest.mark.parametrize("model", ["zfm20", "as608", "r305", "r307", "r308"])
def test_plain_modules_refuse_all_of_it(model: str) -> None:
    device = start(ZFM_MODELS[model])
    device.glass.place("mallory")
    dangerous = ("31000102004B", "3200FFFF0006", "35", "3501500101", "3C", "3C03010100")
    assert codes(device, *dangerous) == [0x01] * len(dangerous)
    assert (harmed(device), device.state()["used"]) == (0, [])


@pytest.mark.parametrize("make", [emulator.r503, emulator.zw101])
def test_a_locked_module_carries_nothing_out(make: Make) -> None:
    device = start(make)
    assert code(device, "1200C0FFEE") == 0
    list(device.power_on())
    device.glass.place("mallory")
    assert codes(device, "31000102004B", "3200FFFF0006") == [0x21] * 2
    assert (harmed(device), device.state()["used"]) == (0, [])
