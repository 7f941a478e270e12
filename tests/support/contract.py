"""The contract of `drivers.scanner` as a bench: an emulator, its driver, two fingers in slots, and a clock on every call."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import entry_points
from itertools import chain, repeat
from pathlib import Path
from typing import TypeVar

from drivers import (
    EnrolState,
    Hit,
    LinkTimeout,
    Scanner,
    ScannerError,
    ScannerInfo,
    create_scanner,
    emulator_models,
    start_emulator,
)
from drivers.emulation.host import Emulator
from tests.support.scanners import family_beside

T = TypeVar("T")

SEED = 20260203
# A twentieth of every time-out, on lines that are broken; and what a busy machine may add, in seconds.
HASTE = 0.05
SLACK = 1.5
# Seconds that a call may take; the contract gives those of open, check and identify. The rest is several commands, each below three.
LIMITS = {"open": 6.0, "check": 0.5, "identify": 2.0, "verify": 2.0, "match": 2.0}
LIMIT = 10.0
# Seconds that a line at 57600 needs for a template sent several times: no haste makes it any shorter, and drivers reckon with it.
ON_THE_LINE = {"import": 4.0}


def models() -> tuple[str, ...]:
    """What the suite runs over: the models that CONTRACT_MODELS names, or all that are installed."""
    return tuple(os.environ.get("CONTRACT_MODELS", "").split()) or emulator_models()


# Models that differ from another one in their sizes alone: the quick suite cuts and spoils the line of the other one.
LIKE_ANOTHER = {"as608": "r307", "r305": "r307", "zfm20": "r308", "gt521f52": "gt511c3"}


def family_of(model: str) -> str:
    """The family of scanners whose driver lies beside the emulator of `model`."""
    [emulator] = entry_points(group="kiosk.emulators", name=model)
    return family_beside(emulator.module)


class Bench:
    """An emulated `model` with amina and juma enrolled, and a driver on it."""

    def __init__(self, emulator: Emulator, model: str) -> None:
        self.emulator = emulator
        self.family = family_of(model)
        self._scale = 1.0
        self.scanner = self._driver()
        self.info = self.scanner.open()
        first = self.info.slot_base
        self.amina, self.juma, self.free = first + 4, first + 1, first + 6
        emulator.plant(self.amina, "amina")
        emulator.plant(self.juma, "juma")

    def _driver(self) -> Scanner:
        return create_scanner(self.family, self.emulator.link, deadline_scale=self._scale)

    def hurry(self) -> None:
        """Put a driver with little patience on the line, which must be sound at the moment."""
        self._scale = HASTE
        self.scanner.close()
        self.scanner = self._driver()
        self.mend()

    def mend(self) -> None:
        """Mend the line and open the scanner again. What it says of itself then is what it said at first."""
        self.emulator.clear_faults()
        self.scanner.close()
        self._reopen()

    def replug(self) -> None:
        """Plug in again, and open the scanner with a new driver, as a daemon that was started again would."""
        self.emulator.clear_faults()
        self.emulator.replug()
        self.scanner.close()
        self.scanner = self._driver()
        self._reopen()

    def _reopen(self) -> None:
        for _ in range(3):  # on a busy machine a short time-out may be missed
            try:
                if self.facts(self.scanner.open()) == self.facts(self.info):
                    return
            except ScannerError:
                continue
        assert self.facts(self.scanner.open()) == self.facts(self.info)

    @staticmethod
    def facts(info: ScannerInfo) -> ScannerInfo:
        """What a scanner says of itself each time: all but the speed at which it happened to be found."""
        return replace(info, baud=None)

    def attempt(self, name: str, call: Callable[[], object]) -> object:
        """What a call comes to: its answer, or its typed error; never anything else, and never after the contract's time."""
        began = time.monotonic()
        try:
            outcome = call()
        except ScannerError as failure:
            outcome = failure
        elapsed = time.monotonic() - began
        limit = LIMITS.get(name, LIMIT) * self._scale + ON_THE_LINE.get(name, 0.0) + SLACK
        assert elapsed < limit, f"{name} took {elapsed:.2f} s and came to {outcome!r}"
        return outcome

    def enrol(self, finger: str, slot: int, *later: str) -> list[EnrolState]:
        """Do at the glass what every step asks for, with `later` fingers for the presses behind the first, if it is another one.

        The glass is empty afterwards, whatever happens.
        """
        states: list[EnrolState] = []
        fingers = chain((finger, *later), repeat(later[-1] if later else finger))
        try:
            for step in self.scanner.enrol(slot):
                states.append(step.state)
                if step.state is EnrolState.PLACE:
                    self.emulator.place(next(fingers))
                elif step.state in {EnrolState.LIFT, EnrolState.CAPTURED}:
                    self.emulator.lift()
                assert len(states) < 60, "the enrolment does not end"
        finally:
            self.emulator.lift()
        return states

    def agree(self) -> frozenset[int]:
        """The slots that scanner and emulator both take for used."""
        used = self._patiently(self.scanner.used)
        assert sorted(used) == self.emulator.state()["used"]
        return used

    @staticmethod
    def _patiently(call: Callable[[], T]) -> T:
        """What `call`, which only asks on a sound line, comes to: on a busy machine a short time-out may be missed."""
        for _ in range(2):
            try:
                return call()
            except LinkTimeout:
                continue
        return call()

    def works(self) -> None:
        """Everything is as it should be: the two fingers are recognised as themselves, and a stranger is not."""
        for finger, slot in (("amina", self.amina), ("juma", self.juma)):
            self.emulator.place(finger)
            outcome = self._patiently(self.scanner.identify)
            assert isinstance(outcome, Hit), outcome
            assert outcome.slot == slot
        self.emulator.lift()

    def restore(self) -> None:
        """Put the library back as it was at the start, behind the driver's back."""
        self.emulator.wipe()
        self.emulator.plant(self.amina, "amina")
        self.emulator.plant(self.juma, "juma")


@contextmanager
def bench(model: str, folder: Path) -> Iterator[Bench]:
    """A bench with an instant emulator of `model`."""
    with start_emulator(model, link=folder / "scanner", instant=True, seed=SEED) as emulator:
        standing = Bench(emulator, model)
        try:
            yield standing
        finally:
            standing.scanner.close()


def bytes_said(emulator: Emulator, call: Callable[[], object]) -> int:
    """How many bytes the sensor says while `call` runs on a sound line."""
    script = emulator._line._to_host
    before = script._position
    call()
    return script._position - before


def is_sane(info: ScannerInfo) -> bool:
    """Whether a scanner's word on itself can be used."""
    return (
        bool(info.family and info.model)
        and info.capacity > 0
        and info.slot_base in {0, 1}
        and (info.template_size is None or info.template_size > 0)
        and (info.security_level is None or 1 <= info.security_level <= 5)
        and (info.baud is None or info.baud > 0)
    )
