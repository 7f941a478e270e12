"""The thread that asks, against a real socket."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.message import Message

from kiosk.control.protocol import Code, ControlError
from kiosk.models import Direction
from kiosk.screen.caller import Caller
from kiosk.screen.messages import Answered
from kiosk.screen.wishes import CallNumber, CancelCall, PunchByPin, Punched, Refused, Reply, Waiting
from kiosk.secret import Secret
from kiosk.views import ScanKind
from tests.support.daemon_double import DaemonDouble, scan

PIN = PunchByPin(2, "20170", Secret("4711"))


class Asking:
    """A caller, and what it posted."""

    def __init__(self, path: Path) -> None:
        self._posted: queue.Queue[Message] = queue.Queue()
        self.caller = Caller(path, self._posted.put)

    def reply(self) -> Reply:
        message = self._posted.get(timeout=10)
        assert isinstance(message, Answered)
        assert "4711" not in repr(message)
        return message.reply

    def silent(self) -> bool:
        return self._posted.empty()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[DaemonDouble]:
    with DaemonDouble(tmp_path / "control.sock") as running:
        yield running


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    made = Asking(tmp_path / "control.sock")
    yield made
    made.caller.close()


def test_nobody_typed_nothing_runs(asking: Asking) -> None:
    assert asking.caller._thread is None


def test_a_call_is_answered_in_seconds(daemon: DaemonDouble, asking: Asking) -> None:
    asking.caller.send(CallNumber(1, "20170"))
    assert asking.reply() == Waiting(1, 20.0)
    assert daemon.asked == [("call_number", {"number": "20170", "station": None})]


def test_a_pin_is_answered_by_a_result(daemon: DaemonDouble, asking: Asking) -> None:
    welcome = scan(ScanKind.WELCOME, "Otieno", Direction.IN)
    daemon.replies["punch_by_pin"] = welcome
    asking.caller.send(PIN)
    assert asking.reply() == Punched(2, welcome)
    assert daemon.asked == [("punch_by_pin", {"number": "20170", "pin": "4711", "station": None})]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (Code.REFUSED, "The scanner is busy."),
        (Code.BUSY, "The scanner is busy."),
        (Code.UNKNOWN_METHOD, ""),
        (Code.INTERNAL, ""),
        (Code.INVALID_PARAMS, ""),
    ],
)
def test_only_words_for_people_are_passed_on(daemon: DaemonDouble, asking: Asking, code: Code, words: str) -> None:
    daemon.replies["call_number"] = ControlError("The scanner is busy.", code=code)
    asking.caller.send(CallNumber(1, "20170"))
    assert asking.reply() == Refused(1, words)


@pytest.mark.parametrize("answer", ["soon", None, {"kind": "unknown"}])
def test_an_answer_of_another_kind_is_none(daemon: DaemonDouble, asking: Asking, answer: object) -> None:
    daemon.replies |= {"call_number": answer, "punch_by_pin": answer}
    asking.caller.send(CallNumber(1, "20170"))
    assert asking.reply() == Refused(1)
    asking.caller.send(PIN)
    assert asking.reply() == Refused(2)


def test_without_a_daemon_it_says_so_and_is_there_again_with_it(tmp_path: Path, asking: Asking) -> None:
    asking.caller.send(CallNumber(1, "20170"))
    assert asking.reply() == Refused(1)
    asking.caller.send(CancelCall())
    with DaemonDouble(tmp_path / "control.sock"):
        asking.caller.send(CallNumber(2, "20170"))
        assert asking.reply() == Waiting(2, 20.0)
    with DaemonDouble(tmp_path / "control.sock"):
        asking.caller.send(CallNumber(3, "20170"))
        assert asking.reply() == Waiting(3, 20.0)


def test_T16_a_storm_leaves_one_wish_and_one_cancellation(daemon: DaemonDouble, asking: Asking) -> None:
    daemon.open.clear()
    asking.caller.send(CallNumber(1, "1"))
    daemon.wait_for_question()
    for ticket in range(2, 2_000):
        asking.caller.send(CancelCall())
        asking.caller.send(CallNumber(ticket, str(ticket)))
    daemon.open.set()
    assert [asking.reply(), asking.reply()] == [Waiting(1, 20.0), Waiting(1_999, 20.0)]
    assert [method for method, _ in daemon.asked] == ["call_number", "cancel_call", "call_number"]
    assert asking.silent()


def test_a_cancelled_wish_is_not_asked(daemon: DaemonDouble, asking: Asking) -> None:
    daemon.open.clear()
    asking.caller.send(CallNumber(1, "1"))
    daemon.wait_for_question()
    asking.caller.send(PIN)
    asking.caller.send(CancelCall())
    daemon.open.set()
    assert asking.reply() == Waiting(1, 20.0)
    daemon.wait_for_question(2)
    asking.caller.send(CallNumber(3, "3"))
    assert asking.reply() == Waiting(3, 20.0)
    assert [method for method, _ in daemon.asked] == ["call_number", "cancel_call", "call_number"]


def test_closing_waits_for_nobody(daemon: DaemonDouble, asking: Asking) -> None:
    daemon.open.clear()
    asking.caller.send(CallNumber(1, "20170"))
    daemon.wait_for_question()
    thread = asking.caller._thread
    assert isinstance(thread, threading.Thread)
    asking.caller.close()
    asking.caller.close()
    assert not thread.is_alive()
    asking.caller.send(CallNumber(2, "20170"))
    assert len(daemon.asked) == 1
