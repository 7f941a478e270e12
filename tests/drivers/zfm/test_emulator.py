"""The emulated sensor alone, without a port: bytes in, bytes out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers import LinkLost
from drivers.zfm import emulator
from drivers.zfm.codec import Decoder, Packet, Pid
from drivers.zfm.emulator import ZfmDevice
from drivers.zfm.flash import decode, encode

BOTH = pytest.mark.parametrize("make", [emulator.r307, emulator.r503])
Make = Callable[..., ZfmDevice]


def ask(device: ZfmDevice, command: str, address: int = 0xFFFFFFFF) -> list[Packet]:
    """The packets that answer a command given in hexadecimal."""
    sent = Packet(Pid.COMMAND, bytes.fromhex(command), address).to_bytes()
    return Decoder().feed(b"".join(answer.data for answer in device.receive(sent)))


def code(device: ZfmDevice, command: str) -> int:
    (ack,) = ask(device, command)
    return ack.payload[0]


def start(make: Make, **options: object) -> ZfmDevice:
    device = make(seed=1, **options)
    list(device.power_on())
    return device


def test_power_on_says_junk_and_55() -> None:
    device = emulator.r307(seed=1)
    assert b"".join(answer.data for answer in device.power_on()) == bytes.fromhex("00FE55")


def test_r307_takes_settings_over_with_the_ack() -> None:
    device = start(emulator.r307)
    assert ask(device, "0F")[0].payload.hex() == "00000400 0903e80003ffffffff00020006".replace(" ", "")
    assert code(device, "0E0501") == 0
    assert code(device, "0E040C") == 0
    assert ask(device, "0F")[0].payload.hex() == "000004000903e80001ffffffff0002000c"
    assert device.baud == 115200


def test_r503_takes_settings_over_when_it_starts() -> None:
    device = start(emulator.r503)
    before = ask(device, "0F")[0]
    assert before.to_bytes().hex().upper() == "EF01FFFFFFFF070013000004000000C80003FFFFFFFF0002000604ED"
    assert code(device, "0E0600") == 0
    assert ask(device, "0F")[0] == before
    list(device.power_on())
    assert ask(device, "0F")[0].payload[14] == 0


@BOTH
def test_settings_out_of_range(make: Make) -> None:
    device = start(make)
    assert code(device, "0E0701") == 0x1A
    assert [code(device, command) for command in ("0E0500", "0E0506", "0E0604", "0E040D")] == [0x1B] * 4
    assert code(device, "0E0403") == (0 if make is emulator.r307 else 0x1B)


@BOTH
def test_bad_checksum_is_answered_with_01(make: Make) -> None:
    device = start(make)
    (answer,) = device.receive(bytes.fromhex("EF01FFFFFFFF010003010006"))
    assert answer.data.hex().upper() == "EF01FFFFFFFF07000301000B"


@BOTH
def test_packets_for_others_are_not_answered(make: Make) -> None:
    device = start(make)
    assert ask(device, "01", address=0x01020304) == []
    assert code(device, "1501020304") == 0
    (ack,) = ask(device, "01", address=0x01020304)
    assert ack.address == 0x01020304


@pytest.mark.parametrize(("make", "refusal"), [(emulator.r307, 0x01), (emulator.r503, 0xFC)])
def test_commands_that_the_model_lacks(make: Make, refusal: int) -> None:
    device = start(make)
    assert [code(device, command) for command in ("1B0100000064", "3108", "FF")] == [refusal] * 3
    grow = [code(device, command) for command in ("3501020304", "36", "40")]
    assert grow == ([0, 0, 0] if make is emulator.r503 else [refusal] * 3)


@BOTH
def test_wrong_lengths_are_packet_errors(make: Make) -> None:
    device = start(make)
    assert [code(device, command) for command in ("0100", "02", "0401", "0601", "13", "18")] == [0x01] * 6


@BOTH
def test_password_locks_everything_after_power_on(make: Make) -> None:
    device = start(make)
    assert code(device, "1200C0FFEE") == 0
    assert code(device, "01") == 0x02
    list(device.power_on())
    assert [code(device, command) for command in ("01", "0F", "0D")] == [0x21] * 3
    assert code(device, "1300000000") == 0x13
    assert code(device, "01") == 0x21
    assert code(device, "1300C0FFEE") == 0
    assert code(device, "01") == 0x02


def test_soft_reset_of_an_r503_acks_and_says_55() -> None:
    device = start(emulator.r503)
    sent = Packet(Pid.COMMAND, b"\x3d").to_bytes()
    assert b"".join(answer.data for answer in device.receive(sent)).hex().endswith("07000300000a00fe55")


@BOTH
def test_nothing_to_work_with(make: Make) -> None:
    device = start(make)
    assert code(device, "01") == 0x02
    assert code(device, "0201") == 0x15
    assert code(device, "0A") == 0x0F
    assert code(device, "05") == 0x0A
    assert code(device, "0801") == 0x0D
    assert code(device, "03") == 0x08
    assert code(device, "06010000") == 0x01
    assert code(device, "07010000") == 0x0C
    assert code(device, "0701FFFF") == 0x0B
    assert code(device, "0C00000FFF") == 0x10
    assert code(device, "1F04") == 0x0B
    assert code(device, "1910") == code(device, "1810" + "00" * 32) == 0x1C


def test_r503_loses_its_features_with_the_next_picture() -> None:
    device = start(emulator.r503)
    device.glass.place("amina")
    for command in ("01", "0201", "01", "0202", "05", "06010001", "01", "0201"):
        assert code(device, command) == 0
    assert ask(device, "04010000 00C8".replace(" ", ""))[0].payload[:3].hex() == "000001"
    assert code(device, "01") == 0
    # The published answer: "not found", with a page that is none.
    assert (
        ask(device, "040100000 0C8".replace(" ", ""))[0].to_bytes().hex().upper() == "EF01FFFFFFFF0700070901EE00000106"
    )


def test_r307_keeps_its_features_and_r503_ignores_buffer_numbers() -> None:
    device = start(emulator.r307)
    device.glass.place("amina")
    for command in ("01", "0201", "01", "0202", "05", "06010001", "01", "0201", "01"):
        assert code(device, command) == 0
    assert code(device, "040100000 3E8".replace(" ", "")) == 0
    device = start(emulator.r503)
    device.glass.place("amina")
    for command in ("01", "0201", "01", "0202", "05"):
        assert code(device, command) == 0
    assert b"".join(p.payload for p in ask(device, "0805")[1:]) == b"".join(p.payload for p in ask(device, "0801")[1:])


def test_r307_does_not_search_with_what_was_sent_to_it() -> None:
    device = start(emulator.r307)
    assert code(device, "0901") == 0
    assert list(device.receive(Packet(Pid.END, bytes(100)).to_bytes())) == []
    assert code(device, "0401000003E8") == 0x01
    assert code(device, "06010005") == 0


def test_random_numbers_come_from_the_seed() -> None:
    first, again = start(emulator.r307), start(emulator.r307)
    other = emulator.r307(seed=2)
    assert ask(first, "14") == ask(again, "14") != ask(other, "14")


def test_each_emulated_module_has_a_serial_number_of_its_own() -> None:
    serials = {ask(emulator.r503(), "3C")[0].payload[21:29] for _ in range(5)}
    assert len(serials) == 5


@BOTH
def test_flash_in_a_file_outlives_the_emulator(make: Make, tmp_path: Path) -> None:
    state = tmp_path / "flash"
    device = start(make, state=state)
    device.glass.place("amina")
    for command in ("01", "0201", "01", "0202", "05", "06010000", "060100C7", "0E0501", "1807" + "AB" * 32):
        assert code(device, command) == 0
    template = [packet.payload for packet in ask(device, "0801")]
    # Not closed: as if it had been killed.
    again = start(make, state=state)
    assert again.state()["used"] == [0, 199]
    assert code(again, "070100C7") == 0
    assert [packet.payload for packet in ask(again, "0801")] == template
    assert ask(again, "1907")[0].payload[1:] == b"\xab" * 32
    assert ask(again, "0F")[0].payload[8] == 1
    again.glass.place("amina")
    for command in ("01", "0201"):
        assert code(again, command) == 0
    assert ask(again, "040100000 0C8".replace(" ", ""))[0].payload[0] == 0
    assert code(again, "0C00000001") == 0
    device.close()
    again.close()
    last = start(make, state=state)
    assert last.state()["used"] == [199]
    last.close()


def test_state_file_of_another_model_is_refused_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "flash"
    emulator.r503(state=state).close()
    before = state.read_bytes()
    with pytest.raises(LinkLost, match="not the flash of this model"):
        emulator.r307(state=state)
    assert state.read_bytes() == before
    state.write_text("shopping list")
    with pytest.raises(LinkLost, match="not the flash"):
        emulator.r307(state=state)
    with pytest.raises(LinkLost, match="cannot open"):
        emulator.r307(state=tmp_path)
    assert state.read_text() == "shopping list"


def test_state_file_is_for_its_owner_only(tmp_path: Path) -> None:
    emulator.r307(state=tmp_path / "flash").close()
    assert (tmp_path / "flash").stat().st_mode & 0o777 == 0o600


def test_template_encoding_both_ways() -> None:
    features = 0x1234 << 400 | 77
    assert decode(encode(features, 768)) == features
    assert len(encode(features, 1536)) == 1536
    assert decode(b"\xff" * 768) is None
