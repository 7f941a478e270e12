"""Emulated scanners of every family for tests: started, opened, with fingers enrolled, and every packet that they hear."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeVar

import pytest

from drivers import EnrolState, EnrolStep, Scanner, create_scanner, start_emulator
from drivers.emulation.host import Emulator
from drivers.framing import StreamDecoder

P = TypeVar("P")

SEED = 20260101
# Faulty lines are waited for; a tenth of a second tells as much as a whole one.
QUICK = 0.1


def family_beside(module: str) -> str:
    """The family of scanners whose driver lies in the same package as the emulator `module`."""
    package = module.rpartition(".")[0]
    [family] = (each.name for each in entry_points(group="kiosk.scanners") if each.module.startswith(f"{package}."))
    return family


@contextmanager
def emulated(model: str, folder: Path, *, instant: bool = True, state: Path | None = None) -> Iterator[Emulator]:
    """An emulator at `folder/scanner`."""
    with start_emulator(model, link=folder / "scanner", instant=instant, state=state, seed=SEED) as emulator:
        yield emulator


def driver_for(emulator: Emulator, **options: object) -> Scanner:
    """The driver of the emulator's family on its line, not yet opened."""
    return create_scanner(family_beside(type(emulator.device).__module__), emulator.link, **options)


@contextmanager
def opened(emulator: Emulator, **options: object) -> Iterator[Scanner]:
    """A driver on the emulator's line."""
    scanner = driver_for(emulator, **options)
    try:
        scanner.open()
        yield scanner
    finally:
        scanner.close()


def enrol(
    scanner: Scanner, emulator: Emulator, names: str | Sequence[str], slot: int, samples: int = 2
) -> list[EnrolStep]:
    """Do at the glass what each step asks for, and return the steps. The glass is empty afterwards.

    `names` is a finger, or one for each press.
    """
    presses = iter([names] * 9 if isinstance(names, str) else names)
    steps = []
    for step in scanner.enrol(slot, samples):
        steps.append(step)
        if step.state is EnrolState.PLACE:
            emulator.place(next(presses))
        elif step.state is EnrolState.LIFT:
            emulator.lift()
        assert len(steps) < 50, "the enrolment does not end"
    emulator.lift()
    return steps


def heard_by(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, decoder: StreamDecoder[P]) -> list[P]:
    """Every packet that the emulated sensor hears from now on, as `decoder` reads it."""
    heard: list[P] = []
    receive = emulator.device.receive

    def listening(data: bytes) -> object:
        heard.extend(decoder.feed(data))
        return receive(data)

    monkeypatch.setattr(emulator.device, "receive", listening)
    return heard
