"""Number and finger, number and PIN: nobody is turned away because of worn fingers or a full library."""

from pathlib import Path
from typing import NoReturn

import pytest

from kiosk.models import FingerName, Member, Method
from kiosk.station import BusyError, EnrolRequest
from kiosk.store import NotSaved, SaveUnknown, StoreError
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth
from tests.support.station import AMINA, BARAKA, Station, station


def kinds(desk: Station, number: str, finger: str | None) -> list[ScanKind]:
    return [result.kind for result in desk.call(number, finger)]


@pytest.mark.parametrize("model", ["r307", "r503", "zw101", "zfm20"])
def test_number_and_finger_with_and_without_a_slot(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        assert desk.enrol(AMINA).ok
        assert kinds(desk, "1", "finger of AMINA") == [ScanKind.WELCOME]
        [finger] = desk.store.fingers.of_member("1")
        desk.reader._library.shelf.take_out(finger.id)
        assert desk.scanner.used() == frozenset()
        desk.clock.advance(61)
        assert kinds(desk, "1", "finger of AMINA") == [ScanKind.GOODBYE]
        newest, first = desk.store.punches.latest(2)
        assert (newest.method, newest.slot, newest.finger_id) == (Method.NUMBER, None, finger.id)
        assert (first.method, first.slot) == (Method.NUMBER, 0)
        assert newest.score is not None


def test_I013_another_finger_is_not_credited_to_the_number(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.enrol(BARAKA)
    [result] = desk.call("1", "finger of BARAKA")
    assert (result.kind, result.advice) == (ScanKind.NOT_RECOGNISED, "check_number")
    assert desk.store.punches.latest(1) == []


def test_a_number_that_nobody_has_is_refused_like_a_wrong_finger(desk: Station) -> None:
    desk.enrol(AMINA)
    unknown, wrong = desk.call("4711", "finger of AMINA"), desk.call("2", "finger of AMINA")
    assert [(each.kind, each.advice, each.name) for each in unknown] == [
        (each.kind, each.advice, each.name) for each in wrong
    ]


def test_the_second_finger_serves_as_well(desk: Station) -> None:
    desk.enrol(AMINA)
    assert desk.enrol(AMINA, finger="left thumb of AMINA", name=FingerName.LEFT_THUMB).message == "Enrolled."
    assert kinds(desk, "1", "left thumb of AMINA") == [ScanKind.WELCOME]


def test_nobody_comes_and_the_station_goes_back_to_everybody(desk: Station) -> None:
    desk.enrol(AMINA)
    assert desk.call("1") == []
    desk.clock.advance(21)
    desk.steps(8)
    assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]


def test_it_can_be_taken_back(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.reader.call("2")
    desk.steps(1)
    desk.reader.hang_up()
    desk.steps(8)
    assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]


def test_not_while_somebody_is_enrolled(desk: Station) -> None:
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    desk.steps(2)
    with pytest.raises(BusyError, match="being enrolled"):
        desk.reader.call("1")


def test_F048_unplugged_while_a_member_is_expected(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.reader.call("1")
    desk.steps(1)
    desk.emulator.unplug()
    desk.steps(2)
    desk.emulator.replug()
    desk.steps(8)
    assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]


def test_F058_wrong_fingers_for_a_number_lock_the_glass_too(desk: Station) -> None:
    desk.enrol(AMINA)
    told = [kind for _ in range(5) for kind in kinds(desk, "1", "a stranger")]
    assert told == [ScanKind.NOT_RECOGNISED] * 5 + [ScanKind.WAIT]


def test_F058_five_strangers_lock_the_glass_for_half_a_minute(desk: Station) -> None:
    desk.enrol(AMINA)
    told = [result for number in range(5) for result in desk.press(f"stranger {number}")]
    assert [result.kind for result in told] == [ScanKind.NOT_RECOGNISED] * 5 + [ScanKind.WAIT]
    assert told[-1].seconds == 30
    with pytest.raises(BusyError, match=r"wait 2\d seconds"):
        desk.reader.call("1")
    assert desk.press("finger of AMINA") == []
    desk.clock.advance(30)
    assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]


def test_the_presses_that_a_punch_took_are_written_down(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.press("a stranger")
    desk.press("finger of AMINA", "smudged")
    desk.press("finger of AMINA")
    [punch] = desk.store.punches.latest(1)
    assert punch.tries == 3


def test_T012_a_print_left_on_the_glass_is_no_second_punch(desk: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.enrol(AMINA)
    before = len(desk.events)
    desk.emulator.place("finger of AMINA")
    desk.steps(3)
    desk.emulator.lift()
    desk.steps(1)
    monkeypatch.setattr(desk.scanner, "present", lambda: True)  # what is left on the glass keeps triggering the sensor
    desk.steps(20)
    results = [event for event in desk.events[before:] if not isinstance(event, EnrolProgress)]
    assert [(each.kind, each.advice) for each in results] == [
        (ScanKind.WELCOME, None),
        (ScanKind.TRY_AGAIN, "lift_finger"),
    ]
    assert len(desk.store.punches.latest(5)) == 1


def test_a_pin_punch_is_marked(desk: Station) -> None:
    result = desk.reader.pinpad.credit("2")
    assert (result.kind, result.name) == (ScanKind.WELCOME, "BARAKA")
    [punch] = desk.store.punches.latest(1)
    assert (punch.method, punch.slot, punch.score, punch.finger_id) == (Method.PIN, None, None, None)
    assert desk.events[-1] == result


def test_a_member_who_left_cannot_punch_by_pin(desk: Station) -> None:
    desk.store.members.put(Member(uid="2", name="BARAKA", active=False))
    assert desk.reader.pinpad.credit("2").kind is ScanKind.DENIED


@pytest.mark.parametrize(("error", "fatal"), [(NotSaved("the disk is full"), False), (SaveUnknown("I/O error"), True)])
def test_a_pin_punch_that_is_not_on_disk_is_not_green_and_what_nobody_knows_ends_the_station(
    desk: Station, monkeypatch: pytest.MonkeyPatch, error: StoreError, *, fatal: bool
) -> None:
    def fail(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(desk.store.punches, "record", fail)
    assert desk.reader.pinpad.credit("2").kind is ScanKind.NOT_SAVED
    if fatal:
        with pytest.raises(SaveUnknown):
            desk.reader.step()
        assert desk.health is ScannerHealth.FAULT
    else:
        desk.steps(2)
        assert desk.health is ScannerHealth.READY
