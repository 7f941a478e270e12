"""When a scanner answers: whether it goes on answering, and whether its pictures are those of an empty glass."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drivers.diagnosis.findings import TWICE, Case, Diagnosis, Finding
from drivers.diagnosis.witness import Witness
from drivers.errors import DeviceError, LinkLost, LinkTimeout, ScannerError
from drivers.link import Link
from drivers.scanner import Capability, Hit, NoMatch, Retry, Scanner, ScannerInfo
from drivers.zfm import trial
from drivers.zfm.commands import CHECK_SENSOR, GEN_IMG, VFY_PWD, Command, Dialect

_HANDSHAKES = 10
_PICTURES = 6
# This many pictures in a row without features are no accident, nor are this many refusals.
_IN_A_ROW = 3
# Seconds for the ack of GenImg.
_CAPTURE = 1.0

T = TypeVar("T")


class Work:
    """Watches an open scanner at work. `run` is called once, and closes it."""

    def __init__(self, case: Case, scanner: Scanner) -> None:
        self._case = case
        self._scanner = scanner
        self._witness = Witness(case, scanner, case.family)
        self._damaged = 0
        self._lost = 0
        self._refusals = 0
        self._ghosts = 0
        self._gone: Finding | None = None

    def run(self) -> Diagnosis:
        """Shake hands, take pictures, watch the supply; then tell the worst."""
        self._shake_hands()
        self._take_pictures()
        self._scanner.close()
        if self._case.family == "zfm" and self._gone is None:
            self._watch_supply()
        return self._worst()

    def _shake_hands(self) -> None:
        self._case.say(f"Shaking hands {_HANDSHAKES} times")
        for _ in range(_HANDSHAKES):
            self._attempt(self._scanner.check)

    def _take_pictures(self) -> None:
        self._case.say(f"Taking {_PICTURES} pictures: keep the glass empty")
        seen = [self._attempt(self._scanner.identify) for _ in range(_PICTURES)]
        in_a_row = 0
        for sight in seen:
            in_a_row = in_a_row + 1 if isinstance(sight, Retry) else 0
            self._ghosts = max(self._ghosts, in_a_row)
        if any(isinstance(sight, Hit | NoMatch) for sight in seen):
            self._case.note("a finger was on the glass")
        if all(isinstance(sight, NoMatch) for sight in seen) and self._is_easily_deceived:
            self._ghosts = _PICTURES
            self._case.note(
                f"it saw an unknown finger {_PICTURES} times of {_PICTURES}: if there was none, these are ghosts"
            )

    @property
    def _is_easily_deceived(self) -> bool:
        """Whether whatever it sees is a finger to it: it cannot look for one, and has no word for a picture without features."""
        return self._case.info is not None and Capability.PRESENCE not in self._case.info.capabilities

    def _attempt(self, call: Callable[[], T]) -> T | None:
        """One call, and what its failure means. Nothing more is tried once the scanner is gone."""
        if self._gone is not None:
            return None
        restarts, result = self._case.restarts, None
        try:
            result = self._witness.watch(call)
        except ScannerError as failure:
            self._failed(failure, restarts)
        else:
            self._refusals = self._refusals if self._refusals >= _IN_A_ROW else 0
            self._damaged += self._witness.last.damaged
        return result

    def _failed(self, failure: ScannerError, restarts: int) -> None:
        """What a failed call tells, before which there had been `restarts`."""
        seen = self._witness.last
        self._damaged += seen.damaged
        self._lost += seen.lost
        if seen.restarts or isinstance(failure, LinkTimeout | LinkLost):
            self._reopen(restarts)
        elif not seen.spoilt:
            # It was asked and has understood: this is its own opinion.
            self._refusals += 1

    def _reopen(self, restarts: int) -> None:
        """Open the scanner again; it is gone if that does not come about. Counts a restart of which only its speed tells."""
        try:
            info = self._witness.open(there=True)
        except LinkLost:
            self._gone = Finding.NO_PORT
        except DeviceError:
            self._gone = Finding.SENSOR_FAULT
        else:
            if info is None:
                answered = self._case.is_damaged or self._witness.last.disturbed
                self._gone = Finding.CHECKSUM if answered else Finding.DEAF
            elif self._case.restarts == restarts:
                self._case.restarts += self._fell_back(info)

    def _watch_supply(self) -> None:
        """Take pictures by hand: the driver forgives a restart, and here each one counts."""
        baud = self._case.info.baud if self._case.info else None
        link = Link(self._case.port, baud=baud or self._case.baud, monotonic=self._case.monotonic)
        try:
            link.open()
            self._ask(link, VFY_PWD)
            for number in range(1, _PICTURES + 1):
                self._case.say(f"Watching the supply: picture {number} of {_PICTURES}")
                self._count(self._ask(link, GEN_IMG))
            if self._case.info is not None and self._case.info.dialect == Dialect.GROW:
                self._case.say("Asking the sensor for its own opinion")
                self._count(self._ask(link, CHECK_SENSOR))
        except LinkLost as lost:
            self._case.note(str(lost))
            self._gone = Finding.NO_PORT
        finally:
            link.close()

    def _ask(self, link: Link, command: Command) -> trial.Heard:
        own: Mapping[str, Any] = self._case.own.get("zfm", {})
        known = {name: own[name] for name in ("password", "address") if name in own}
        return trial.ask(link, command, _CAPTURE * self._case.scale, monotonic=self._case.monotonic, **known)

    def _count(self, heard: trial.Heard) -> None:
        if heard.restarted:
            self._case.restarts += 1
            self._case.note("it said that it had just got power")
        else:
            self._damaged += heard.damages
            self._lost += not heard.codes and not heard.damages
        if trial.FAULT_CODES.intersection(heard.codes):
            self._refusals = _IN_A_ROW
            self._case.note("it says that its sensor is faulty")

    def _worst(self) -> Diagnosis:
        case, bad = self._case, self._damaged + self._lost
        case.note(f"{self._damaged} damaged or foreign packets, {self._lost} lost, {case.restarts} restarts")
        if self._gone in {Finding.NO_PORT, Finding.DEAF}:
            return case.closed(self._gone)
        signs = {
            Finding.WEAK_SUPPLY: case.is_weak,
            Finding.SENSOR_FAULT: self._refusals >= _IN_A_ROW,
            Finding.CHECKSUM: bad >= TWICE,
            Finding.GHOST: self._ghosts >= _IN_A_ROW,
        }
        finding = next((finding for finding, seen in signs.items() if seen), self._gone)
        return case.closed(finding) if finding else self._at_which_speed()

    def _fell_back(self, info: ScannerInfo) -> bool:
        """Whether a scanner that forgets with its power the speed it was brought to, as GT-521F do, is found at the old one."""
        return info.family == "gt521" and info.baud == self._scanner.usual_speeds[0] and not info.remarks

    def _at_which_speed(self) -> Diagnosis:
        baud = self._case.info.baud if self._case.info else None
        if baud is None or baud == self._case.baud:
            return self._case.closed(Finding.OK)
        if baud in self._scanner.usual_speeds:
            # The driver finds it there every time, and a GT-521F is brought to such a speed on purpose.
            return self._case.closed(Finding.OK)
        self._case.note(f"it answers at {baud} bit/s, not at {self._case.baud}")
        return self._case.closed(Finding.WRONG_SPEED, f"Write into its [[station]] of the configuration: baud = {baud}")
