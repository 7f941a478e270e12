"""The scanner's library is a cache of the store: swapped, wiped, shuffled or filled by others, it credits nobody wrongly, and mends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

import drivers
from drivers.zfm.scanner import ZfmScanner
from kiosk.models import FingerName, Member
from kiosk.sealing import TemplateKeys
from kiosk.station.setbacks import PATIENCE
from kiosk.views import ScanKind, ScannerHealth
from tests.support.station import AMINA, BARAKA, KEYS, Station, make, station
from tests.support.zfm import batch, worn

TAGGED = ["r307", "r503"]
EVERY = [*TAGGED, "zfm20"]
NUMBERED = [("gt521f52", "gt521"), ("waveshare", "waveshare")]
FAMILIES = [*((model, "zfm") for model in EVERY), *NUMBERED]


def kinds(desk: Station, member: Member) -> list[ScanKind]:
    return [result.kind for result in desk.press(f"finger of {member.name}")]


def credited(desk: Station) -> set[str]:
    """Who has a punch."""
    return {punch.member_uid for punch in desk.store.punches.latest(1000)}


def two_enrolled(desk: Station) -> None:
    for member in (AMINA, BARAKA):
        assert desk.enrol(member).ok


def replugged(desk: Station) -> None:
    desk.emulator.unplug()
    desk.steps(2)
    desk.emulator.replug()
    desk.steps(8)


@contextmanager
def another(
    desk: Station, folder: Path, model: str = "r307", keys: TemplateKeys | None = KEYS, family: str = "zfm"
) -> Iterator[Station]:
    """Another scanner in the place of the first."""
    desk.reader.close()
    with drivers.start_emulator(model, link=folder / "other", instant=True, seed=2) as emulator:
        swapped = make(emulator, desk.store, desk.clock, keys=keys, family=family)
        yield swapped
        swapped.reader.close()


@pytest.mark.parametrize("model", EVERY)
def test_F051_a_wiped_scanner_is_filled_again_with_nobody_present(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        desk.emulator.wipe()
        replugged(desk)
        desk.restored()
        assert desk.scanner.used() == desk.slots.keys()
        assert len(desk.slots) == 2
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", EVERY)
def test_F051_a_library_that_is_lost_without_a_sound_is_missed_after_five_presses(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        monkeypatch.setattr(desk.reader._library, "patrol", lambda: None)  # a queue leaves no free moment
        monkeypatch.setattr(desk.reader._library, "same", lambda: True)  # nor does a call for a look
        desk.emulator.wipe()
        told = [kind for _ in range(5) for kind in kinds(desk, AMINA)]
        assert told == [*[ScanKind.NOT_RECOGNISED] * 5, ScanKind.WAIT]
        desk.restored()
        assert desk.scanner.used() == desk.slots.keys()
        assert len(desk.slots) == 2
        desk.clock.advance(30)
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", EVERY)
def test_F051_a_library_that_is_lost_without_a_sound_is_missed_in_a_free_moment(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        desk.emulator.wipe()
        desk.clock.advance(6)
        desk.steps(2)
        desk.restored()
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("keys", [KEYS, None])
def test_F051_slots_that_are_empty_all_at_once_are_not_taken_for_bad_ones(
    tmp_path: Path, keys: TemplateKeys | None
) -> None:
    with station(tmp_path, keys=keys) as desk:
        for number in range(PATIENCE + 1):
            assert desk.enrol(AMINA, finger=f"finger {number}", name=list(FingerName)[number]).ok
        desk.emulator.wipe()
        for _ in range(PATIENCE + 1):
            desk.clock.advance(6)
            desk.steps(3)
        desk.restored()
        assert not any(map(desk.reader._setbacks.avoids, range(PATIENCE + 1)))
        assert len(desk.scanner.used()) == len(desk.slots) == (PATIENCE + 1 if keys else 0)


def test_mending_waits_for_the_wire_alone_and_people_come_first(tmp_path: Path) -> None:
    with station(tmp_path) as desk:
        two_enrolled(desk)
        desk.emulator.wipe()
        desk.emulator.unplug()
        desk.steps(2)
        desk.emulator.replug()
        while desk.health is not ScannerHealth.READY or not desk.reader._library.busy:
            desk.steps(1)
        left = desk.reader.status.waiting
        assert left
        desk.emulator.place("a stranger")
        assert desk.reader.step() == 0.1, "somebody is served"
        assert desk.events[-1].kind is ScanKind.NOT_RECOGNISED  # type: ignore[union-attr]
        assert desk.reader.status.waiting == left
        desk.emulator.lift()
        while pause := desk.reader.step():
            desk.clock.advance(pause)
        assert desk.reader.status.waiting == left - 1
        assert desk.restored() == 0
        desk.steps(1)
        assert desk.reader.step() == 0.1, "nothing is left to do"


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


def test_F050_an_empty_scanner_of_the_same_model_takes_over_by_itself(desk: Station, tmp_path: Path) -> None:
    two_enrolled(desk)
    with another(desk, tmp_path) as swapped:
        swapped.steps(3)
        assert swapped.health is ScannerHealth.READY
        swapped.restored()
        assert kinds(swapped, AMINA) == [ScanKind.WELCOME]
        assert kinds(swapped, BARAKA) == [ScanKind.WELCOME]
        assert swapped.reader.status.absent == 0


def test_F050_without_copies_another_scanner_credits_nobody_until_it_is_adopted(tmp_path: Path) -> None:
    with station(tmp_path, keys=None) as desk:
        two_enrolled(desk)
        with another(desk, tmp_path, keys=None) as swapped:
            swapped.steps(2)
            assert swapped.health is ScannerHealth.LOCKED
            assert "2 fingers lie in that one alone" in swapped.reader.status.detail
            assert swapped.press("finger of AMINA") == []
        desk.steps(8)
        assert desk.health is ScannerHealth.READY, "the old one is as good as before"
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_F050_a_scanner_that_holds_strangers_is_not_erased_unasked(desk: Station, tmp_path: Path) -> None:
    two_enrolled(desk)
    with another(desk, tmp_path) as swapped:
        swapped.emulator.plant(0, "a stranger")
        swapped.steps(2)
        assert swapped.health is ScannerHealth.LOCKED
        assert "kiosk scanner adopt main" in swapped.reader.status.detail
        assert swapped.press("a stranger") == []
        swapped.reader.adopt()
        swapped.steps(3)
        swapped.restored()
        assert swapped.health is ScannerHealth.READY
        assert [result.kind for result in swapped.press("a stranger")] == [ScanKind.NOT_RECOGNISED]
        assert kinds(swapped, BARAKA) == [ScanKind.WELCOME]
    assert credited(desk) == {"2"}


@contextmanager
def old_one_again(
    tmp_path: Path, model: str, family: str, *, in_the_drawer: Callable[[Station], None]
) -> Iterator[Station]:
    """The scanner that two were enrolled at, after a spare one took its place, was filled, and went."""
    with station(tmp_path, model, family=family) as desk:
        two_enrolled(desk)
        with another(desk, tmp_path, model, family=family) as spare:
            spare.steps(4)
            spare.restored()
            assert spare.scanner.used()
        in_the_drawer(desk)
        desk.steps(8)
        yield desk


@pytest.mark.parametrize(("model", "family"), [*FAMILIES, ("gt511c3", "gt521")])
def test_F050_the_old_scanner_comes_back_after_a_spare_one(tmp_path: Path, model: str, family: str) -> None:
    with old_one_again(tmp_path, model, family, in_the_drawer=lambda _: None) as desk:
        assert desk.health is ScannerHealth.READY, desk.reader.status.detail
        desk.restored()
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize(("model", "family"), FAMILIES)
def test_F050_the_old_scanner_comes_back_after_somebody_has_left(tmp_path: Path, model: str, family: str) -> None:
    def left(desk: Station) -> None:
        [finger] = desk.store.fingers.of_member("1")
        desk.store.fingers.forget(finger.id)

    with old_one_again(tmp_path, model, family, in_the_drawer=left) as desk:
        assert desk.health is ScannerHealth.READY, desk.reader.status.detail
        desk.restored()
        assert len(desk.emulator.device.templates()) == 1
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


@pytest.mark.parametrize(("model", "family"), NUMBERED)
def test_F050_an_old_scanner_that_others_filled_meanwhile_is_not_erased_unasked(
    tmp_path: Path, model: str, family: str
) -> None:
    def filled(desk: Station) -> None:
        desk.emulator.wipe()
        desk.emulator.plant(5, "a stranger")

    with old_one_again(tmp_path, model, family, in_the_drawer=filled) as desk:
        assert desk.health is ScannerHealth.LOCKED
        assert desk.emulator.device.templates().keys() == {5}


@pytest.mark.parametrize(("model", "family"), NUMBERED)
def test_F050_an_old_scanner_that_may_have_somebodys_only_finger_is_not_erased_unasked(
    tmp_path: Path, model: str, family: str
) -> None:
    def copy_lost(desk: Station) -> None:
        [finger] = desk.store.fingers.of_member("1")
        for slot in desk.store.slots.of_finger(finger.id):
            desk.store.slots.free(slot.station, slot.slot)
        desk.store._database.write("DELETE FROM templates WHERE finger_id = ?", (finger.id,))

    with old_one_again(tmp_path, model, family, in_the_drawer=copy_lost) as desk:
        assert desk.health is ScannerHealth.LOCKED
        assert len(desk.emulator.device.templates()) == 2


@pytest.mark.parametrize(("model", "family"), NUMBERED)
def test_F050_a_scanner_that_was_never_here_is_not_erased_for_a_finger_that_is_known(
    tmp_path: Path, model: str, family: str
) -> None:
    with station(tmp_path, model, family=family) as desk:
        two_enrolled(desk)
        [ours, *_] = desk.emulator.device.templates().values()
        with another(desk, tmp_path, model, family=family) as swapped:
            swapped.emulator.device.put(5, ours)
            swapped.steps(4)
            assert swapped.health is ScannerHealth.LOCKED


def test_F050_a_slot_that_cannot_be_read_makes_no_stranger_of_a_scanner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, "zfm20") as desk:
        two_enrolled(desk)
        real = ZfmScanner.export_template

        def worn(scanner: ZfmScanner, slot: int) -> drivers.Template:
            if slot == 0:
                raise drivers.DeviceError("worn", command="LoadChar", code=12)
            return real(scanner, slot)

        monkeypatch.setattr(ZfmScanner, "export_template", worn)
        replugged(desk)
        assert desk.health is ScannerHealth.READY, desk.reader.status.detail
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


def test_F050_a_scanner_of_another_model_says_who_has_to_come_by(desk: Station, tmp_path: Path) -> None:
    two_enrolled(desk)
    with another(desk, tmp_path, "r503") as swapped:
        swapped.steps(3)
        assert swapped.health is ScannerHealth.READY
        assert swapped.reader.status.absent == 2
        assert kinds(swapped, AMINA) == [ScanKind.NOT_RECOGNISED]
        assert swapped.enrol(AMINA).ok
        swapped.steps(60)
        assert swapped.reader.status.absent == 1
        assert kinds(swapped, AMINA) == [ScanKind.WELCOME]
    [finger] = desk.store.fingers.of_member("1")
    assert {kept.model for kept in desk.store.templates.of_finger(finger.id)} == {"R307", "R503"}


@pytest.mark.parametrize(("model", "size"), [("r307", 512), ("r307", 1536), ("r308", 1024), ("zw101", 512)])
def test_F050_a_scanner_of_another_batch_says_who_has_to_come_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, size: int
) -> None:
    with station(tmp_path, model) as desk:
        for number in range(PATIENCE + 1):
            assert desk.enrol(AMINA, finger=f"finger {number}", name=list(FingerName)[number]).ok
        assert desk.enrol(BARAKA).ok
        batch(model, size, monkeypatch)
        with another(desk, tmp_path, model) as swapped:
            swapped.steps(3)
            swapped.restored()
            swapped.steps(1)
            told = swapped.reader.status
            assert (told.health, told.detail, told.used) == (ScannerHealth.READY, "", 0)
            assert (told.template_size, told.waiting, told.absent) == (size, 0, 2)
            assert [each.kind for each in swapped.call("2", "finger of BARAKA")] == [ScanKind.NOT_RECOGNISED]
            assert (swapped.health, swapped.reader.status.glitches) == (ScannerHealth.READY, 0)
            fingers = [finger.id for finger in desk.store.fingers.all()]
            assert not any(map(swapped.reader._setbacks.hopeless, fingers)), "their own scanner may come back today"
            assert swapped.enrol(BARAKA).ok
            assert swapped.slots.keys() == {0}, "no slot was called bad"
            assert kinds(swapped, BARAKA) == [ScanKind.WELCOME]
            assert swapped.reader.status.absent == 1
            swapped.emulator.wipe()
            replugged(swapped)
            swapped.restored()
            assert kinds(swapped, BARAKA) == [ScanKind.ALREADY], "the copy is of the enrolment on this scanner"


def test_F052_a_finger_that_was_removed_leaves_the_scanner_too(desk: Station) -> None:
    two_enrolled(desk)
    [finger] = desk.store.fingers.of_member("1")
    desk.store.fingers.forget(finger.id)
    assert kinds(desk, AMINA) == [ScanKind.DENIED]
    desk.steps(60)
    assert len(desk.scanner.used()) == 1
    assert kinds(desk, AMINA) == [ScanKind.NOT_RECOGNISED]


def test_the_library_is_settled_every_night(desk: Station) -> None:
    two_enrolled(desk)
    desk.emulator.wipe()
    desk.clock.advance(86_400)
    desk.steps(2)
    desk.restored()
    assert len(desk.scanner.used()) == 2


def test_two_stations_share_their_fingers(desk: Station, tmp_path: Path) -> None:
    with drivers.start_emulator("r307", link=tmp_path / "second", instant=True, seed=2) as emulator:
        gate = make(emulator, desk.store, desk.clock, name="gate")
        gate.steps()
        two_enrolled(desk)
        gate.steps(60)
        gate.restored()
        assert [result.kind for result in gate.press("finger of BARAKA")] == [ScanKind.WELCOME]
        gate.reader.close()


def test_a_restart_in_the_middle_of_an_import_leaves_both_sides_agreed(desk: Station) -> None:
    two_enrolled(desk)
    desk.emulator.wipe()
    replugged(desk)
    desk.emulator.fault("unplug", at=60)
    desk.steps(3)
    desk.emulator.clear_faults()
    desk.emulator.replug()
    desk.steps(12)
    desk.restored()
    assert desk.scanner.used() == desk.slots.keys()
    assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_a_finger_that_is_enrolled_on_a_new_batch_reaches_the_other_station_too(
    desk: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.enrol(AMINA).ok
    batch("r307", 512, monkeypatch)
    with (
        another(desk, tmp_path) as swapped,
        drivers.start_emulator("r307", link=tmp_path / "second", instant=True, seed=3) as emulator,
    ):
        gate = make(emulator, desk.store, desk.clock, name="gate")
        for each in (swapped, gate):
            each.steps(4)
            each.restored()
        assert gate.reader.status.absent == 1
        desk.clock.advance(60)
        assert swapped.enrol(AMINA).ok
        desk.clock.advance(6)
        gate.steps(3)
        gate.restored()
        assert kinds(gate, AMINA) == [ScanKind.WELCOME]
        gate.reader.close()


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("import_template", drivers.ProtocolError("the slot does not hold what was sent")),
        ("import_template", drivers.UnsupportedError("not these")),
        ("delete", drivers.ProtocolError("it is still there")),
    ],
)
def test_a_scanner_that_refuses_to_be_written_goes_on_serving(
    desk: Station, monkeypatch: pytest.MonkeyPatch, operation: str, error: drivers.ScannerError
) -> None:
    two_enrolled(desk)
    amina, _ = desk.slots.values()
    desk.reader._library.shelf.take_out(amina)
    desk.emulator.plant(9, "a stranger")
    monkeypatch.setattr(desk.scanner, operation, raiser(error))
    desk.reader._rounds.disturb()
    desk.steps(60)
    assert desk.health is ScannerHealth.READY
    assert not desk.reader._library.busy, "it does not try for ever"
    assert kinds(desk, BARAKA) == [ScanKind.WELCOME]
    assert [result.kind for result in desk.call("1", "finger of AMINA")] == [ScanKind.WELCOME]
    assert [result.kind for result in desk.press("a stranger")] in ([ScanKind.DENIED], [ScanKind.NOT_RECOGNISED])
    assert credited(desk) == {"1", "2"}


def test_a_slot_that_cannot_be_read_credits_nobody_and_loses_nobody(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.enrol(AMINA)
    replugged(desk)
    with monkeypatch.context() as worn:
        worn.setattr(desk.scanner, "export_template", lambda _: (_ for _ in ()).throw(drivers.ProtocolError("lost")))
        desk.reader._library.shelf._proven.clear()
        [result] = desk.press("finger of AMINA")
        assert (result.kind, result.advice) == (ScanKind.TRY_AGAIN, "type_number")
    desk.restored()
    assert kinds(desk, AMINA) == [ScanKind.WELCOME]


@pytest.mark.parametrize("model", EVERY)
def test_who_lies_in_a_slot_that_cannot_be_read_is_written_into_another_one(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        worn(desk.emulator, monkeypatch, 0)
        replugged(desk)
        desk.restored()
        assert desk.scanner.used() == desk.slots.keys() == {1, 2}
        for member in (AMINA, BARAKA):
            assert kinds(desk, member) == [ScanKind.WELCOME]
        replugged(desk)
        desk.clock.advance(86_400)
        desk.steps(2)
        desk.reader._library.shelf.take_out(desk.slots[2])
        desk.reader._rounds.disturb()
        desk.steps(2)
        desk.restored()
        assert desk.scanner.used() == desk.slots.keys() == {1, 2}, (
            "a slot that was forgotten to be bad costs one try, and not the finger"
        )


@pytest.mark.parametrize("model", TAGGED)
def test_a_slot_that_is_worn_while_somebody_presses_sends_them_to_the_keyboard_once(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, model) as desk:
        two_enrolled(desk)
        worn(desk.emulator, monkeypatch, 0)
        desk.reader._library.shelf._proven.clear()
        [result] = desk.press("finger of AMINA")
        assert (result.kind, result.advice) == (ScanKind.TRY_AGAIN, "type_number")
        desk.restored()
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_the_only_template_of_somebody_in_a_slot_that_cannot_be_read_is_to_be_enrolled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=None) as desk:
        two_enrolled(desk)
        worn(desk.emulator, monkeypatch, 0)
        replugged(desk)
        desk.restored()
        desk.steps(1)
        assert desk.reader.status.absent == 1
        assert desk.scanner.used() == desk.slots.keys() == {1}
        assert desk.enrol(AMINA).ok
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_a_line_that_loses_bytes_costs_nobody_their_only_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=None) as desk:
        two_enrolled(desk)
        with monkeypatch.context() as line:
            line.setattr(desk.scanner, "export_template", raiser(drivers.ProtocolError("lost")))
            desk.reader._rounds.disturb()
            desk.steps(20)
            assert not desk.reader._library.busy, "it does not try for ever"
        assert desk.scanner.used() == desk.slots.keys() == {0, 1}
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]


def test_where_slot_after_slot_cannot_be_read_it_is_not_the_slots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=None) as desk:
        for number in range(PATIENCE + 2):
            assert desk.enrol(AMINA, finger=f"finger {number}", name=list(FingerName)[number]).ok
        refused = drivers.DeviceError("no", command="LoadChar", code=12)
        monkeypatch.setattr(desk.scanner, "export_template", raiser(refused))
        desk.reader._rounds.disturb()
        desk.steps(40)
        assert not desk.reader._library.busy
        assert len(desk.scanner.used()) == 2, "it does not empty them all"


@pytest.mark.parametrize("keys", [KEYS, None])
def test_a_slot_that_can_no_longer_be_read_leaves_the_other_proofs_alone(
    tmp_path: Path, keys: TemplateKeys | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station(tmp_path, keys=keys) as desk:
        two_enrolled(desk)
        worn(desk.emulator, monkeypatch, 0)
        library = desk.reader._library
        monkeypatch.setattr(library, "settle", raiser(AssertionError("it is one slot, and not the scanner")))
        for _ in range(6):
            desk.clock.advance(6)
            desk.steps(3)
        assert library.shelf.oldest_proof() in {1, 2}
        assert not library.busy
        assert 0 not in desk.slots


def raiser(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail
