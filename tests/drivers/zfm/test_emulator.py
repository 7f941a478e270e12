"""The emulated sensor alone, without a port: bytes in, bytes out."""

from pathlib import Path

import pytest

from drivers import LinkLost
from drivers.emulation.fingers import Quality
from drivers.zfm import emulator
from drivers.zfm.codec import Packet, Pid
from tests.support.emulators import (
    ZFM_MODELS,
    Make,
    ask,
    code,
    codes,
    content,
    enrolled,
    looked_up,
    said,
    start,
)

ALL = pytest.mark.parametrize("make", ZFM_MODELS.values(), ids=ZFM_MODELS)
BOTH = pytest.mark.parametrize("make", [emulator.r307, emulator.r503])


@ALL
def test_capacity(make: Make) -> None:
    capacity = {"ZFM-20": 162, "AS608": 300, "R305": 256, "R307": 1000, "R308": 500, "R503": 200, "ZW101": 50}
    device = start(make)
    enrolled(device, "amina", capacity[device.model] - 1)
    assert code(device, f"0601{capacity[device.model]:04X}") == 0x0B
    assert device.state()["used"] == [capacity[device.model] - 1]


@ALL
def test_template_travels_out_and_back_with_its_size(make: Make) -> None:
    sizes = {"ZFM-20": 512, "AS608": 512, "R305": 512, "R307": 768, "R308": 512, "R503": 1536, "ZW101": 2048}
    device = start(make)
    enrolled(device, "amina", 3)
    assert code(device, "07010003") == 0
    template = content(device, "0801")
    assert len(template) == sizes[device.model]
    assert codes(device, "0D", "0901") == [0, 0]
    for at in range(0, len(template), 128):
        pid = Pid.DATA if at + 128 < len(template) else Pid.END
        assert list(device.receive(Packet(pid, template[at : at + 128]).to_bytes())) == []
    assert code(device, "06010004") == 0
    assert looked_up(device, "amina") == (0, 4)


@ALL
def test_size_of_the_picture(make: Make) -> None:
    device = start(make)
    device.glass.place("amina")
    assert code(device, "01") == 0
    expected = {"R308": 0, "ZW101": 0, "R503": 192 * 192 // 2}.get(device.model, 36864)
    assert len(content(device, "0A")) == expected


@ALL
def test_what_a_model_lacks_is_refused_in_its_own_way(make: Make) -> None:
    lacks = {
        "ZFM-20": ("1900", "1800" + "00" * 32, "1B0100000064", "3100010203FF", "35", "3C", "40"),
        "AS608": ("1B0100000064", "3100010203FF", "35", "3C", "40"),
        "R305": ("1B0100000064", "3200010203FF", "35", "3C", "40"),
        "R307": ("1B0100000064", "3200010203FF", "35", "3C", "40"),
        "R308": ("0F", "1900", "1B0100000064", "35", "3C", "40"),
        "R503": ("1B0100000064", "29", "33", "34", "53"),
        "ZW101": ("1B0100000064", "28", "36", "39", "3A", "40", "3D", "53"),
    }
    refusal = {"R503": 0xFC, "ZW101": 0x13}
    device = start(make)
    assert codes(device, *lacks[device.model]) == [refusal.get(device.model, 0x01)] * len(lacks[device.model])
    assert device.state()["harmed"] == 0


def test_a_grow_module_says_of_a_picture_that_it_is_poor() -> None:
    device = start(emulator.r503)
    assert codes(device, "28", "30") == [0x02, 0]
    device.glass.place("amina", "dry")
    assert codes(device, "01", "28") == [0, 0x07]
    device.glass.place("amina")
    assert codes(device, "28", "0201") == [0, 0]
    assert [len(ask(device, command)[0].payload) for command in ("39", "3A")] == [33, 33]


def test_a_syno_module_is_cancelled_and_sent_to_sleep() -> None:
    assert codes(start(emulator.zw101), "30", "33") == [0, 0]


@ALL
def test_settings_take_effect_with_the_ack_or_with_a_restart(make: Make) -> None:
    device = start(make)
    assert codes(device, "0E0400", "0E040D", "0E0701", "0E0506") == [0x1B, 0x1B, 0x1A, 0x1B]
    assert code(device, "0E0403") == (0x1B if device.model == "R503" else 0)
    assert codes(device, "0E0401", "0E0600") == [0, 0]
    at_once = device.model != "R503"
    assert device.baud == (9600 if at_once else 57600)
    enrolled(device, "amina", 0)
    assert len(ask(device, "0801")[1].payload) == (32 if at_once else 128)
    list(device.power_on())
    assert device.baud == 9600


@ALL
def test_what_img2tz_says_of_bad_pictures(make: Make) -> None:
    device = start(make)
    qualities = ("dry", "wet", "smudged", "partial", "residual")
    found = []
    for quality in qualities:
        device.glass.place("amina", Quality(quality))
        assert code(device, "01") == 0
        found.append(code(device, "0201"))
    assert found == ([4, 5, 6, 7, 0x17] if device.model == "ZW101" else [7, 6, 6, 7, 6])
    device.glass.place("amina", Quality.IMAGING)
    assert code(device, "01") == 0x03


@ALL
def test_old_password_until_the_power_goes(make: Make) -> None:
    device = start(make)
    assert code(device, "1200C0FFEE") == 0
    assert codes(device, "1300000000", "1300C0FFEE") == [0 if device.model == "ZFM-20" else 0x13, 0]
    list(device.power_on())
    assert codes(device, "1300000000", "01", "1300C0FFEE", "01") == [0x13, 0x21, 0, 2]


@ALL
def test_misses(make: Make) -> None:
    device = start(make)
    device.glass.place("amina")
    assert codes(device, "01", "0201") == [0, 0]
    miss = {"R503": "EF01FFFFFFFF0700070901EE00000106", "ZW101": "EF01FFFFFFFF07000724000000000032"}
    nothing = "EF01FFFFFFFF07000709000000000017"
    assert said(device, "0401000000C8") == [miss.get(device.model, nothing)]
    enrolled(device, "juma", 0)
    device.glass.place("amina")
    assert codes(device, "01", "0201") == [0, 0]
    assert said(device, "0401000000C8") == [miss["R503"] if device.model == "R503" else nothing]


@ALL
def test_different_fingers_in_one_template(make: Make) -> None:
    device = start(make)
    for finger, buffer in (("amina", 1), ("juma", 2)):
        device.glass.place(finger)
        assert codes(device, "01", f"02{buffer:02X}") == [0, 0]
    if device.model != "R503":
        assert code(device, "05") == 0x0A
        return
    # The worst that Adafruit #104 and #120 allow for: no word of it, and both are let in as the same person.
    assert codes(device, "05", "06010007") == [0, 0]
    assert (looked_up(device, "amina"), looked_up(device, "juma")) == ((0, 7), (0, 7))
    assert looked_up(device, "wanjiru")[0] == 0x09


def test_template_of_two_people_stays_one_when_it_is_copied() -> None:
    device, other = start(emulator.r503), start(emulator.r503)
    for finger, buffer in (("amina", 1), ("juma", 2)):
        device.glass.place(finger)
        assert codes(device, "01", f"02{buffer:02X}") == [0, 0]
    assert codes(device, "05", "06010007") == [0, 0]
    other.put(3, device.templates()[7])
    assert (looked_up(other, "amina"), looked_up(other, "juma")) == ((0, 3), (0, 3))


@ALL
def test_first_words(make: Make) -> None:
    words = {"ZFM-20": "", "ZW101": "00F8FCFE55"}
    device = make(seed=1)
    assert b"".join(a.data for a in device.power_on()).hex().upper() == words.get(device.model, "00FE55")


@ALL
def test_answers_as_somebody_else(make: Make) -> None:
    device = start(make)
    device.misaddress(on=True)
    assert ask(device, "1D")[0].address == 0xFFFFFFFE
    device.misaddress(on=False)
    assert ask(device, "1D")[0].address == 0xFFFFFFFF


@ALL
def test_golden_answers(make: Make) -> None:
    device = start(make)
    assert said(device, "01") == ["EF01FFFFFFFF07000302000C"]
    assert said(device, "1F00") == ["EF01FFFFFFFF0700230000" + "00" * 31 + "002A"]
    enrolled(device, "amina", 0)
    assert said(device, "1D") == ["EF01FFFFFFFF070005000001000D"]
    enrolled(device, "juma", 1)
    assert said(device, "1D") == ["EF01FFFFFFFF070005000002000E"]
    assert said(device, "1F00") == ["EF01FFFFFFFF0700230003" + "00" * 31 + "002D"]
    device.glass.place("amina")
    assert said(device, "01") == ["EF01FFFFFFFF07000300000A"]
    assert said(device, "13000000FF") == ["EF01FFFFFFFF07000313001D"]


def test_r308_tells_nothing_of_itself_but_works() -> None:
    device = start(emulator.r308)
    assert code(device, "0F") == 0x01
    enrolled(device, "amina", 499)
    device.glass.place("amina")
    assert codes(device, "01", "0201") == [0, 0]
    assert ask(device, "0401000001F4")[0].payload[:3].hex() == "0001f3"


def test_zw101_speaks_synochips_dialect() -> None:
    device = start(emulator.zw101)
    assert ask(device, "0F")[0].payload.hex() == "00000400000032" + "0003ffffffff00020006"
    device.glass.place("amina")
    assert codes(device, "29", "0204") == [0, 0]
    # Hand shake, and the light: steady blue, as a published driver sends it.
    assert codes(device, "35", "3C03010100") == [0, 0]
    assert (device.state()["light"], device.state()["harmed"]) == ("03010100", 0)
    uuid = ask(device, "34")[0].payload
    assert (len(uuid), ask(device, "3400")[0].payload) == (33, uuid)
    assert ask(start(emulator.zw101, state=None), "34")[0].payload == uuid
    assert ask(emulator.zw101(seed=2), "34")[0].payload != uuid


@pytest.mark.parametrize("model", ["r305", "r307", "r308"])
def test_search_with_what_was_sent_is_refused_by_the_r30x(model: str) -> None:
    device = start(ZFM_MODELS[model])
    assert code(device, "0901") == 0
    assert list(device.receive(Packet(Pid.END, bytes(100)).to_bytes())) == []
    assert code(device, "0401000000C8") == 0x01
    assert code(device, "06010005") == 0


@pytest.mark.parametrize("model", ["zfm20", "as608", "zw101"])
def test_search_with_what_was_sent_works_elsewhere(model: str) -> None:
    device = start(ZFM_MODELS[model])
    enrolled(device, "amina", 5)
    assert code(device, "0901") == 0
    assert list(device.receive(Packet(Pid.END, b"").to_bytes())) == []
    assert code(device, "0401000000C8") == 0x09


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
    assert b"".join(answer.data for answer in device.receive(sent)).hex().endswith("07000300000a55")


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
