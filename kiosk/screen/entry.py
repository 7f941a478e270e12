"""Number + finger, number + PIN: what is being typed at the ready page, and what it leads to. Pure but for the wishes it sends.

    closed -> NUMBER -> ASKING -> FINGER -> CHECKING -> closed

Instants are seconds on a clock that never jumps, and come in as arguments. The PIN is in here alone, as a Secret: a face has dots.
"""

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.screen import prompts
from kiosk.screen.face import Face
from kiosk.screen.plain import plain
from kiosk.screen.wishes import CallNumber, CancelCall, PunchByPin, Punched, Refused, Reply, Waiting, Wish
from kiosk.secret import Secret
from kiosk.texts import text
from kiosk.views import ScanKind, ScanResult

DIGITS = frozenset("0123456789")
IDLE_S = 20.0
"""Seconds without a key after which it closes by itself."""

_MOST_CALL_S = 120.0
"""The longest wait for a finger that is believed, in seconds."""

_ERASE = "backspace"
_CONFIRM = frozenset({"enter", "ctrl+j"})
"""The second is the line feed that some card readers end with."""
_CANCEL = "escape"


class Phase(enum.Enum):
    """NUMBER and FINGER take keys (in FINGER, those of a PIN); ASKING and CHECKING await the daemon; FAILED says that it failed."""

    NUMBER = "number"
    ASKING = "asking"
    FINGER = "finger"
    CHECKING = "checking"
    FAILED = "failed"


@dataclass(slots=True)
class _Typed:
    """All that is known of the person who types: a new one for the next, so that nothing stays behind."""

    phase: Phase | None = None
    number: str = ""
    pin: Secret = field(default_factory=lambda: Secret(""))
    checked: int = 0
    """How many digits the PIN has that is being checked."""
    words: str = ""
    """What stands in the way, for people."""
    until: float = -math.inf
    call_ends: float = -math.inf
    """Until when a station may be waiting for the finger."""


class Entry:
    """The number entry in `language`. `send` takes its wishes and returns at once."""

    def __init__(self, language: str, send: Callable[[Wish], None]) -> None:
        self._language = language
        self._send = send
        self._ticket = 0
        self._typed = _Typed()

    @property
    def is_open(self) -> bool:
        """Whether keys belong to it."""
        return self._typed.phase is not None

    def press(self, key: str, now: float) -> None:
        """Take a key, in Textual's names. A digit opens it; what is no digit, Backspace, Enter or Esc does nothing."""
        if key == _CANCEL:
            self.close(now)
        elif key in DIGITS or key == _ERASE or key in _CONFIRM:
            if self._typed.phase in {None, Phase.FAILED} and key in DIGITS:
                self.close(now)
                self._typed.phase = Phase.NUMBER
            if self._typed.phase is Phase.NUMBER:
                self._number_key(key, now)
            elif self._typed.phase is Phase.FINGER:
                self._pin_key(key, now)

    def answered(self, reply: Reply, now: float) -> ScanResult | None:
        """Take the daemon's reply to a wish. Returns what has to be shown to the person, who then closes it by `scanned`."""
        if reply.ticket != self._ticket or self._typed.phase not in {Phase.ASKING, Phase.CHECKING}:
            return None
        if isinstance(reply, Punched):
            return reply.result
        if isinstance(reply, Waiting):
            self._await_finger(now, now + min(max(reply.seconds, 0.0), _MOST_CALL_S))
        else:
            self._refused(reply, now)
        return None

    def scanned(self, result: ScanResult, now: float) -> None:
        """Close: something happened at the glass, and that is shown instead. A finger to press again is still waited for."""
        if result.kind is ScanKind.TRY_AGAIN:
            self._typed = _Typed()
        self.close(now)

    def expire(self, now: float) -> None:
        """Close if nobody has pressed a key for long enough."""
        if self.is_open and now >= self._typed.until:
            self.close(now)

    def close(self, now: float) -> None:
        """Forget everything typed, and let no station wait for a finger on its account."""
        waited_for = now < self._typed.call_ends
        self._typed = _Typed()
        if waited_for:
            self._send(CancelCall())

    def face(self, now: float) -> Face | None:
        """Say what the large part shows; None while it is closed."""
        match self._typed.phase:
            case Phase.NUMBER | Phase.ASKING:
                return prompts.number(self._typed.number, self._language, asked=self._typed.phase is Phase.ASKING)
            case Phase.FINGER | Phase.CHECKING:
                return self._second(now)
            case Phase.FAILED:
                return prompts.failed(self._typed.words, self._language)
            case None:
                return None

    def _second(self, now: float) -> Face:
        dots, checking = len(self._typed.pin.reveal()), self._typed.phase is Phase.CHECKING
        if dots or checking or self._typed.words:
            return prompts.pin(
                self._typed.number, self._typed.checked or dots, self._typed.words, self._language, asked=checking
            )
        return prompts.finger(self._typed.number, self._typed.call_ends - now, self._language)

    def _number_key(self, key: str, now: float) -> None:
        self._typed.until = now + IDLE_S
        if key in _CONFIRM:
            self._typed.phase = Phase.ASKING
            self._typed.call_ends = math.inf
            self._send(CallNumber(self._next_ticket(), self._typed.number))
        else:
            self._typed.number = _edited(self._typed.number, key)
            if not self._typed.number:
                self._typed = _Typed()

    def _pin_key(self, key: str, now: float) -> None:
        self._typed.until = max(self._typed.until, now + IDLE_S)
        if key not in _CONFIRM:
            self._typed.pin = Secret(_edited(self._typed.pin.reveal(), key))
        elif self._typed.pin:
            self._typed.phase = Phase.CHECKING
            self._typed.words = ""
            self._typed.checked = len(self._typed.pin.reveal())
            pin, self._typed.pin = self._typed.pin, Secret("")
            self._send(PunchByPin(self._next_ticket(), self._typed.number, pin))

    def _await_finger(self, now: float, ends: float, words: str = "") -> None:
        self._typed.phase = Phase.FINGER
        self._typed.words = words
        self._typed.call_ends = ends
        self._typed.until = ends if ends > now else now + IDLE_S

    def _refused(self, reply: Refused, now: float) -> None:
        words = plain(reply.words, 200)
        if words and self._typed.phase is Phase.ASKING:
            # No scanner for this number now: the PIN is still a way.
            self._await_finger(now, -math.inf, words)
        else:
            self._typed.phase = Phase.FAILED
            self._typed.until = now + prompts.FAILED_S
            self._typed.words = words or text("no_answer", self._language)

    def _next_ticket(self) -> int:
        self._ticket += 1
        return self._ticket


def _edited(digits: str, key: str) -> str:
    return digits[:-1] if key == _ERASE else (digits + key)[: prompts.MOST_DIGITS]
