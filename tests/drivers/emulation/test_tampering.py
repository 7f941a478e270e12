import pytest

from drivers.emulation import tampering
from tests.support.emulators import ZFM_MODELS, Make, code, enrolled, looked_up, start

ALL = pytest.mark.parametrize("make", ZFM_MODELS.values(), ids=ZFM_MODELS)
PEOPLE = {0: "amina", 3: "juma", 41: "wanjiru"}


@ALL
def test_wipe_leaves_nothing(make: Make) -> None:
    device = start(make)
    for slot, name in PEOPLE.items():
        enrolled(device, name, slot)
    tampering.wipe(device)
    assert device.state()["used"] == []
    assert looked_up(device, "amina")[0] in {0x09, 0x24}


@ALL
def test_shuffle_keeps_the_slots_and_moves_every_person(make: Make) -> None:
    device = start(make)
    for slot, name in PEOPLE.items():
        enrolled(device, name, slot)
    before = device.templates()
    tampering.shuffle(device)
    after = device.templates()
    assert after.keys() == before.keys() == PEOPLE.keys()
    assert not [slot for slot in PEOPLE if after[slot] == before[slot]]
    assert [looked_up(device, name) for name in PEOPLE.values()] == [(0, 3), (0, 41), (0, 0)]


@pytest.mark.parametrize("people", [0, 1])
def test_nothing_to_shuffle(people: int) -> None:
    device = start(ZFM_MODELS["r307"])
    for slot in range(people):
        enrolled(device, "amina", slot)
    before = device.templates()
    with pytest.raises(ValueError, match="change places"):
        tampering.shuffle(device)
    assert device.templates() == before


@ALL
def test_planted_finger_is_found_where_it_was_put(make: Make) -> None:
    device = start(make)
    enrolled(device, "amina", 7)
    tampering.plant(device, 7, "mallory")
    tampering.plant(device, 8, "juma")
    assert (looked_up(device, "mallory"), looked_up(device, "juma")) == ((0, 7), (0, 8))
    assert looked_up(device, "amina")[0] == 0x09
    assert len(device.make("amina")) == len(device.templates()[7])


@pytest.mark.parametrize("slot", [-1, 200, 1 << 20])
def test_plant_in_no_slot(slot: int) -> None:
    device = start(ZFM_MODELS["r503"])
    with pytest.raises(ValueError, match="of 200"):
        tampering.plant(device, slot, "mallory")
    assert device.templates() == {}


def test_put_none_empties_a_slot() -> None:
    device = start(ZFM_MODELS["r307"])
    enrolled(device, "amina", 7)
    device.put(7, None)
    assert device.state()["used"] == []
    assert code(device, "07010007") == 0x0C
