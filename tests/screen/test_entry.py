"""The number entry by itself: keys in, wishes and faces out."""

import random

import pytest

from kiosk.models import Direction
from kiosk.screen.entry import IDLE_S, Entry
from kiosk.screen.face import Mood
from kiosk.screen.wishes import CallNumber, CancelCall, PunchByPin, Punched, Refused, Waiting, Wish
from kiosk.views import ScanKind
from tests.support.daemon_double import scan

WELCOME = scan(ScanKind.WELCOME, "Otieno", Direction.IN)


class Typist:
    """An entry, the wishes that it sent, and a clock."""

    def __init__(self) -> None:
        self.sent: list[Wish] = []
        self.entry = Entry("en", self.sent.append)
        self.now = 100.0

    def type(self, keys: str) -> None:
        """`<` is Backspace, `|` Enter, `!` Esc."""
        for key in keys:
            self.entry.press({"<": "backspace", "|": "enter", "!": "escape"}.get(key, key), self.now)

    def called(self, seconds: float = 20.0) -> None:
        self.type("20170|")
        self.entry.answered(Waiting(1, seconds), self.now)

    @property
    def mood(self) -> Mood | None:
        face = self.entry.face(self.now)
        return face.mood if face else None

    @property
    def title(self) -> str:
        face = self.entry.face(self.now)
        return face.title if face else ""

    @property
    def said(self) -> str:
        face = self.entry.face(self.now)
        return f"{face.kicker}\n{face.title}\n{face.when}\n{face.detail}" if face else ""


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        ("2", "2_"),
        ("20170", "20170_"),
        ("20<170", "2170_"),
        ("2<", ""),
        ("2<<<|", ""),
        ("1234567890123456", "123456789012"),
        ("1234567890123456<", "12345678901_"),
        ("2!", ""),
        ("x|<!", ""),
        ("2xsq", "2_"),
        ("１٣", ""),
    ],
)
def test_a_number_is_typed(keys: str, title: str) -> None:
    typist = Typist()
    typist.type(keys)
    assert typist.title == title
    assert typist.sent == []


@pytest.mark.parametrize("enter", ["enter", "ctrl+j"])
def test_enter_calls_the_number_and_the_page_asks_for_the_finger(enter: str) -> None:
    typist = Typist()
    typist.type("20170")
    typist.entry.press(enter, typist.now)
    assert typist.sent == [CallNumber(1, "20170")]
    assert "Please wait a moment." in typist.said
    typist.type("99|<")
    assert typist.sent == [CallNumber(1, "20170")], "asked once"
    typist.entry.answered(Waiting(1, 20.0), typist.now)
    assert typist.mood is Mood.CALL
    for words in ("Put your finger on the scanner", "20170", "20 s", "No finger? Type your PIN and press Enter."):
        assert words in typist.said
    typist.now += 7.5
    assert "13 s" in typist.said


def test_a_pin_is_dots_and_goes_out_as_a_secret() -> None:
    typist = Typist()
    typist.called()
    typist.type("4711")
    assert (typist.mood, typist.title) == (Mood.PIN, "••••_")
    typist.type("<1|")
    assert typist.title == "••••"
    wish = typist.sent[-1]
    assert isinstance(wish, PunchByPin)
    assert (wish.number, wish.pin.reveal()) == ("20170", "4711")
    assert "4711" not in repr(wish)
    assert typist.entry.answered(Punched(2, WELCOME), typist.now) == WELCOME
    typist.entry.scanned(WELCOME, typist.now)
    assert not typist.entry.is_open
    assert typist.sent[2:] == [CancelCall()], "no station goes on waiting for the finger"


def test_erasing_the_whole_pin_leads_back_to_the_finger() -> None:
    typist = Typist()
    typist.called()
    typist.type("4<|")
    assert typist.mood is Mood.CALL
    assert typist.sent == [CallNumber(1, "20170")], "an empty PIN is not sent"


def test_a_pin_has_twelve_digits_at_most() -> None:
    typist = Typist()
    typist.called()
    typist.type("1" * 50 + "|")
    wish = typist.sent[-1]
    assert isinstance(wish, PunchByPin)
    assert wish.pin.reveal() == "1" * 12


@pytest.mark.parametrize("stage", ["20170", "20170|", "called", "called4711", "called4711|"])
def test_T16_nothing_of_a_pin_or_a_number_stays(stage: str) -> None:
    typist = Typist()
    if stage.startswith("called"):
        typist.called()
        stage = stage.removeprefix("called")
    typist.type(stage + "!")
    assert not typist.entry.is_open
    state = typist.entry._typed
    assert (state.number, state.pin.reveal(), state.words, state.checked) == ("", "", "", 0)
    assert (CancelCall() in typist.sent) is any(isinstance(wish, CallNumber) for wish in typist.sent)


@pytest.mark.parametrize(
    ("kind", "cancels"), [(ScanKind.WELCOME, True), (ScanKind.NOT_RECOGNISED, True), (ScanKind.TRY_AGAIN, False)]
)
def test_a_scan_closes_it_and_leaves_the_finger_another_try(kind: ScanKind, cancels: bool) -> None:  # noqa: FBT001  a parameter of a test
    typist = Typist()
    typist.called()
    typist.entry.scanned(scan(kind), typist.now)
    assert not typist.entry.is_open
    assert (typist.sent[-1] == CancelCall()) is cancels


def test_a_scan_while_a_number_is_typed_asks_nothing_of_the_daemon() -> None:
    typist = Typist()
    typist.type("20")
    typist.entry.scanned(WELCOME, typist.now)
    assert not typist.entry.is_open
    assert typist.sent == []


def test_it_closes_by_itself() -> None:
    typist = Typist()
    typist.type("2")
    typist.now += IDLE_S - 1
    typist.type("0")
    typist.now += IDLE_S - 0.1
    typist.entry.expire(typist.now)
    assert typist.title == "20_"
    typist.now += 0.1
    typist.entry.expire(typist.now)
    assert not typist.entry.is_open
    assert typist.sent == []


def test_keys_without_a_meaning_do_not_keep_it_open() -> None:
    typist = Typist()
    typist.type("2")
    typist.now += IDLE_S
    typist.type("x")
    typist.entry.expire(typist.now)
    assert not typist.entry.is_open


def test_without_a_finger_it_is_over_when_the_station_gives_up() -> None:
    typist = Typist()
    typist.called(20.0)
    typist.now += 20.0
    typist.entry.expire(typist.now)
    assert not typist.entry.is_open
    assert typist.sent == [CallNumber(1, "20170")], "there is nothing to cancel"


def test_a_pin_may_take_longer_than_the_finger() -> None:
    typist = Typist()
    typist.called(20.0)
    typist.now += 19.0
    typist.type("4")
    typist.now += 10.0
    typist.type("711|")
    assert isinstance(typist.sent[-1], PunchByPin)


@pytest.mark.parametrize("seconds", [-5.0, 0.0, 1e300, float("inf")])
def test_any_number_of_seconds_will_do(seconds: float) -> None:
    typist = Typist()
    typist.called(seconds)
    assert typist.mood is Mood.CALL
    typist.now += 120.0
    typist.entry.expire(typist.now)
    assert not typist.entry.is_open


def test_a_station_that_cannot_take_the_finger_leaves_the_pin() -> None:
    typist = Typist()
    typist.type("20170|")
    typist.entry.answered(Refused(1, "The scanner at \x1b[2Jthe gate is not ready."), typist.now)
    assert typist.mood is Mood.PIN
    assert "The scanner at [2Jthe gate is not ready.\nType your PIN and press Enter." in typist.said
    typist.type("4711|")
    assert isinstance(typist.sent[-1], PunchByPin)
    typist.type("!")
    assert not any(isinstance(wish, CancelCall) for wish in typist.sent), "no station was waiting"


@pytest.mark.parametrize("stage", ["number", "pin"])
def test_no_answer_is_said_in_plain_words_and_passes(stage: str) -> None:
    typist = Typist()
    if stage == "pin":
        typist.called()
        typist.type("4711|")
    else:
        typist.type("20170|")
    typist.entry.answered(Refused(len(typist.sent)), typist.now)
    assert typist.mood is Mood.TRY_AGAIN
    assert "The kiosk gave no answer." in typist.said
    typist.type("5")
    assert typist.title == "5_", "the next digit begins anew"
    assert typist.sent[-1] == CancelCall(), "the daemon may have heard the call"


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    typist = Typist()
    typist.type("20170|!33|")
    assert typist.sent == [CallNumber(1, "20170"), CancelCall(), CallNumber(2, "33")]
    typist.entry.answered(Waiting(1, 20.0), typist.now)
    assert "Please wait a moment." in typist.said
    typist.type("!")
    for reply in (Waiting(2, 20.0), Refused(2, "busy")):
        typist.entry.answered(reply, typist.now)
    assert typist.entry.answered(Punched(2, WELCOME), typist.now) is None
    assert not typist.entry.is_open


def test_T16_random_keys_and_replies_lead_nowhere_else() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source = random.Random(seed)
    typist = Typist()
    for _ in range(20_000):
        typist.now += source.choice((0.0, 0.1, 5.0))
        match source.randrange(12):
            case 0:
                ticket = typist.entry._ticket
                typist.entry.answered(source.choice((Waiting(ticket, 20.0), Refused(ticket, "no"))), typist.now)
            case 1:
                typist.entry.expire(typist.now)
            case _:
                typist.type(source.choice("0123456789<|!xs"))
        assert set(typist.title) <= set("0123456789_•") or typist.mood is Mood.TRY_AGAIN
        if typist.mood is Mood.PIN:
            assert set(typist.title) <= {"•", "_"}
        typist.sent = typist.sent[-1:]
