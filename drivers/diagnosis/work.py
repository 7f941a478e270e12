"""When a scanner answers: whether it goes on answering, and whether its pictures are those of an empty glass."""

from collections.abc import Callable
from typing import TypeVar

from drivers.diagnosis.findings import Case, Diagnosis, Finding
from drivers.errors import DeviceError, LinkLost, LinkTimeout, ProtocolError, ScannerError
from drivers.link import Link
from drivers.scanner import Hit, NoMatch, Retry, Scanner
from drivers.zfm import trial
from drivers.zfm.commands import CHECK_SENSOR, GEN_IMG, VFY_PWD, Command, Dialect

_HANDSHAKES = 10
_PICTURES = 6
_OPENINGS = 3
# This many pictures in a row without features are no accident, nor are this many refusals; two damaged packets are no single spark, and
# two restarts no person's doing.
_IN_A_ROW = 3
_TWICE = 2
# Seconds for the ack of GenImg.
_CAPTURE = 1.0

T = TypeVar("T")


class Work:
    """Watches an open scanner at work. `run` is called once, and closes it."""

    def __init__(self, case: Case, scanner: Scanner) -> None:
        self._case = case
        self._scanner = scanner
        self._glitches_before = self._glitches_seen = scanner.glitches
        self._damaged = 0
        self._damaged_by_hand = 0
        self._restarts = 0
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
        in_a_row = 0
        for _ in range(_PICTURES):
            seen = self._attempt(self._scanner.identify)
            in_a_row = in_a_row + 1 if isinstance(seen, Retry) else 0
            self._ghosts = max(self._ghosts, in_a_row)
            if isinstance(seen, Hit | NoMatch):
                self._case.note("a finger was on the glass")

    def _attempt(self, call: Callable[[], T]) -> T | None:
        """One call, and what its failure means. Nothing more is tried once the scanner is gone."""
        if self._gone is not None:
            return None
        try:
            result = call()
        except DeviceError as refused:
            self._refused(refused)
        except ProtocolError as damaged:
            self._damaged += 1
            self._case.note(str(damaged))
        except (LinkTimeout, LinkLost) as failure:
            self._interrupted(failure)
        else:
            self._refusals = self._refusals if self._refusals >= _IN_A_ROW else 0
            return result
        return None

    def _refused(self, refused: DeviceError) -> None:
        if self._case.family == "zfm" and refused.code in trial.PASSWORD_CODES:
            # It forgot that it was opened.
            self._interrupted(refused)
        else:
            self._refusals += 1
            self._case.note(str(refused))

    def _interrupted(self, failure: ScannerError) -> None:
        self._case.note(str(failure))
        if self._damage_explains(failure):
            self._damaged += 1
        else:
            self._restarts += 1
        self._reopen()

    def _damage_explains(self, failure: ScannerError) -> bool:
        """Whether something did come, and could not be used: a damaged address makes an answer somebody else's."""
        seen, self._glitches_seen = self._glitches_seen, self._scanner.glitches
        stray = isinstance(failure, LinkTimeout) and failure.received > 0
        return stray or isinstance(failure, ProtocolError) or self._glitches_seen > seen

    def _reopen(self) -> None:
        """Open the scanner again, in spite of some damage on the way; otherwise it is gone."""
        finding = Finding.DEAF
        for _ in range(_OPENINGS):
            try:
                self._scanner.open()
            except LinkLost:
                self._gone = Finding.NO_PORT
                return
            except ScannerError as failure:
                if self._damage_explains(failure):
                    self._damaged += 1
                    finding = Finding.CHECKSUM
            else:
                return
        self._gone = finding

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
        return trial.ask(link, command, _CAPTURE * self._case.scale, monotonic=self._case.monotonic)

    def _count(self, heard: trial.Heard) -> None:
        self._damaged_by_hand += heard.damaged
        if heard.restarted:
            self._restarts += 1
            self._case.note("it said that it had just got power")
        if trial.FAULT_CODES.intersection(heard.codes):
            self._refusals = _IN_A_ROW
            self._case.note("it says that its sensor is faulty")

    def _worst(self) -> Diagnosis:
        # Most damage shows twice: as a packet that was dropped, and as the error of the call that waited for it.
        glitches = max(self._damaged, self._scanner.glitches - self._glitches_before) + self._damaged_by_hand
        self._case.note(f"{glitches} damaged or foreign packets, {self._restarts} restarts")
        signs = {
            Finding.WEAK_SUPPLY: self._restarts >= _TWICE,
            Finding.SENSOR_FAULT: self._refusals >= _IN_A_ROW,
            Finding.CHECKSUM: glitches >= _TWICE,
            Finding.GHOST: self._ghosts >= _IN_A_ROW,
        }
        finding = self._gone or next((finding for finding, seen in signs.items() if seen), None)
        return self._case.closed(finding) if finding else self._at_which_speed()

    def _at_which_speed(self) -> Diagnosis:
        baud = self._case.info.baud if self._case.info else None
        if baud is None or baud == self._case.baud:
            return self._case.closed(Finding.OK)
        self._case.note(f"it answers at {baud} bit/s, not at {self._case.baud}")
        if baud in self._scanner.usual_speeds:
            # The driver finds it there every time, and a GT-521F is brought to such a speed on purpose.
            return self._case.closed(Finding.OK)
        return self._case.closed(Finding.WRONG_SPEED, f"Write into its [[station]] of the configuration: baud = {baud}")
