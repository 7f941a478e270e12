"""Somebody has the scanner's wires in hand: what they shuffle, plant or exchange credits nobody, and is put right."""

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers import Hit, Identification
from kiosk.models import Slot, SlotState
from kiosk.sealing import TemplateKeys
from kiosk.views import ScanKind, ScannerHealth
from tests.support.station import (
    AMINA,
    BARAKA,
    EVERY,
    FAMILIES,
    KEYS,
    NUMBERED,
    TAGGED,
    Station,
    credited,
    kinds,
    station,
    two_enrolled,
)


@pytest.mark.parametrize("model", EVERY)
def test_T010_shuffled_slots_credit_nobody_and_are_put_right(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        desk.emulator.unplug()
        desk.emulator.shuffle()
        desk.steps(2)
        desk.emulator.replug()
        desk.emulator.place("finger of AMINA")  # before the library had any time to look
        desk.steps(3)
        assert credited(desk) == set()
        desk.emulator.lift()
        desk.steps(8)
        desk.restored()
        desk.press("finger of AMINA")
        assert credited(desk) == {"1"}
        desk.press("finger of BARAKA")
        assert credited(desk) == {"1", "2"}


@pytest.mark.parametrize("model", EVERY)
def test_T010_shuffled_slots_are_put_right_even_where_no_copies_are_kept(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model, keys=None) as desk:
        two_enrolled(desk)
        before = desk.emulator.device.templates()
        desk.emulator.unplug()
        desk.emulator.shuffle()
        desk.steps(2)
        desk.emulator.replug()
        desk.steps(8)
        desk.restored()
        assert sorted(desk.emulator.device.templates().values()) == sorted(before.values()), "nobody was thrown away"
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", EVERY)
def test_T010_tampered_with_behind_the_adapter_one_lost_answer_is_enough_to_look_again(
    tmp_path: Path, model: str
) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        desk.emulator.shuffle()
        desk.emulator.power_cycle()
        desk.emulator.fault("drop", count=12)  # whoever has the sensor's wires in hand cannot answer in its place
        desk.steps(1)
        assert desk.health is ScannerHealth.READY, "it was away for less than a handshake"
        told = desk.press("finger of AMINA")
        assert {result.name for result in told} <= {None, "AMINA"}
        desk.steps(8)
        desk.restored()
        desk.clock.advance(61)
        for member in (BARAKA, AMINA):
            [result] = desk.press(f"finger of {member.name}")
            assert result.name == member.name, result


@pytest.mark.parametrize("keys", [KEYS, None])
@pytest.mark.parametrize(("model", "family"), FAMILIES)
def test_T010_tampered_with_without_a_trace_it_is_found_in_turn(
    tmp_path: Path, model: str, family: str, keys: TemplateKeys | None
) -> None:
    with station(tmp_path, model, family=family, keys=keys) as desk:
        two_enrolled(desk)
        before = desk.emulator.device.templates()
        for _ in range(6):
            desk.clock.advance(6)
            desk.steps(3)
        assert not desk.reader._library.busy
        desk.emulator.shuffle()
        for _ in range(2):
            desk.clock.advance(6)
            desk.steps(3)
        desk.restored()
        assert sorted(desk.emulator.device.templates().values()) == sorted(before.values()), "nobody was thrown away"
        for member in (AMINA, BARAKA):
            [result] = desk.press(f"finger of {member.name}")
            assert (result.kind, result.name) == (ScanKind.WELCOME, member.name)


@pytest.mark.parametrize(("model", "family"), FAMILIES)
def test_T010_every_slot_is_looked_into_again_in_turn(tmp_path: Path, model: str, family: str) -> None:
    with station(tmp_path, model, family=family) as desk:
        two_enrolled(desk)
        shelf = desk.reader._library.shelf
        order = []
        for _ in range(4):
            order.append(shelf.oldest_proof())
            desk.clock.advance(6)
            desk.steps(3)
        assert order[0] != order[1]
        assert order[:2] == order[2:]


@pytest.mark.parametrize(("model", "family"), FAMILIES)
def test_T010_a_slot_more_or_less_is_found_whatever_goes_on_at_the_glass(
    tmp_path: Path, model: str, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, model, family=family) as desk:
        two_enrolled(desk)
        monkeypatch.setattr(desk.reader._library, "patrol", lambda: None)
        before = desk.emulator.device.templates()
        for slot, finger in ((9, "a stranger"), (min(before), None)):
            device = desk.emulator.device
            device.put(slot, None if finger is None else device.make(finger))
            desk.clock.advance(6)
            desk.steps(2)
            desk.restored()
            assert sorted(device.templates().values()) == sorted(before.values())


@pytest.mark.parametrize("at_the_glass", [True, False])
@pytest.mark.parametrize(("model", "family"), NUMBERED)
def test_T010_another_scanner_behind_an_open_port_is_known_by_its_number_and_not_erased(
    tmp_path: Path, model: str, family: str, monkeypatch: pytest.MonkeyPatch, *, at_the_glass: bool
) -> None:
    with station(tmp_path, model, family=family) as desk:
        two_enrolled(desk)
        if at_the_glass:
            monkeypatch.setattr(desk.reader._library, "patrol", lambda: None)
        device = desk.emulator.device
        for slot in device.templates():
            device.put(slot, device.make(f"a stranger in {slot}"))
        device._flash.registers.serial = b"another1"  # type: ignore[attr-defined]
        others = device.templates()
        desk.clock.advance(6)
        desk.steps(3)
        assert desk.health is ScannerHealth.LOCKED
        assert device.templates() == others


@pytest.mark.parametrize("slots", [[0], [0, 5], [5, 7]])
@pytest.mark.parametrize("model", TAGGED)
def test_T010_second_copies_of_a_members_template_are_removed(tmp_path: Path, model: str, slots: list[int]) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        before = desk.emulator.device.templates()
        desk.emulator.unplug()
        for slot in slots:
            desk.emulator.device.put(slot, before[1])
        desk.steps(2)
        desk.emulator.replug()
        desk.steps(40)
        assert not desk.reader._library.busy, "it moves the copies about for ever"
        assert sorted(desk.emulator.device.templates().values()) == sorted(before.values())
        assert desk.scanner.used() == desk.slots.keys()
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
        assert credited(desk) == {"1", "2"}


@pytest.mark.parametrize("model", TAGGED)
def test_T010_a_foreign_template_in_a_free_slot_is_removed(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        desk.emulator.unplug()
        desk.emulator.plant(7, "a stranger")
        desk.steps(2)
        desk.emulator.replug()
        desk.steps(8)
        desk.restored()
        assert 7 not in desk.scanner.used()
        assert [result.kind for result in desk.press("a stranger")] == [ScanKind.NOT_RECOGNISED]
        assert credited(desk) == set()


@pytest.mark.parametrize("model", TAGGED)
def test_T010_a_foreign_template_in_a_members_slot_credits_nobody(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        [slot] = [number for number, _ in desk.slots.items() if number == 0]
        desk.emulator.unplug()
        desk.emulator.plant(slot, "a stranger")
        desk.steps(2)
        desk.emulator.replug()
        desk.emulator.place("a stranger")
        desk.steps(6)
        desk.emulator.lift()
        desk.steps(6)
        desk.restored()
        assert credited(desk) == set()
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", ["r307", "r503", "zw101", "as608"])
def test_T010_a_sensor_exchanged_while_the_glass_rests_credits_nobody(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        assert desk.enrol(AMINA).ok
        for number in range(5):
            desk.press(f"stranger {number}")
        assert desk.reader._glass.locked_s
        device = desk.emulator.device
        for slot in device.templates():
            device.put(slot, None)
        device.put(0, device.make("finger of CHEBET"))
        desk.emulator.power_cycle()  # at the sensor's own connector: the adapter stays plugged in
        desk.steps(4)
        desk.clock.advance(31)
        desk.press("finger of CHEBET")
        assert desk.store.punches.latest(1) == []
        desk.restored()
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


SPEAKING = ["r307", "r308", "r503", "zw101"]


def exchanged(desk: Station) -> None:
    """Another sensor behind the port, within a moment: all that is heard of it is its first byte, next to its first answer."""
    device = desk.emulator.device
    for slot in device.templates():
        device.put(slot, device.make(f"a stranger in {slot}"))
    desk.emulator.fault("insert", at=0, data=b"\x55")
    desk.emulator.place("a stranger in 0")


@pytest.mark.parametrize("model", SPEAKING)
def test_T010_a_sensor_exchanged_between_two_looks_credits_nobody(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        assert desk.enrol(AMINA).ok
        exchanged(desk)
        desk.steps(4)
        assert desk.store.punches.latest(1) == []


@pytest.mark.parametrize("model", SPEAKING)
def test_T010_a_sensor_exchanged_during_a_call_credits_nobody(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        assert desk.enrol(AMINA).ok
        desk.reader.call("1")
        desk.steps(2)
        exchanged(desk)
        desk.steps(4)
        assert desk.store.punches.latest(1) == []


def during_the_search(desk: Station, monkeypatch: pytest.MonkeyPatch, happening: Callable[[], None]) -> None:
    """Let something happen between the scanner's answer and what is made of it."""
    search = desk.scanner.identify

    def identify() -> Identification:
        found = search()
        if isinstance(found, Hit):
            happening()
        return found

    monkeypatch.setattr(desk.scanner, "identify", identify)


def test_F053_a_slot_that_changes_hands_during_the_search_credits_nobody(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    for member in (AMINA, BARAKA):
        assert desk.enrol(member).ok
        assert desk.press(f"finger of {member.name}")[0].kind is ScanKind.WELCOME

    def exchange() -> None:
        first, second = desk.store.slots.of_station("main")
        with desk.store.atomic():
            for row in (first, second):
                desk.store.slots.free("main", row.slot)
            for row, slot in ((first, second.slot), (second, first.slot)):
                desk.store.slots.reserve(Slot("main", slot, row.finger_id, SlotState.WRITING))
                desk.store.slots.hold("main", slot, row.digest)
        monkeypatch.undo()

    before = desk.store.punches.latest(10)
    during_the_search(desk, monkeypatch, exchange)
    assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.TRY_AGAIN]
    assert desk.store.punches.latest(10) == before
    assert desk.press("finger of AMINA")[0].name == "AMINA", "and the store was put right"


def test_F053_a_finger_that_is_removed_during_the_search_credits_nobody(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.enrol(AMINA).ok
    [finger] = desk.store.fingers.of_member(AMINA.uid)
    during_the_search(desk, monkeypatch, lambda: desk.store.fingers.forget(finger.id))
    assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.DENIED]
    assert desk.store.punches.latest(10) == []
