"""What goes wrong on a scanner's line while it is at work, also where its driver puts up with it or gives up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from drivers.diagnosis.findings import Case
from drivers.errors import DeviceError, LinkTimeout, ProtocolError, ScannerError
from drivers.scanner import Scanner, ScannerInfo
from drivers.wired import WiredScanner
from drivers.zfm import trial
from drivers.zfm.commands import PACKET_ERROR, PASSWORD_NEEDED

_OPENINGS = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sight:
    """What one call came to.

    `restarts` are those for which there is a sign. `misfits` counts packets that were damaged or no answer, `glitches` also whatever came
    unasked, `strays` the bytes behind a question that nothing answered. `spoilt` says that the call failed by damage, `timed_out` that
    it failed for want of an answer; `met` that the scanner did answer something. `came` counts all bytes.
    """

    restarts: int = 0
    glitches: int = 0
    misfits: int = 0
    strays: int = 0
    spoilt: bool = False
    timed_out: bool = False
    met: bool = False
    came: int = 0

    @property
    def lost(self) -> bool:
        """Whether nothing came where an answer was due."""
        return self.timed_out and not self.strays and not self.glitches and not self.restarts

    @property
    def damaged(self) -> int:
        """How much was damaged on the line, as far as no restart explains it."""
        return 0 if self.restarts else max(self.glitches, self.spoilt, self.strays > 0)

    @property
    def disturbed(self) -> bool:
        """Whether a call failed to which the scanner may well answer the next time."""
        return self.spoilt or (self.timed_out and (self.met or self.restarts > 0))


class Witness:
    """Watches calls of `scanner`, which is of `family`; `last` is what was seen of the last one. Restarts are counted in `case`."""

    def __init__(self, case: Case, scanner: Scanner, family: str) -> None:
        self.last = Sight()
        self._case = case
        self._scanner = scanner
        self._is_zfm = family == "zfm"
        self._replies: list[bytes] = []
        if isinstance(scanner, WiredScanner):
            scanner.record(self._replies)

    def watch(self, call: Callable[[], T]) -> T:
        """One call. Raises what it raises."""
        before = self._counts()
        try:
            result = call()
        except ScannerError as failure:
            self._case.note(str(failure))
            self._see(failure, before)
            raise
        self._see(None, before)
        return result

    def open(self, *, there: bool = False) -> ScannerInfo | None:
        """Open the scanner, several times if it is `there` or gives a sign of it; None if it does not come about.

        Raises LinkLost, and DeviceError if it refuses. What comes at speeds that are not its own does not speak against a scanner that
        answers, but what came of one that does not is kept in the case.
        """
        for _ in range(_OPENINGS):
            try:
                return self.watch(self._scanner.open)
            except (LinkTimeout, ProtocolError, DeviceError) as failure:
                if isinstance(failure, DeviceError) and not self.last.spoilt:
                    raise
            self._keep()
            there = there or self.last.disturbed
            if not there:
                break
        return None

    def _keep(self) -> None:
        """Keep what was seen of an opening that failed: damage where something did answer, bytes where nothing did."""
        self._case.begun += self.last.met
        self._case.damaged += max(self.last.misfits, self.last.spoilt, self.last.met and self.last.strays > 0)
        self._case.strays += self.last.strays if self.last.met else self.last.came

    def _see(self, failure: ScannerError | None, before: tuple[int, ...]) -> None:
        glitches, misfits, met, said, came = (now - old for now, old in zip(self._counts(), before, strict=True))
        self.last = Sight(
            # One that does not say that it got power gives itself away by wanting its password again.
            said or int(self._refuses(failure, PASSWORD_NEEDED)),
            glitches,
            misfits,
            failure.received if isinstance(failure, LinkTimeout) else 0,
            isinstance(failure, ProtocolError) or self._refuses(failure, PACKET_ERROR),
            isinstance(failure, LinkTimeout),
            met > 0,
            came,
        )
        if self.last.restarts:
            self._case.restarts += self.last.restarts
            self._case.note("it started anew: it had lost its power")

    def _refuses(self, failure: ScannerError | None, code: int) -> bool:
        return self._is_zfm and isinstance(failure, DeviceError) and failure.code == code

    def _counts(self) -> tuple[int, ...]:
        """So far: glitches, misfits among them, answers, restarts that were told, and bytes."""
        scanner = self._scanner
        misfits, answers = (
            (scanner.misfits, scanner.answers) if isinstance(scanner, WiredScanner) else (scanner.glitches, 0)
        )
        told = trial.restarts(self._replies, talks=self._is_zfm)
        return scanner.glitches, misfits, answers, told, sum(map(len, self._replies))
