"""Number + finger and number + PIN, as people see it, through the real socket."""

import random
from pathlib import Path

import pytest
from textual import events

from kiosk.control.protocol import Code, ControlError
from kiosk.models import Direction, FingerName
from kiosk.screen.screens.ready import ReadyScreen
from kiosk.screen.screens.status import StatusScreen
from kiosk.screen.widgets.cell import Cell
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth
from tests.support.daemon_double import scan, station, status
from tests.support.screen import Stage, play

WELCOME = scan(ScanKind.WELCOME, "Otieno", Direction.IN)
PIN = "807060504030"
"""Twelve digits that stand side by side nowhere else on the screen."""


async def called(stage: Stage, number: str = "20170") -> None:
    """Type a number, and wait until the page asks for the finger."""
    await stage.pilot.press(*number, "enter")
    await stage.until_mood("call")


def test_number_and_finger(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        assert "Not recognised? Type your number." in stage.card
        await stage.pilot.press("2")
        await stage.until_mood("number")
        await stage.pilot.press(*"0170")
        assert "Your number" in stage.card
        assert "Esc: cancel" in stage.card
        await stage.pilot.press("enter")
        await stage.until_mood("call")
        assert stage.daemon.asked == [("call_number", {"number": "20170", "station": None})]
        for words in ("Put your finger on the scanner", "20 s", "No finger? Type your PIN and press Enter."):
            assert words in stage.card
        stage.seconds[0] += 3
        stage.daemon.say(status())
        await stage.until(lambda: "17 s" in stage.card)
        stage.daemon.say(WELCOME)
        await stage.until_mood("welcome")
        stage.seconds[0] += 4
        stage.daemon.say(status())
        await stage.until_mood("ready")

    play(tmp_path, scenario)


def test_number_and_pin(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.replies["punch_by_pin"] = WELCOME
        await called(stage)
        await stage.pilot.press(*PIN)
        await stage.until_mood("pin")
        assert PIN not in stage.text
        await stage.pilot.press("enter")
        await stage.until_mood("welcome")
        assert ("punch_by_pin", {"number": "20170", "pin": PIN, "station": None}) in stage.daemon.asked
        stage.daemon.wait_for_question(3)
        assert stage.daemon.asked[2] == ("cancel_call", {"station": None})

    play(tmp_path, scenario)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "The number or the PIN is not right."), ("sw", "Nambari au PIN si sahihi.")],
)
def test_a_wrong_pin(tmp_path: Path, language: str, said: str) -> None:
    async def scenario(stage: Stage) -> None:
        await called(stage)
        await stage.pilot.press(*PIN, "enter")
        await stage.until_mood("denied")
        assert said in stage.card

    play(tmp_path, scenario, language=language)


def test_too_many_tries_count_down_and_take_no_number(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.replies["punch_by_pin"] = scan(ScanKind.WAIT, seconds=30.0)
        await called(stage)
        await stage.pilot.press(*PIN, "enter")
        await stage.until_mood("wait")
        assert "30 s" in stage.card
        await stage.pilot.press("2", "enter")
        assert stage.mood == "wait"
        stage.seconds[0] += 12
        stage.daemon.say(status())
        await stage.until(lambda: "18 s" in stage.card)
        stage.seconds[0] += 18
        stage.daemon.say(status())
        await stage.until_mood("ready")

    play(tmp_path, scenario, size=(48, 22))


def test_esc_cancels_what_was_called(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await called(stage)
        await stage.pilot.press("4", "escape")
        assert stage.mood == "ready"
        stage.daemon.wait_for_question(2)
        assert stage.daemon.asked[1] == ("cancel_call", {"station": None})
        await stage.pilot.press("4", "escape")
        assert stage.mood == "ready"
        assert len(stage.daemon.asked) == 2, "nothing was called"

    play(tmp_path, scenario)


def test_it_closes_by_itself_on_the_screens_own_tick(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.pilot.press("2")
        stage.seconds[0] += 20
        stage.daemon.say(status())
        await stage.until_mood("ready")
        await stage.pilot.press("3")
        await stage.until_mood("number")

    play(tmp_path, scenario)


def test_a_slow_daemon_holds_nothing_up(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.open.clear()
        await stage.pilot.press(*"20170", "enter")
        assert "Please wait a moment." in stage.card
        stage.daemon.say(WELCOME)
        await stage.until_mood("welcome")
        stage.daemon.open.set()
        stage.daemon.wait_for_question(2)
        assert [method for method, _ in stage.daemon.asked] == ["call_number", "cancel_call"]
        assert stage.mood == "welcome", "the late answer is nobody's"

    play(tmp_path, scenario)


def test_a_daemon_that_dies_takes_the_number_with_it(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await called(stage)
        stage.daemon.die()
        await stage.until_mood("gone")
        await stage.pilot.press("2", "enter")
        assert stage.mood == "gone", "nothing can come of a number"
        stage.daemon.start()
        await stage.until_mood("ready")
        await called(stage)

    play(tmp_path, scenario)


def test_a_daemon_of_an_older_version_is_told_in_plain_words(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.replies["call_number"] = ControlError("unknown method", code=Code.UNKNOWN_METHOD)
        await stage.pilot.press("2", "enter")
        await stage.until_mood("try-again")
        assert "The kiosk gave no answer. Try again, or go to the office." in stage.card

    play(tmp_path, scenario)


def test_a_broken_scanner_leaves_the_pin(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.replies |= {"call_number": ControlError("The scanner is not ready."), "punch_by_pin": WELCOME}
        await stage.pilot.press("2", "enter")
        await stage.until_mood("pin")
        assert "The scanner is not ready." in stage.card
        await stage.pilot.press(*PIN, "enter")
        await stage.until_mood("welcome")

    play(tmp_path, scenario, greeting=status(stations=[station(ScannerHealth.FAULT)]))


def test_an_enrolment_ends_it_and_takes_no_number(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.pilot.press("2")
        stage.daemon.say(EnrolProgress("1", "m", FingerName.RIGHT_INDEX, "place", sample=1))
        await stage.until_mood("enrol")
        await stage.pilot.press("2")
        assert stage.mood == "enrol"

    play(tmp_path, scenario)


def test_a_failed_finger_makes_room_for_a_number_at_once_and_a_welcome_does_not(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.say(scan(ScanKind.NOT_RECOGNISED))
        await stage.until_mood("not-recognised")
        assert "Type your number." in stage.card
        await stage.pilot.press("2")
        await stage.until_mood("number")
        stage.daemon.say(WELCOME)
        await stage.until_mood("welcome")
        await stage.pilot.press("2")
        assert stage.mood == "welcome"
        stage.seconds[0] += 2
        await stage.pilot.press("2")
        await stage.until_mood("number")

    play(tmp_path, scenario)


def test_the_pages_keep_to_themselves(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.pilot.press("2", "s", "f2", "tab")
        assert isinstance(stage.app.screen, ReadyScreen), "other keys do nothing while a number is typed"
        assert stage.mood == "number"
        await stage.pilot.press("escape", "s")
        await stage.until(lambda: isinstance(stage.app.screen, StatusScreen))
        await stage.pilot.press("2", "enter")
        await stage.pilot.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, ReadyScreen))
        assert stage.mood == "ready"
        assert stage.daemon.asked == []

    play(tmp_path, scenario)


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 12), (80, 24), (160, 50)])
def test_F092_any_terminal_will_do(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(stage: Stage) -> None:
        await called(stage, "201701234567")
        await stage.pilot.press(*PIN)
        await stage.until_mood("pin")
        assert "•" in stage.text or "██" in stage.text or size == (1, 1)

    play(tmp_path, scenario, size=size)


def test_T16_no_digit_of_a_pin_is_anywhere_on_the_screen_or_in_its_widgets(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await called(stage)
        await stage.pilot.press(*PIN)
        assert PIN not in stage.text + stage.app.export_screenshot()
        await stage.pilot.press("enter")
        await stage.until_mood("denied")
        stage.daemon.wait_for_question(3)
        await stage.until(lambda: not stage.app._entry.is_open)
        shown = [repr(cell.shown) + str(cell.render()) for cell in stage.app.query(Cell)]
        assert PIN not in "".join(shown) + stage.text
        assert not stage.app._entry._typed.pin
        assert stage.app._caller._ask is None

    play(tmp_path, scenario)


def test_T16_a_paste_types_nothing(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.app.post_message(events.Paste("1" * 1_000_000))
        await stage.pilot.pause()
        assert stage.mood == "ready"
        await called(stage)
        stage.app.post_message(events.Paste("1" * 1_000_000 + "\r"))
        await stage.pilot.pause()
        assert stage.mood == "call"
        assert len(stage.daemon.asked) == 1

    play(tmp_path, scenario)


def test_T16_random_keys_end_where_they_began(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source = random.Random(seed)
    keys = [*"0123456789" * 2, "enter", "enter", "backspace", "escape", "s", "f2", "q", "ctrl+q", "ctrl+c", "tab", "up"]

    async def scenario(stage: Stage) -> None:
        for _ in range(50):
            for key in source.choices(keys, k=20):
                stage.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await stage.pilot.pause()
        assert stage.app.is_running
        assert stage.daemon.asked, "the keys arrived"
        await stage.pilot.press("escape", "escape")
        stage.daemon.say(WELCOME)
        await stage.until_mood("welcome")
        stage.seconds[0] += 5
        stage.daemon.say(status())
        await stage.until_mood("ready")
        await called(stage)

    play(tmp_path, scenario)
