"""What a hostile mind found: nobody's finger is lost, nobody is credited wrongly, and no single fault takes a station away."""

from pathlib import Path

import pytest

import drivers
from drivers.zfm.scanner import ZfmScanner
from kiosk.models import FingerName
from kiosk.sealing import TemplateKeys
from kiosk.station import BusyError, EnrolRequest, Vault
from kiosk.store import NotSaved, Store, StoreConflict
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth, ScanResult
from tests.support.raising import raiser
from tests.support.station import AMINA, BARAKA, KEYS, Station, kinds, make, replugged, station

OTHER_KEYS = TemplateKeys(bytes(32))


def test_two_stations_without_copies_do_not_undo_each_other(tmp_path: Path) -> None:
    with (
        station(tmp_path, keys=None) as front,
        drivers.start_emulator("r307", link=tmp_path / "second", instant=True, seed=2) as emulator,
    ):
        gate = make(emulator, front.store, front.clock, name="gate", keys=None)
        gate.steps()
        assert front.enrol(AMINA).ok
        assert gate.enrol(AMINA).ok
        for desk in (front, gate):
            replugged(desk)
            desk.restored()
            desk.clock.advance(61)
            assert kinds(desk, AMINA) in ([ScanKind.WELCOME], [ScanKind.GOODBYE])
        gate.reader.close()


def test_nobody_is_enrolled_while_others_are_still_being_written(desk: Station) -> None:
    for number in range(3):
        desk.enrol(AMINA, finger=f"finger {number}", name=list(FingerName)[number])
    desk.emulator.wipe()
    desk.reader._rounds.disturb()
    desk.steps(1)
    assert desk.reader.status.waiting
    last = desk.enrol(BARAKA, finger="finger 2")
    assert not last.ok
    assert "still being written into the scanner" in last.message
    desk.restored()
    assert "already enrolled" in desk.enrol(BARAKA, finger="finger 2").message


def test_a_copy_that_cannot_be_opened_is_no_copy(desk: Station, tmp_path: Path) -> None:
    desk.enrol(AMINA)
    desk.reader.close()
    with drivers.start_emulator("r307", link=tmp_path / "other", instant=True, seed=2) as emulator:
        swapped = make(emulator, desk.store, desk.clock, keys=OTHER_KEYS)
        swapped.steps(2)
        assert swapped.health is ScannerHealth.LOCKED
        assert "1 finger lies in that one alone" in swapped.reader.status.detail
        swapped.reader.close()
    back = make(desk.emulator, desk.store, desk.clock, keys=OTHER_KEYS)
    back.steps(8)
    assert kinds(back, AMINA) == [ScanKind.WELCOME]
    [finger] = desk.store.fingers.of_member("1")
    assert Vault(desk.store, OTHER_KEYS).fetch(finger, "R307") is not None, "the proven slot gave a new copy"
    back.reader.close()


def test_a_key_that_is_made_later_brings_copies(tmp_path: Path) -> None:
    with station(tmp_path, keys=None) as desk:
        desk.enrol(AMINA)
        desk.reader.close()
        keyed = make(desk.emulator, desk.store, desk.clock)
        keyed.steps(3)
        keyed.restored()
        [finger] = desk.store.fingers.of_member("1")
        assert keyed.reader._vault.has(finger.id)
        keyed.emulator.wipe()
        replugged(keyed)
        keyed.restored()
        assert kinds(keyed, AMINA) == [ScanKind.WELCOME]
        keyed.reader.close()


def test_unplugging_again_and_again_while_it_is_filled_ends_with_everybody_in_it(desk: Station) -> None:
    for number in range(6):
        assert desk.enrol(AMINA, finger=f"finger {number}", name=list(FingerName)[number]).ok
    desk.emulator.wipe()
    for _ in range(8):
        replugged(desk)
        desk.emulator.fault("unplug", at=70)
        desk.steps(4)
        desk.emulator.clear_faults()
    replugged(desk)
    desk.restored()
    assert len(desk.scanner.used()) == 6
    assert not desk.reader._library.shelf.refuses


def test_a_scanner_that_cannot_be_written_costs_nobody_a_slot(desk: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        assert desk.enrol(AMINA, finger=f"finger {number}", name=list(FingerName)[number]).ok
    for slot in range(100, 106):
        desk.reader._setbacks.bad(slot)
    last = desk.enrol(BARAKA)
    assert "cannot be written any more" in last.message
    assert len(desk.scanner.used()) == 3


@pytest.mark.parametrize(
    "error", [drivers.ProtocolError("lost"), drivers.DeviceError("no", command="LoadChar", code=12)]
)
def test_a_slot_that_cannot_be_read_keeps_nobody_else_waiting(
    desk: Station, monkeypatch: pytest.MonkeyPatch, error: drivers.ScannerError
) -> None:
    desk.enrol(AMINA)
    desk.enrol(BARAKA)
    real = ZfmScanner.export_template

    def unreadable(self: ZfmScanner, slot: int) -> drivers.Template:
        if slot == 0:
            raise error
        return real(self, slot)

    monkeypatch.setattr(ZfmScanner, "export_template", unreadable)
    replugged(desk)
    desk.steps(20)
    assert not desk.reader._library.busy
    assert kinds(desk, BARAKA) == [ScanKind.WELCOME]
    assert kinds(desk, AMINA) == [ScanKind.WELCOME]
    assert desk.emulator.device.templates().keys() == {1, 2}


def test_a_slot_that_cannot_be_emptied_does_not_take_the_station_away(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.enrol(AMINA)
    desk.enrol(BARAKA)
    refused = drivers.DeviceError("flash", command="DeletChar", code=0x18)
    monkeypatch.setattr(ZfmScanner, "delete", raiser(refused))
    monkeypatch.setattr(ZfmScanner, "import_template", raiser(drivers.ProtocolError("not what was sent")))
    amina = desk.slots[0]
    desk.store.slots.free("main", 0)
    desk.reader._rounds.disturb()
    desk.steps(30)
    assert desk.health is ScannerHealth.READY
    assert desk.slots.get(0) == amina, "its content tells whose it is"
    assert kinds(desk, BARAKA) == [ScanKind.WELCOME]


def test_adopting_is_for_the_scanner_that_is_locked_now(desk: Station, tmp_path: Path) -> None:
    with pytest.raises(BusyError, match="no scanner that it would have to take over"):
        desk.reader.adopt()
    desk.reader.close()
    with drivers.start_emulator("r307", link=tmp_path / "other", instant=True, seed=2) as emulator:
        emulator.plant(0, "a stranger")
        swapped = make(emulator, desk.store, desk.clock)
        swapped.steps(2)
        swapped.reader.adopt()
        swapped.clock.advance(61)
        swapped.steps(3)
        assert swapped.health is ScannerHealth.LOCKED, "an old word is no word"
        assert emulator.device.templates().keys() == {0}
        swapped.reader.adopt()
        swapped.steps(3)
        assert swapped.health is ScannerHealth.READY
        swapped.reader.close()


def test_a_finger_that_was_moved_is_followed_and_not_thrown_away(tmp_path: Path) -> None:
    with station(tmp_path, keys=None) as desk:
        desk.enrol(AMINA)
        desk.enrol(BARAKA)
        device = desk.emulator.device
        desk.emulator.unplug()
        device.put(7, device.templates()[1])
        device.put(1, device.make("a stranger"))
        desk.steps(2)
        desk.emulator.replug()
        desk.steps(8)
        desk.restored()
        assert kinds(desk, BARAKA) == [ScanKind.WELCOME]
        assert kinds(desk, AMINA) == [ScanKind.WELCOME]
        assert [result.kind for result in desk.press("a stranger")] == [ScanKind.NOT_RECOGNISED]


def test_I008_number_and_finger_on_a_full_disk_is_told(desk: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.enrol(AMINA)
    monkeypatch.setattr(desk.store.punches, "record", raiser(NotSaved("disk full")))
    assert [result.kind for result in desk.call("1", "finger of AMINA")] == [ScanKind.NOT_SAVED]
    assert desk.health is ScannerHealth.READY


def test_a_finger_removed_while_its_slot_is_proven(desk: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.enrol(AMINA)
    desk.reader._library.shelf._proven.clear()
    desk.store._database.write("UPDATE slots SET digest = NULL")
    monkeypatch.setattr(desk.store.slots, "hold", raiser(StoreConflict("there is no such finger")))
    [result] = desk.press("finger of AMINA")
    assert (result.kind, result.advice) == (ScanKind.TRY_AGAIN, "library_busy")
    assert desk.health is ScannerHealth.READY


def test_an_unknown_number_is_refused_only_when_a_finger_came(tmp_path: Path) -> None:
    with station(tmp_path, "waveshare", family="waveshare") as desk:
        for _ in range(5):
            assert desk.call("4711") == []
            desk.clock.advance(21)
            desk.steps(2)
        assert [result.kind for result in desk.call("4711", "a stranger")] == [ScanKind.NOT_RECOGNISED]


def test_T012_a_call_asks_for_a_fresh_press_too(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.emulator.place("finger of AMINA")
    desk.steps(4)
    desk.clock.advance(120)
    desk.reader.call("1")
    before = len(desk.events)
    desk.steps(20)
    assert desk.events[before:] == [], "the finger that lies there had its answer"
    desk.emulator.lift()
    desk.steps(6)
    desk.emulator.place("finger of AMINA")
    desk.steps(4)
    assert [event.kind for event in desk.events[before:] if isinstance(event, ScanResult)] == [ScanKind.GOODBYE]


def test_a_call_that_ended_in_bad_pictures_says_so(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.reader.call("1")
    desk.emulator.place("finger of AMINA", "smudged")
    desk.steps(10)
    desk.clock.advance(21)
    desk.steps(1)
    assert desk.events[-1].kind is ScanKind.TRY_AGAIN  # type: ignore[union-attr]
    assert desk.events[-1].advice == "smudged"  # type: ignore[union-attr]


def test_the_light_is_ready_again_for_the_next_person_while_the_library_works(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        shown: list[drivers.Light] = []
        real = desk.scanner.signal
        for member in (AMINA, BARAKA):
            desk.enrol(member)
        desk.scanner.signal = lambda light: (shown.append(light), real(light))[1]  # type: ignore[method-assign]
        desk.reader._library._unproven.extend([0, 1] * 50)
        for member in (AMINA, BARAKA):
            desk.press(f"finger of {member.name}")
        assert shown.count(drivers.Light.WELCOME) == 2
        assert shown[-1] is drivers.Light.READY


def test_T022_the_latest_consent_counts(desk: Station, tmp_path: Path) -> None:
    desk.enrol(AMINA)
    desk.reader.close()
    with drivers.start_emulator("r503", link=tmp_path / "other", instant=True, seed=2) as emulator:
        other = make(emulator, desk.store, desk.clock)
        other.steps(3)
        assert other.enrol(AMINA, witness="the new head teacher").ok
        other.reader.close()
    [finger] = desk.store.fingers.of_member("1")
    assert finger.consent.witness == "the new head teacher"


def test_a_scanner_exchanged_at_the_moment_of_an_enrolment_is_told(desk: Station, tmp_path: Path) -> None:
    desk.enrol(AMINA)
    desk.scanner.write_tag(bytes(32))
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    desk.steps(1)
    last = desk.events[-1]
    assert isinstance(last, EnrolProgress)
    assert last.final
    assert desk.health is ScannerHealth.LOCKED


def test_a_backup_without_its_members_says_what_to_wait_for(desk: Station, tmp_path: Path) -> None:
    desk.enrol(AMINA)
    empty = Store.open(tmp_path / "empty.db")
    done = Vault(empty, KEYS).restore(desk.reader._vault.backup("", 10))
    assert done.refused == ["no member has the uid 1: wait for the roster, and restore again"]
    empty.close()


"""Models that say a byte 55 as soon as they have power."""
