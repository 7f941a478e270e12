"""The process is killed anywhere in what a station does: the next one finds store and scanner agreed, or makes them agree."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers import EnrolStep
from drivers.link import Link
from drivers.zfm.enrolment import Enrolment
from kiosk.store.database import Database
from kiosk.views import EnrolProgress
from tests.support.operations import MODELS, OPERATIONS, Operation, desk_for, punches, settled
from tests.support.station import BARAKA, Station, make

FEW = 20
"""Moments that the quick suite tries of an operation on a model."""


class KilledError(BaseException):
    """The process is gone: nobody catches this."""


class Reaper:
    """Kills this process's station before the `at`-th thing that it does to the line or the database; counts them until then."""

    def __init__(self, at: int | None = None) -> None:
        self.count = 0
        self._at = at
        self._links: list[Link] = []
        self._enrolments: list[Enrolment] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for owner, name in ((Link, "open"), (Link, "send"), (Link, "receive"), (Database, "write")):
            monkeypatch.setattr(owner, name, self._deadly(getattr(owner, name)))
        steps = Enrolment.steps

        def remembered(enrolment: Enrolment) -> Iterator[EnrolStep]:
            self._enrolments.append(enrolment)
            return steps(enrolment)

        monkeypatch.setattr(Enrolment, "steps", remembered)

    def bury(self) -> None:
        """What the kernel does for a dead process: its ports are closed."""
        for link in self._links:
            link.close()

    def _still(self) -> None:
        """A dead process's generators do not clean up when they are collected."""
        for enrolment in self._enrolments:
            enrolment._written = False

    def _deadly(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(this: Any, *arguments: Any, **named: Any) -> Any:
            if isinstance(this, Link):
                self._links.append(this)
            if self.count == self._at:
                self._still()
                raise KilledError
            self.count += 1
            return method(this, *arguments, **named)

        return call


def killed(desk: Station, operation: Operation, at: int | None, monkeypatch: pytest.MonkeyPatch) -> tuple[Station, int]:
    """Run the operation until it is killed at its `at`-th action; returns the station that came after, and how many actions came before."""
    operation.prepare(desk)
    reaper = Reaper(at)
    try:
        with monkeypatch.context() as deadly:
            reaper.install(deadly)
            operation.run(desk)
    except KilledError:
        pass
    reaper.bury()
    if desk.reader._scanner is not None:
        desk.reader._scanner.close()
    fresh = make(desk.emulator, desk.store, desk.clock)
    fresh.events += [event for event in desk.events if not isinstance(event, EnrolProgress)]
    settled(fresh, operation)
    return fresh, reaper.count


def check_killed(folder: Path, name: str, model: str, positions: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = OPERATIONS[name]
    with desk_for(name, folder, model) as first:
        desk, total = killed(first, operation, None, monkeypatch)
        step = 1 if positions is None else max(1, total // positions)
        at = reached = -step
        try:
            while reached == at:
                at += step
                desk, reached = killed(desk, operation, at, monkeypatch)
        except BaseException:
            print(f"killed at action {at} of {total}; last events: {desk.events[-6:]}")
            raise
        print(f"{name}, {model}: killed at every {step} of {total} actions on the line and the database")
        punches(desk, BARAKA)
        desk.reader.close()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["enrol", "import"])
def test_F100_killed_here_and_there(tmp_path: Path, name: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_killed(tmp_path, name, model, FEW, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_F100_killed_at_every_action(tmp_path: Path, name: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_killed(tmp_path, name, model, None, monkeypatch)
