"""Hands: put emulated fingers on the glass as a person would, looking at what the kiosk says."""

import time
from collections.abc import Iterator
from typing import cast

import drivers
from kiosk.control.client import ControlClient
from kiosk.demo.stage import Stage, StageError
from kiosk.models import Member
from kiosk.views import EnrolProgress, ScanResult

LOOKS = 6
"""Looks at the empty glass, ten a second, after which the kiosk knows that the finger was lifted, and one to spare."""

PATIENCE_S = 30.0
"""Seconds that the kiosk may take to say something of a finger."""

STRANGER = "a-stranger"


def finger_of(member: Member) -> str:
    """The name of the emulated finger that belongs to `member`."""
    return f"{member.uid}-right-index"


class Hands:
    """One pair of hands at `stage`'s scanner, with an eye on the kiosk's events."""

    def __init__(self, stage: Stage, watcher: ControlClient) -> None:
        self._stage = stage
        self._events = watcher.watch()
        next(self._events)  # the greeting: from here on nothing is missed

    def place(self, finger: str) -> None:
        """Put a finger on the glass, once the kiosk has seen that the one before is gone."""
        self.await_empty()
        drivers.place_finger(self._stage.scanner, finger)

    def lift(self) -> None:
        """Take it off."""
        drivers.lift_finger(self._stage.scanner)

    def press(self, finger: str) -> ScanResult:
        """Press until the kiosk answers, then lift; returns the answer."""
        self.place(finger)
        result = self._answer()
        self.lift()
        return result

    def enrol(self, member: Member) -> None:
        """Follow the kiosk's instructions until the member's finger is enrolled. Raises StageError if it is not."""
        with self._stage.client() as kiosk:
            enrolment = kiosk.ask(
                str, "enrol", member_uid=member.uid, finger="right-index", witness="the demonstration", station="main"
            )
        for step in self._steps(enrolment):
            if step.step in {"place", "verify"}:
                self.place(finger_of(member))
            elif step.step in {"captured", "lift"}:
                self.lift()
            elif step.final:
                self.lift()
                if not step.ok:
                    raise StageError(f"{member.name} could not be enrolled: {step.message}")

    def await_empty(self) -> None:
        """Wait as a person does between two presses: until the scanner has looked at the empty glass often enough."""
        for _ in range(200):
            glass = drivers.emulator_request(self._stage.scanner, "state")
            if glass["finger"] is not None or cast("int", glass["looks"]) >= LOOKS:
                return
            time.sleep(0.05)
        raise StageError("nobody looks at the glass: the daemon has lost its scanner")

    def _answer(self) -> ScanResult:
        deadline = time.monotonic() + PATIENCE_S
        for event in self._events:  # a status comes every second, so that the deadline is looked at
            if isinstance(event, ScanResult):
                return event
            if time.monotonic() > deadline:
                break
        raise StageError(f"the kiosk did not answer a finger for {PATIENCE_S:.0f} s")

    def _steps(self, enrolment: str) -> Iterator[EnrolProgress]:
        deadline = time.monotonic() + PATIENCE_S
        for event in self._events:
            if isinstance(event, EnrolProgress) and event.enrolment == enrolment:
                deadline = time.monotonic() + PATIENCE_S
                yield event
                if event.final:
                    return
            if time.monotonic() > deadline:
                raise StageError(f"the enrolment stood still for {PATIENCE_S:.0f} s")
