"""Emulated GT sensors for tests: started, opened, with fingers enrolled, and every packet that they hear."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers import EnrolState, EnrolStep, start_emulator
from drivers.emulation.host import Emulator
from drivers.gt521.codec import Data, Decoder, Packet
from drivers.gt521.emulator import Gt521Device
from drivers.gt521.scanner import Gt521Scanner

SEED = 20260101


@contextmanager
def emulated(model: str, folder: Path, *, instant: bool = True, state: Path | None = None) -> Iterator[Emulator]:
    with start_emulator(model, link=folder / "scanner", instant=instant, state=state, seed=SEED) as emulator:
        yield emulator


@contextmanager
def opened(emulator: Emulator, **options: object) -> Iterator[Gt521Scanner]:
    scanner = Gt521Scanner(emulator.link, **options)  # type: ignore[arg-type]
    try:
        scanner.open()
        yield scanner
    finally:
        scanner.close()


def device_of(emulator: Emulator) -> Gt521Device:
    assert isinstance(emulator.device, Gt521Device)
    return emulator.device


def enrol(scanner: Gt521Scanner, emulator: Emulator, slot: int, *names: str) -> list[EnrolStep]:
    """Do at the glass what each step asks for, with the same finger or one name for each press. The glass is empty afterwards."""
    presses = iter(names if len(names) > 1 else names * 9)
    steps: list[EnrolStep] = []
    for step in scanner.enrol(slot):
        steps.append(step)
        if step.state is EnrolState.PLACE:
            emulator.place(next(presses))
        elif step.state is EnrolState.LIFT:
            emulator.lift()
        assert len(steps) < 50, "the enrolment does not end"
    emulator.lift()
    return steps


def heard(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[Packet | Data]:
    """Every command that the emulated sensor hears from now on."""
    seen: list[Packet | Data] = []
    decoder = Decoder()
    receive = emulator.device.receive

    def listening(data: bytes) -> object:
        seen.extend(decoder.feed(data))
        return receive(data)

    monkeypatch.setattr(emulator.device, "receive", listening)
    return seen
