"""The cable is pulled at every byte of what a station does: afterwards store and scanner agree, and nobody is wronged."""

from pathlib import Path

import pytest

from drivers.emulation.faults import FaultScript
from tests.support.operations import MODELS, OPERATIONS, Operation, desk_for, punches, settled
from tests.support.station import BARAKA, Station

FEW = 10
"""Positions that the quick suite tries of an operation, a model and a direction: forty of each operation."""

DIRECTIONS = ["host", "sensor"]


def script(desk: Station, towards: str) -> FaultScript:
    line = desk.emulator._line
    return line._to_host if towards == "host" else line._to_sensor


def length(desk: Station, operation: Operation, towards: str) -> int:
    """Bytes of the operation in one direction, on a sound line."""
    operation.prepare(desk)
    before = script(desk, towards)._position
    operation.run(desk)
    total = script(desk, towards)._position - before
    settled(desk, operation)
    return total


def cut(desk: Station, operation: Operation, towards: str, at: int) -> bool:
    """Unplug at byte `at` of the operation; whether it got that far."""
    operation.prepare(desk)
    desk.emulator.fault("unplug", at=at, towards=towards)
    operation.run(desk)
    unplugged = desk.emulator.state()["plugged"] is False
    settled(desk, operation)
    return unplugged


def check_unplugged(folder: Path, name: str, model: str, towards: str, positions: int | None) -> None:
    operation = OPERATIONS[name]
    with desk_for(name, folder, model) as desk:
        length(desk, operation, towards)  # the first time, templates are read twice: their size is not known
        total = length(desk, operation, towards)
        step = 1 if positions is None else max(1, total // positions)
        at = 0
        try:
            while cut(desk, operation, towards, at):
                at += step
        except BaseException:
            print(f"unplugged at byte {at} towards the {towards}; last events: {desk.events[-6:]}")
            raise
        print(f"{name}, {model}: unplugged at every {step} of {total} bytes towards the {towards}, {at // step} times")
        assert at >= total * 3 // 4
        punches(desk, BARAKA)


@pytest.mark.parametrize("towards", DIRECTIONS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_F048_unplugged_here_and_there(tmp_path: Path, name: str, model: str, towards: str) -> None:
    check_unplugged(tmp_path, name, model, towards, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("towards", DIRECTIONS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_F048_unplugged_at_every_byte(tmp_path: Path, name: str, model: str, towards: str) -> None:
    check_unplugged(tmp_path, name, model, towards, None)
