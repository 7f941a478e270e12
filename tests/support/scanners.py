"""Emulated scanners for tests: started, opened, and with fingers enrolled."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers import EnrolState, EnrolStep, Scanner, create_scanner, start_emulator
from drivers.emulation.host import Emulator

SEED = 20260101
# Faulty lines are waited for; a tenth of a second tells as much as a whole one.
QUICK = 0.1


@contextmanager
def emulated(model: str, folder: Path, *, instant: bool = True, state: Path | None = None) -> Iterator[Emulator]:
    """An emulator at `folder/scanner`."""
    with start_emulator(model, link=folder / "scanner", instant=instant, state=state, seed=SEED) as emulator:
        yield emulator


@contextmanager
def opened(emulator: Emulator, **options: object) -> Iterator[Scanner]:
    """A driver on the emulator's line."""
    scanner = create_scanner("zfm", emulator.link, **options)
    try:
        scanner.open()
        yield scanner
    finally:
        scanner.close()


def enrol(scanner: Scanner, emulator: Emulator, name: str, slot: int, samples: int = 2) -> list[EnrolStep]:
    """Do at the glass what each step asks for, and return the steps. The glass is empty afterwards."""
    steps = []
    for step in scanner.enrol(slot, samples):
        steps.append(step)
        if step.state is EnrolState.PLACE:
            emulator.place(name)
        elif step.state is EnrolState.LIFT:
            emulator.lift()
        assert len(steps) < 50, "the enrolment does not end"
    emulator.lift()
    return steps
