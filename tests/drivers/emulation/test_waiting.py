"""A sensor that waits for a finger: its answer is due at the end, unless a finger or another command comes first."""

import math
import os
from collections.abc import Iterator

import pytest

from drivers.emulation.device import Answer
from drivers.emulation.faults import FaultScript
from drivers.emulation.pacing import Outgoing

SPEED = 19200
BYTE_S = 10 / SPEED


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    os.set_blocking(ends[0], False)
    yield ends
    for end in ends:
        os.close(end)


def waiting(seconds: float, *, instant: bool = False) -> Outgoing:
    outgoing = Outgoing(FaultScript(), instant=instant)
    outgoing.hear(0, 100.0, SPEED)
    outgoing.schedule([Answer(b"late", seconds, waits=True)], SPEED)
    return outgoing


def test_wait_ends_with_its_answer(pipe: tuple[int, int]) -> None:
    outgoing = waiting(5.0)
    assert outgoing.next_due() == 105.0
    outgoing.deliver(pipe[1], 104.9)
    assert outgoing.next_due() == 105.0
    outgoing.deliver(pipe[1], 105.0)
    assert outgoing.next_due() == pytest.approx(105.0 + 4 * BYTE_S)
    outgoing.deliver(pipe[1], 106.0)
    assert os.read(pipe[0], 99) == b"late"


def test_finger_ends_the_wait_once() -> None:
    outgoing = waiting(5.0)
    assert outgoing.withdraw(102.0)
    assert outgoing.next_due() is None
    assert not outgoing.withdraw(102.0)
    outgoing.schedule([Answer(b"hit")], SPEED)
    assert outgoing.next_due() == pytest.approx(102.0 + 3 * BYTE_S)


def test_next_answer_ends_the_wait_before_it(pipe: tuple[int, int]) -> None:
    outgoing = waiting(math.inf)
    assert outgoing.next_due() is None
    outgoing.schedule([Answer(b"next")], SPEED)
    assert not outgoing.withdraw(100.0)
    outgoing.deliver(pipe[1], 101.0)
    assert os.read(pipe[0], 99) == b"latenext"


def test_power_cut_ends_the_wait() -> None:
    outgoing = waiting(5.0)
    outgoing.clear()
    assert outgoing.next_due() is None
    assert not outgoing.withdraw(101.0)


def test_instant_sensor_waits_for_ever_or_not_at_all() -> None:
    assert waiting(5.0, instant=True).next_due() == 100.0
    assert waiting(math.inf, instant=True).withdraw(100.0)
