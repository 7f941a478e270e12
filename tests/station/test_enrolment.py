"""Enrolment: consent first, nobody twice, nothing called done that was not recognised, nothing half done."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

import drivers
from drivers.waveshare.commands import SENSOR_C
from kiosk.attendance import Shift
from kiosk.models import FingerName, FingerState, Member
from kiosk.station import EnrolmentError, EnrolRequest
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth
from tests.support import people
from tests.support.station import AMINA, BARAKA, Station, make, station


def test_three_presses_and_the_finger_is_enrolled(desk: Station) -> None:
    last = desk.enrol(AMINA)
    assert last.ok
    assert last.message.startswith("Enrolled.")
    assert "second finger" in last.message
    [finger] = desk.store.fingers.of_member("1")
    assert finger.state is FingerState.ENROLLED
    assert finger.consent.witness == "the head teacher"
    assert desk.slots == {0: finger.id}
    assert desk.scanner.used() == {0}
    steps = [event.step for event in desk.events if isinstance(event, EnrolProgress)]
    asked = [step for step in steps if step not in {"captured", "lift"}]
    assert asked == ["place", "place", "verify", "second"]
    assert steps.count("captured") == 2
    assert desk.reader.status.used == 1


def test_the_press_that_verified_is_no_punch(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.steps(10)
    assert desk.store.punches.latest(1) == []


def test_T022_without_a_witness_to_the_consent_there_is_no_enrolment(desk: Station) -> None:
    last = desk.enrol(AMINA, witness="  ")
    assert not last.ok
    assert "Consent is required" in last.message
    assert desk.store.fingers.of_member("1") == []


def test_F054_the_same_finger_for_somebody_else_is_refused_and_its_owner_named_to_operators(desk: Station) -> None:
    desk.enrol(AMINA)
    last = desk.enrol(BARAKA, finger="finger of AMINA")
    assert not last.ok
    assert last.message == "This finger is already enrolled."
    assert last.private == "It is member 1's right-index."
    assert desk.store.fingers.of_member("2") == []
    assert len(desk.scanner.used()) == 1


def test_the_same_finger_name_twice_is_refused(desk: Station) -> None:
    desk.enrol(AMINA)
    assert "already has the right-index" in desk.enrol(AMINA, finger="x").message
    assert desk.enrol(AMINA, finger="left one", name=FingerName.LEFT_INDEX).ok


def test_an_unknown_member_is_refused(desk: Station) -> None:
    desk.reader.enrol(EnrolRequest(member_uid="nobody", finger=FingerName.LEFT_THUMB, witness="w"))
    desk.steps(2)
    last = desk.events[-1]
    assert isinstance(last, EnrolProgress)
    assert last.final
    assert "No active member" in last.message


def switched(desk: Station, before: str, after: str) -> EnrolProgress:
    """Enrol with one finger for the captures and another for the check."""
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    handled = 0
    for _ in range(400):
        desk.clock.advance(desk.reader.step())
        for event in desk.events[handled:]:
            assert isinstance(event, EnrolProgress)
            if event.final:
                return event
            if event.step in {"place", "verify"}:
                desk.emulator.place(before if event.step == "place" and event.sample == 1 else after)
            else:
                desk.emulator.lift()
        handled = len(desk.events)
    raise AssertionError(desk.events)


def test_two_different_fingers_are_a_mismatch(desk: Station) -> None:
    last = switched(desk, "one", "two")
    assert not last.ok
    assert "not the same finger" in last.message
    assert desk.slots == {}
    assert desk.scanner.used() == frozenset()


# One of `people.fill`, who is always on shift where fingers are few.
GUARD = "1005"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    """A station whose scanner says that it is one with 500 slots, and takes two fingers."""
    monkeypatch.setattr("drivers.waveshare.enrolment.LIFT", 0.0)
    monkeypatch.setattr("drivers.waveshare.emulator.SENSOR_C", replace(SENSOR_C, capacity=2))
    watch = Shift("watch", frozenset(range(7)), time(0), time(0), members=frozenset({GUARD}))
    with station(tmp_path, "waveshare", family="waveshare", shifts=[watch]) as desk:
        yield desk


def test_a_different_finger_is_refused_where_the_scanner_would_merge_it(small: Station) -> None:
    last = switched(small, "one", "two")
    assert not last.ok
    assert "not the same finger" in last.message
    assert (small.slots, small.scanner.used()) == ({}, frozenset())


def test_a_scanner_that_takes_fewer_than_it_should_makes_room_from_then_on(small: Station) -> None:
    third = Member(uid="3", name="CHEBET")
    small.store.members.put(third)
    assert small.enrol(AMINA).ok
    assert small.enrol(BARAKA).ok
    assert small.reader.status.capacity == 500
    assert "no more than 2 fingers" in small.enrol(third).message
    assert (small.health, small.reader.status.capacity) == (ScannerHealth.READY, 2)
    assert small.enrol(third).ok
    assert len(small.slots) == 2
    for member in (AMINA, BARAKA, third):
        small.clock.advance(30)
        assert [result.kind for result in small.call(member.uid, f"finger of {member.name}")] == [ScanKind.WELCOME]


def test_copies_that_find_no_room_are_planned_for_anew_and_no_sign_of_a_worn_scanner(small: Station) -> None:
    for member in (AMINA, BARAKA):
        assert small.enrol(member).ok
    people.fill(small.store, small.reader._vault, small.emulator.device, 9)
    for _ in range(2):
        small.clock.advance(6)
        small.steps(2)
        small.restored()
    assert (small.reader.status.capacity, small.reader.status.waiting) == (2, 0)
    assert GUARD in small.slots.values()
    assert len(small.scanner.used()) == 2
    assert "worn" not in small.reader.status.detail


def test_a_full_scanner_with_a_gap_makes_room_too(small: Station) -> None:
    small.reader._setbacks.bad(2)
    for number in range(2):
        assert small.enrol(AMINA, f"finger {number}", name=list(FingerName)[number]).ok
    assert "no more than 2 fingers" in small.enrol(BARAKA).message
    small.reader._setbacks.forget()  # as every night
    assert small.enrol(BARAKA).ok
    assert len(small.scanner.used()) == 2


def test_a_finger_that_is_not_recognised_afterwards_is_thrown_away(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.scanner, "identify", _never_recognised(desk))
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    last = _follow(desk)
    assert not last.ok
    assert "not recognised after it was stored" in last.message
    assert desk.slots == {}
    monkeypatch.undo()
    assert desk.scanner.used() == frozenset()


def _never_recognised(desk: Station):  # type: ignore[no-untyped-def]  # noqa: ANN202
    real = desk.scanner.identify

    def identify() -> drivers.Identification:
        found = real()
        return drivers.NoMatch() if isinstance(found, drivers.Hit) else found

    return identify


def _follow(desk: Station, finger: str = "f") -> EnrolProgress:
    handled = 0
    for _ in range(400):
        desk.clock.advance(desk.reader.step())
        for event in desk.events[handled:]:
            assert isinstance(event, EnrolProgress)
            if event.final:
                return event
            desk.emulator.place(finger) if event.step in {"place", "verify"} else desk.emulator.lift()
        handled = len(desk.events)
        if desk.events[-1].step == "verify":  # type: ignore[union-attr]
            desk.emulator.place(finger) if desk.emulator.state()["finger"] is None else desk.emulator.lift()
    raise AssertionError(desk.events)


def test_nobody_comes_and_it_is_given_up(desk: Station) -> None:
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    desk.steps(3)
    desk.clock.advance(61)
    desk.steps(1)
    last = desk.events[-1]
    assert isinstance(last, EnrolProgress)
    assert last.final
    assert "given up" in last.message
    assert desk.slots == {}


def test_it_can_be_cancelled(desk: Station) -> None:
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    desk.steps(3)
    desk.reader.cancel_enrolment()
    desk.steps(1)
    assert [event.message for event in desk.events if isinstance(event, EnrolProgress) and event.final] == [
        "Cancelled."
    ]


def test_a_scanner_that_is_not_ready_refuses_at_once(desk: Station) -> None:
    desk.emulator.unplug()
    desk.steps(2)
    with pytest.raises(EnrolmentError, match="not ready"):
        desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))


def test_a_finger_enrolled_at_one_station_serves_at_the_other(desk: Station, tmp_path: Path) -> None:
    desk.enrol(AMINA)
    with drivers.start_emulator("r307", link=tmp_path / "second", instant=True, seed=2) as emulator:
        back = make(emulator, desk.store, desk.clock, name="back")
        back.steps()
        back.restored()
        desk.clock.advance(61)
        assert [result.kind for result in back.press("finger of AMINA")] == [ScanKind.WELCOME]
        back.reader.close()


def test_F051_fingers_that_the_scanner_lost_can_be_enrolled_again_where_there_is_no_copy(tmp_path: Path) -> None:
    with station(tmp_path, keys=None) as desk:
        desk.enrol(AMINA)
        desk.scanner.clear()
        assert desk.enrol(AMINA).ok
        assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]


def test_who_is_absent_stays_so_until_they_are_enrolled_and_their_consent_until_there_is_another(
    tmp_path: Path,
) -> None:
    with station(tmp_path, keys=None) as desk:
        for member in (AMINA, BARAKA):
            assert desk.enrol(member).ok
        before = desk.store.fingers.all()
        desk.scanner.clear()
        desk.scanner.write_tag(bytes(32))
        desk.reader._rounds.disturb()
        desk.steps(1)
        desk.reader.adopt()
        desk.steps(8)
        assert desk.reader.status.absent == 2
        desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
        desk.steps(2)
        desk.reader.cancel_enrolment()
        desk.steps(2)
        refreshed(desk)
        assert desk.reader.status.absent == 2
        assert desk.store.fingers.all() == before
        assert desk.slots == {}
        assert desk.enrol(AMINA, witness="somebody else").ok
        desk.steps(1)
        assert desk.reader.status.absent == 1
        [finger] = desk.store.fingers.of_member("1")
        assert finger.consent.witness == "somebody else"


def refreshed(desk: Station) -> None:
    """Let the library notice what has changed."""
    desk.clock.advance(6)
    desk.steps(2)


def test_a_finger_of_which_there_is_a_copy_is_not_enrolled_twice(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.scanner.clear()
    assert "already has" in desk.enrol(AMINA).message
    desk.restored()
    assert [result.kind for result in desk.press("finger of AMINA")] == [ScanKind.WELCOME]


def test_one_enrolment_at_a_time(desk: Station) -> None:
    request = EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w")
    desk.reader.enrol(request)
    for _ in range(2):
        with pytest.raises(EnrolmentError, match="busy with another enrolment"):
            desk.reader.enrol(request)
        desk.steps(2)


def test_the_next_enrolment_can_be_asked_for_at_the_last_word_of_the_one_before(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask_again(event: object) -> None:
        desk.events.append(event)  # type: ignore[arg-type]  what the reader publishes
        if isinstance(event, EnrolProgress) and event.final and not asked:
            asked.append(desk.reader.enrol(EnrolRequest(member_uid="2", finger=FingerName.LEFT_THUMB, witness="w")))

    monkeypatch.setattr(desk.reader, "_tell", ask_again)
    desk.enrol(AMINA)
    assert len(asked) == 1


def test_it_can_be_cancelled_before_it_began(desk: Station) -> None:
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    desk.reader.cancel_enrolment()
    desk.steps(2)
    last = desk.events[-1]
    assert isinstance(last, EnrolProgress)
    assert (last.final, last.message) == (True, "Cancelled.")


@pytest.mark.parametrize("version", ["", "  "])
def test_consent_to_no_text_is_no_consent(desk: Station, version: str) -> None:
    request = EnrolRequest(AMINA.uid, FingerName.RIGHT_INDEX, "the head teacher", version)
    desk.reader.enrol(request)
    desk.steps(2)
    last = desk.events[-1]
    assert isinstance(last, EnrolProgress)
    assert (last.ok, last.final) == (False, True)
    assert "the version of the text" in last.message
    assert desk.store.fingers.of_member(AMINA.uid) == []
