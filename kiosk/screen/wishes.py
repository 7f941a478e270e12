"""What the number entry wants of the daemon, and what the daemon made of it. Frozen values; none of them shows a PIN.

A `ticket` tells the answer to the latest wish from those to earlier ones, which nobody waits for any more.
"""

from dataclasses import dataclass

from kiosk.secret import Secret
from kiosk.views import ScanResult


@dataclass(frozen=True, slots=True)
class CallNumber:
    """Let the first ready station wait for the finger of the member with this number."""

    ticket: int
    number: str


@dataclass(frozen=True, slots=True)
class PunchByPin:
    """Punch without a finger."""

    ticket: int
    number: str
    pin: Secret


@dataclass(frozen=True, slots=True)
class CancelCall:
    """Wait for nobody's finger any more. Has no answer: the station gives up by itself if this gets lost."""


Wish = CallNumber | PunchByPin | CancelCall


@dataclass(frozen=True, slots=True)
class Waiting:
    """The station waits for the finger, for so many `seconds`."""

    ticket: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Punched:
    """What became of a PIN."""

    ticket: int
    result: ScanResult


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be done now; `words` are the daemon's own. They are empty where it gave none for people, or did not answer."""

    ticket: int
    words: str = ""


Reply = Waiting | Punched | Refused
