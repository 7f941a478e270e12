"""Whatever ends an enrolment in between, store and scanner agree, and nothing is left half done."""

import gc
from pathlib import Path

import pytest

import drivers
from kiosk.models import FingerName, FingerState
from kiosk.station import EnrolRequest
from kiosk.store import NotSaved, StoreError
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth
from tests.support.raising import raiser
from tests.support.station import AMINA, Station, make, station


@pytest.mark.parametrize("after", range(1, 25, 3))
def test_F048_F100_unplugged_in_the_middle_leaves_both_sides_agreed(desk: Station, after: int) -> None:
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    handled = 0
    for _ in range(after):
        desk.clock.advance(desk.reader.step())
        for event in desk.events[handled:]:
            if isinstance(event, EnrolProgress) and not event.final:
                desk.emulator.place("f") if event.step in {"place", "verify"} else desk.emulator.lift()
        handled = len(desk.events)
    desk.emulator.unplug()
    desk.steps(2)
    desk.emulator.lift()
    desk.emulator.replug()
    desk.steps(8)
    enrolled = desk.slots.keys()
    assert desk.store.fingers.all(FingerState.PENDING) == []
    assert desk.scanner.used() == enrolled
    if not enrolled:
        assert desk.enrol(AMINA).ok
    assert [result.kind for result in desk.press("f" if enrolled else "finger of AMINA")] == [ScanKind.WELCOME]


def test_F100_a_killed_daemon_finishes_undoing(desk: Station) -> None:
    desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
    handled = 0
    while desk.reader._errands._enrolment is None or not desk.reader._errands._enrolment._stored:
        desk.clock.advance(desk.reader.step())
        for event in desk.events[handled:]:
            assert isinstance(event, EnrolProgress)
            desk.emulator.place("f") if event.step in {"place", "verify"} else desk.emulator.lift()
        handled = len(desk.events)
    assert len(desk.scanner.used()) == 1
    desk.scanner.close()  # the process is gone; what it knew is on disk
    desk.emulator.lift()
    fresh = make(desk.emulator, desk.store, desk.clock)
    fresh.steps(2)
    assert fresh.scanner.used() == frozenset()
    assert desk.slots == {}
    assert fresh.enrol(AMINA, finger="f").ok
    fresh.reader.close()


def final(desk: Station) -> EnrolProgress:
    """The last word of the last enrolment."""
    last = desk.events[-1]
    assert isinstance(last, EnrolProgress)
    assert last.final
    return last


def test_F048_F100_a_failure_that_the_scanner_gets_over_leaves_nothing_half_done(
    desk: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    garbled = drivers.ProtocolError("a garbled answer")
    with monkeypatch.context() as glitch:
        glitch.setattr(desk.store.fingers, "confirm", raiser(garbled))  # right after the template was stored
        assert "interrupted" in desk.enrol(AMINA).message
    desk.steps()
    assert desk.health is ScannerHealth.READY
    assert desk.store.fingers.of_member("1") == []
    assert desk.scanner.used() == frozenset()
    assert desk.enrol(AMINA).ok


@pytest.mark.parametrize("error", [NotSaved("the disk is full"), StoreError("the disk is odd")])
@pytest.mark.parametrize("moment", ["begin", "confirm"])
def test_F010_F100_a_disk_that_fails_in_the_middle_leaves_nothing_half_done(
    desk: Station, monkeypatch: pytest.MonkeyPatch, error: StoreError, moment: str
) -> None:
    with monkeypatch.context() as full:
        full.setattr(desk.store.fingers, moment, raiser(error))
        try:
            desk.enrol(AMINA)
        except StoreError:
            assert desk.health is ScannerHealth.FAULT
    assert str(error) in final(desk).message
    desk.emulator.lift()
    desk.steps()
    assert desk.health is ScannerHealth.READY
    assert desk.store.fingers.of_member("1") == []
    assert desk.scanner.used() == frozenset()
    assert desk.enrol(AMINA).ok


@pytest.mark.parametrize("model", ["r307", "r503"])
def test_F048_a_kiosk_that_is_stopped_in_the_middle_leaves_nothing_in_the_scanner(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        desk.reader.enrol(EnrolRequest(member_uid="1", finger=FingerName.RIGHT_INDEX, witness="w"))
        desk.steps(2)
        desk.emulator.place("one")
        desk.steps(2)
        desk.reader.close()
        assert final(desk).message == "The kiosk is being stopped."
        assert desk.emulator.state()["used"] == []
        assert desk.store.fingers.of_member("1") == []
        gc.collect()  # whatever is left of the enrolment must not talk to a scanner that is closed


@pytest.mark.parametrize("model", ["r307", "r503"])
def test_a_finger_that_is_removed_while_it_is_enrolled_is_not_enrolled(tmp_path: Path, model: str) -> None:
    with station(tmp_path, model) as desk:
        stored = desk.store.fingers

        def removed(event: EnrolProgress) -> None:
            finger = stored.named("1", FingerName.RIGHT_INDEX)
            if finger is not None and event.step == "verify":
                stored.forget(finger.id)

        tell = desk.events.append
        desk.reader._errands._publish = lambda event: (tell(event), removed(event))  # type: ignore[assignment,arg-type,func-returns-value]
        ended = desk.enrol(AMINA)
        assert (ended.ok, ended.message) == (False, "The finger or its member was removed meanwhile.")
        assert desk.health is ScannerHealth.READY
        assert desk.emulator.device.templates() == {}
