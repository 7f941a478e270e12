import random
from pathlib import Path

import pytest

from drivers.emulation.fingers import ideal, likeness, press
from drivers.emulation.flash import Flash, encode, unpack

SERIAL = bytes(range(8))


@pytest.fixture
def flash() -> Flash:
    return Flash(4, 256, serial=SERIAL)


def test_template_of_one_finger() -> None:
    features = 0x1234 << 400 | 77
    assert unpack(encode(features, 768)) == (features,)
    assert len(encode(features, 1536)) == 1536


def test_template_of_several_fingers_matches_each_of_them() -> None:
    noise = random.Random(1)
    template = encode(ideal("amina"), 512, ideal("juma"), ideal("wanjiru"))
    assert len(template) == 512
    assert all(likeness(unpack(template), [press(name, noise)]) > 80 for name in ("amina", "juma", "wanjiru"))
    assert likeness(unpack(template), [press("otieno", noise)]) < 30


@pytest.mark.parametrize("foreign", [b"\xff" * 768, b"", b"SYNTH", b"SYNTHx" + bytes(700)])
def test_template_that_no_finger_gave_matches_nothing(foreign: bytes) -> None:
    assert (unpack(foreign), likeness(unpack(foreign), [1])) == ((), 0)


def test_score_of_a_slot_is_the_best_of_its_fingers(flash: Flash) -> None:
    flash.write(1, encode(ideal("amina"), 256, ideal("juma")))
    assert flash.score(1, ideal("juma")) == flash.score(1, ideal("otieno"), ideal("amina")) > 150
    assert flash.score(1, ideal("otieno")) < 30
    assert flash.score(0, ideal("juma")) == 0


def test_what_is_put_is_told_and_none_of_it_when_it_was_taken_away(flash: Flash) -> None:
    template = encode(ideal("amina"), 256)
    flash.put(3, template)
    assert flash.templates() == {3: template}
    flash.put(3, None)
    assert flash.templates() == {}


@pytest.mark.parametrize("slot", [-1, 4, 1 << 30])
def test_slot_that_does_not_exist(flash: Flash, slot: int) -> None:
    with pytest.raises(ValueError, match="of 4"):
        flash.write(slot, bytes(256))
    with pytest.raises(ValueError, match="of 4"):
        flash.erase(slot)
    assert flash.used == frozenset()


@pytest.mark.parametrize("size", [0, 255, 257])
def test_template_of_another_size_reaches_no_neighbour(flash: Flash, size: int) -> None:
    flash.write(2, b"\x22" * 256)
    with pytest.raises(ValueError, match="256 bytes"):
        flash.write(1, bytes(size))
    assert (flash.used, flash.read(2)) == ({2}, b"\x22" * 256)


def test_file_of_the_first_version_still_loads(tmp_path: Path) -> None:
    """Written out by hand: header, empty notepad, index byte, and one template with the mark SYNTH1 in slot 1."""
    header = b"ZFMFLASH" + bytes.fromhex("00040100") + SERIAL + bytes.fromhex("00000000FFFFFFFF060302")
    template = (b"SYNTH1" + ideal("amina").to_bytes(64)).ljust(256, b"\x07")
    path = tmp_path / "flash"
    path.write_bytes(header.ljust(64 + 512, b"\0") + b"\x02" + bytes(256) + template + bytes(512))
    flash = Flash(4, 256, serial=bytes(8), path=path)
    assert (flash.templates(), flash.registers.serial) == ({1: template}, SERIAL)
    assert flash.score(1, ideal("amina")) > 150
    flash.close()
