"""From the glass to the log: what the person is told is what is on disk."""

import sqlite3
from pathlib import Path

import pytest

import drivers
from kiosk.models import Direction, FingerName, Member, NewDelivery, Punch
from kiosk.station import BusyError, EnrolRequest
from kiosk.store import NotSaved, SaveUnknown
from kiosk.views import ScanKind, ScannerHealth
from tests.support.station import AMINA, Station, station


def kinds(desk: Station, finger: str = "finger of AMINA", **more: str) -> list[ScanKind]:
    return [result.kind for result in desk.press(finger, **more)]


def test_in_repeat_out_in(desk: Station) -> None:
    assert desk.enrol(AMINA).ok
    [welcome] = desk.press("finger of AMINA")
    assert (welcome.kind, welcome.name, welcome.direction) == (ScanKind.WELCOME, "AMINA", Direction.IN)
    punch = desk.store.punches.get(welcome.punch_id or "")
    assert punch is not None
    assert punch.member_uid == "1"
    assert punch.score is not None
    assert punch.score > 50
    [already] = desk.press("finger of AMINA")
    assert (already.kind, already.at, already.punch_id) == (ScanKind.ALREADY, welcome.at, welcome.punch_id)
    assert len(desk.store.punches.latest(10)) == 1, "a repeat is folded"
    desk.clock.advance(61)
    assert kinds(desk) == [ScanKind.GOODBYE]
    desk.clock.advance(61)
    assert kinds(desk) == [ScanKind.WELCOME]
    assert desk.store.punches.verify().ok


def test_a_forgotten_exit_does_not_invert_the_next_day(desk: Station) -> None:
    desk.enrol(AMINA)
    assert kinds(desk) == [ScanKind.WELCOME]
    desk.clock.advance(86_400)
    assert kinds(desk) == [ScanKind.WELCOME]


def test_a_stranger_is_not_recognised_and_leaves_no_trace(desk: Station) -> None:
    desk.enrol(AMINA)
    [result] = desk.press("a stranger")
    assert (result.kind, result.name) == (ScanKind.NOT_RECOGNISED, None)
    assert desk.store.punches.latest(1) == []


@pytest.mark.parametrize("quality", ["smudged", "partial", "dry"])
def test_a_bad_capture_asks_for_another_press_with_its_own_advice(desk: Station, quality: str) -> None:
    desk.enrol(AMINA)
    results = desk.press("finger of AMINA", quality)
    assert [result.kind for result in results] == [ScanKind.TRY_AGAIN]
    assert results[0].advice in {str(reason) for reason in drivers.RetryReason}
    assert kinds(desk) == [ScanKind.WELCOME]


def test_F055_a_finger_that_stays_for_a_minute_is_one_punch(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.emulator.place("finger of AMINA")
    desk.clock.advance(0)
    before = len(desk.events)
    desk.steps(20)
    desk.clock.advance(61)
    desk.steps(20)
    assert len(desk.events) - before == 1
    desk.emulator.lift()
    desk.steps(6)
    assert kinds(desk) == [ScanKind.GOODBYE]


@pytest.mark.parametrize(("model", "family"), [("r307", "zfm"), ("gt511c3", "gt521"), ("waveshare", "waveshare")])
def test_a_glass_on_which_something_lies_for_a_minute_is_said_to_be_out_of_order(
    tmp_path: Path, model: str, family: str
) -> None:
    with station(tmp_path, model, family=family) as desk:
        desk.enrol(AMINA)
        desk.emulator.place("finger of AMINA")
        desk.steps(20)
        desk.clock.advance(60)
        desk.steps(2)
        assert desk.health is ScannerHealth.FAULT
        assert desk.reader.status.detail.startswith("Something has been on the glass for a minute")
        with pytest.raises(BusyError, match="Something has been on the glass"):
            desk.reader.call("2")
        desk.emulator.lift()
        desk.steps(6)
        assert desk.health is ScannerHealth.READY
        assert kinds(desk) == [ScanKind.GOODBYE]


def test_an_enrolment_that_takes_its_time_is_nothing_on_the_glass(desk: Station) -> None:
    desk.emulator.place("finger of AMINA")
    desk.steps(2)
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    desk.steps(1)
    desk.emulator.lift()
    desk.steps(4)
    for _ in range(2):
        desk.clock.advance(40)
        desk.steps(2)
        assert desk.health is ScannerHealth.READY, "the glass was empty, whoever looked at it"
        desk.emulator.place("finger of AMINA")
        desk.steps(3)
        desk.emulator.lift()
        desk.steps(3)
    desk.reader.cancel_enrolment()
    desk.steps(2)
    assert desk.health is ScannerHealth.READY


def test_the_light_goes_out_with_the_kiosk(tmp_path: Path) -> None:
    with station(tmp_path, "r503") as desk:
        shown = desk.emulator.state()["light"]
        desk.reader.close()
        assert (shown, desk.emulator.state()["light"]) == ("01640200", "04000100")


def test_F052_a_slot_that_nobody_owns_is_denied(desk: Station) -> None:
    desk.enrol(AMINA)
    [finger] = desk.store.fingers.of_member("1")
    desk.store.fingers.forget(finger.id)
    assert kinds(desk) == [ScanKind.DENIED]
    assert desk.store.punches.latest(1) == []


def test_F052_somebody_who_left_is_denied(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.store.members.put(Member(uid="1", name="AMINA", active=False))
    assert kinds(desk) == [ScanKind.DENIED]
    assert desk.store.punches.latest(1) == []


def test_the_deliveries_are_committed_with_the_punch_or_not_at_all(desk: Station) -> None:
    desk.enrol(AMINA)

    def broken(punch: Punch, member: Member) -> list[NewDelivery]:
        raise NotSaved("no room for the deliveries")

    desk.reader._glass._punching._consequences = broken
    assert kinds(desk) == [ScanKind.NOT_SAVED]
    assert desk.store.punches.latest(1) == []


def test_I008_nothing_is_green_when_the_disk_is_full(desk: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.enrol(AMINA)

    def full(*_: object) -> None:
        raise NotSaved("disk full")

    monkeypatch.setattr(desk.store.punches, "record", full)
    assert kinds(desk) == [ScanKind.NOT_SAVED]
    monkeypatch.undo()
    assert kinds(desk) == [ScanKind.WELCOME]


def test_F012_an_unknown_commit_is_never_green_and_stops_the_reader(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.enrol(AMINA)

    def unknown(*_: object) -> None:
        raise SaveUnknown("I/O error at COMMIT") from sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(desk.store.punches, "record", unknown)
    before = len(desk.events)
    desk.emulator.place("finger of AMINA")
    with pytest.raises(SaveUnknown):
        desk.steps(5)
    assert [event.kind for event in desk.events[before:]] == [ScanKind.NOT_SAVED]  # type: ignore[union-attr]


def test_F048_unplugged_and_put_back_without_a_restart(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.emulator.unplug()
    desk.steps(2)
    assert desk.health is ScannerHealth.FAULT
    assert "Plug the scanner in" in desk.reader.status.detail
    desk.emulator.replug()
    desk.steps(3)
    assert desk.health is ScannerHealth.READY
    assert kinds(desk) == [ScanKind.WELCOME]


def test_F045_a_garbled_answer_is_a_glitch_and_the_same_press_goes_on(desk: Station) -> None:
    desk.enrol(AMINA)
    desk.emulator.place("finger of AMINA")
    desk.emulator.fault("garble", at=10)
    before = len(desk.events)
    desk.steps(6)
    assert [event.kind for event in desk.events[before:]] == [ScanKind.WELCOME]  # type: ignore[union-attr]
    assert desk.reader.status.glitches == 1
    assert desk.health is ScannerHealth.READY


def test_F042_silence_is_a_fault_and_reopening_backs_off(desk: Station) -> None:
    desk.emulator.fault("silent")
    pauses = [desk.reader.step() for _ in range(10)]
    assert desk.health is ScannerHealth.FAULT
    assert pauses[0] < 0.3
    assert 2.5 < max(pauses) <= 3.3
    desk.emulator.clear_faults()
    desk.steps(2)  # it may be the rare speeds' turn
    assert desk.health is ScannerHealth.READY


def test_I014_a_station_that_nobody_serves_does_not_say_ready(desk: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as bug:
        bug.setattr(desk.reader, "_act", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.steps(1)
        assert desk.health is ScannerHealth.FAULT
        assert "ZeroDivisionError in the kiosk itself" in desk.reader.status.detail
    desk.steps(1)
    assert desk.health is ScannerHealth.READY


def test_r503_works_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    from tests.support.station import station  # noqa: PLC0415

    with station(tmp_path_factory.mktemp("r503"), "r503") as desk:
        assert desk.reader.status.model == "R503"
        assert desk.enrol(AMINA).ok
        assert kinds(desk) == [ScanKind.WELCOME]
