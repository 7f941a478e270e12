"""Number and finger, number and PIN, asked for over the control socket of a running kiosk, as its screen does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.control.protocol import Code, ControlError
from kiosk.models import Method
from kiosk.views import ScanKind, ScanResult
from tests.support.people import FIRST, finger_of
from tests.support.premises import Premises, premises

FIRST_UID, SECOND_UID, THIRD_UID = (str(FIRST + number) for number in range(3))
GREEN = {ScanKind.WELCOME, ScanKind.GOODBYE}
PIN = "482915"


def called(place: Premises, number: str, finger: str) -> ScanResult:
    """Type a number, press a finger; returns the answer."""
    with place.client() as client:
        assert client.ask(float, "call_number", number=number) > 0
    [(_, result)] = place.press(finger)
    return result


def by_pin(place: Premises, number: str, pin: str) -> ScanResult:
    """Punch by PIN; returns the answer, which everybody who watches has heard by then, too."""
    since = len(place.ear.events)
    with place.client() as client:
        result = client.ask(ScanResult, "punch_by_pin", number=number, pin=pin)
    place.ear.wait(lambda event: event == result, since)
    return result


def methods(place: Premises) -> list[tuple[str, Method]]:
    """Whose punches there are and how they were made, the oldest first: by `kiosk punches --json`, as a program sees it."""
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "punches", "--json", "--socket", str(place.socket)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return [
        (view["punch"]["member_uid"], Method(view["punch"]["method"])) for view in reversed(json.loads(done.stdout))
    ]


def test_number_and_finger_with_a_slot_and_without(tmp_path: Path) -> None:
    with premises(tmp_path, {"main": "zw101"}, count=52) as place:
        held = {place.emulator().device.make(finger_of(uid)): uid for uid in map(str, range(FIRST, FIRST + 52))}
        inside = {held[template] for template in place.templates().values()}
        assert len(inside) == 50
        with_slot, without = min(inside), min(set(held.values()) - inside)
        assert called(place, with_slot, finger_of(with_slot)).kind in GREEN
        [(_, stranger_here)] = place.press(finger_of(without))
        assert stranger_here.kind is ScanKind.NOT_RECOGNISED
        assert called(place, without, finger_of(without)).kind in GREEN
        assert methods(place) == [(with_slot, Method.NUMBER), (without, Method.NUMBER)]


def test_I013_another_number_or_another_finger_is_refused_in_the_same_words(tmp_path: Path) -> None:
    with premises(tmp_path, count=3) as place:
        wrong = called(place, FIRST_UID, finger_of(SECOND_UID))
        unknown = called(place, "4711", finger_of(SECOND_UID))
        assert (
            (wrong.kind, wrong.advice)
            == (unknown.kind, unknown.advice)
            == (
                ScanKind.NOT_RECOGNISED,
                "check_number",
            )
        )
        assert methods(place) == []


def test_F058_a_pins_back_off_survives_kill_9(tmp_path: Path) -> None:
    with premises(tmp_path, count=3) as place:
        with place.client() as client:
            client.call("set_pin", uid=FIRST_UID, pin=PIN)
            client.call("set_pin", uid=SECOND_UID, pin=PIN[::-1])
        assert by_pin(place, FIRST_UID, PIN).kind in GREEN
        refused = [by_pin(place, FIRST_UID, "000111") for _ in range(5)]
        assert {each.kind for each in refused[:4]} == {ScanKind.DENIED}
        assert {each.advice for each in [*refused[:4], by_pin(place, "4711", PIN)]} == {"pin_wrong"}
        assert by_pin(place, FIRST_UID, PIN).kind is ScanKind.WAIT
        place.kill()
        place.start()
        waits = by_pin(place, FIRST_UID, PIN)
        assert waits.kind is ScanKind.WAIT
        assert waits.seconds is not None
        assert waits.seconds > 20, "the whole wait begins again"
        assert by_pin(place, SECOND_UID, PIN[::-1]).kind in GREEN, "the wait is one member's, not everybody's"
        [(_, result)] = place.press(finger_of(THIRD_UID))
        assert result.kind in GREEN
        assert methods(place) == [
            (FIRST_UID, Method.PIN),
            (SECOND_UID, Method.PIN),
            (THIRD_UID, Method.FINGER),
        ]


def test_F058_a_locked_glass_takes_no_number_either(tmp_path: Path) -> None:
    with premises(tmp_path, count=3) as place:
        for number in range(4):
            [(_, result)] = place.press(f"stranger {number}")
            assert result.kind is ScanKind.NOT_RECOGNISED
        place.emulator().place("one stranger more")
        place.ear.wait(lambda event: isinstance(event, ScanResult) and event.kind is ScanKind.WAIT)
        with place.client() as client, pytest.raises(ControlError) as refused:
            client.call("call_number", number=FIRST_UID)
        assert refused.value.code is Code.BUSY
