"""The matching policy: what counts as one press, when the next one may come, and when nobody is asked for a while.

two empty looks, 400 ms apart, between two answers       the finger was lifted
the very same score in the same slot, without a lift     a print that was left on the glass, not a finger
five failures in a row                                   half a minute's rest
five answers in a row to pictures without features       the sensor sees something that is no finger
a minute in which the glass was never empty              something lies on it, or the sensor believes so
"""

import enum
from dataclasses import dataclass

from drivers import Hit, Identification, NoMatch, Retry
from kiosk.clock import Clock

LIFTED_LOOKS = 2
LIFTED_S = 0.4
"""Empty looks in a row, and seconds from the first to the last of them, that make a lifted finger."""

RETRIES_A_PRESS = 3
"""Bad pictures of one press before the person is told to try again."""

LATENT_S = 10.0
FAILURES = 5
LOCK_S = 30.0
GHOSTS = 5
STUCK_S = 60.0
SAME_PERSON_S = 20.0
"""After a failure: a hit this soon is taken for the same person's next attempt, for the weak-finger report."""


class Reading(enum.Enum):
    """What a look at the glass means."""

    NOTHING = enum.auto()
    """Nothing to say: the press may still give a good picture, or it had its answer."""
    HURRIED = enum.auto()
    """The finger came back before it had been away long enough to count as lifted: say so, once."""
    HIT = enum.auto()
    STRANGER = enum.auto()
    UNCLEAR = enum.auto()
    LATENT = enum.auto()


@dataclass(slots=True)
class _Accepted:
    slot: int | None
    score: int | None
    at: float


class Presses:
    """One glass. `clock` gives monotonic seconds; nothing here touches a scanner."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._empty_looks = LIFTED_LOOKS
        self._empty_since = float("-inf")
        self._full_since = 0.0
        self._retries = 0
        self._failures = 0
        self._unclear = 0
        self._warned = False
        self._locked_until = 0.0
        self._last: _Accepted | None = None
        self._tries = 0
        self._tried_at = 0.0

    @property
    def lifted(self) -> bool:
        """Whether the glass was empty long enough for the next press."""
        return self._empty_looks >= LIFTED_LOOKS and self._clock.monotonic() - self._empty_since >= LIFTED_S

    @property
    def locked_s(self) -> float:
        """Seconds until fingers are looked at again; 0 when they are."""
        return max(self._locked_until - self._clock.monotonic(), 0.0)

    @property
    def suspect(self) -> bool:
        """Whether the sensor has been seeing things that are no fingers."""
        return self._unclear >= GHOSTS

    @property
    def stuck(self) -> bool:
        """Whether something has lain on the glass for so long that nobody else can have been served."""
        return self._empty_looks == 0 and self._clock.monotonic() - self._full_since >= STUCK_S

    @property
    def tries(self) -> int:
        """Presses that the present one makes with the failures just before it."""
        return 1 + (self._tries if self._clock.monotonic() - self._tried_at < SAME_PERSON_S else 0)

    def empty(self) -> None:
        """The glass was seen empty."""
        if self._empty_looks == 0:
            self._empty_since = self._clock.monotonic()
        self._empty_looks += 1
        self._retries = 0

    def occupied(self, found: Identification | None = None) -> Reading:
        """Something still lies on the glass after its answer, or again; `found` is what, where that is known."""
        hurried = self._empty_looks > 0 and not self._warned
        self._fill()
        self._warned = self._warned or hurried
        if not hurried:
            return Reading.NOTHING
        return Reading.LATENT if isinstance(found, Hit) and self._latent(found) else Reading.HURRIED

    def answered(self) -> None:
        """The press had its answer: the next one begins with an empty glass."""
        self._fill()
        self._full_since = self._clock.monotonic()  # nobody may have looked for a while, as in an enrolment
        self._retries, self._warned = 0, False

    def read(self, found: Identification) -> Reading:
        """What `found`, which is not NoFinger, means. Anything but NOTHING is to be answered, and then `answered` to be called."""
        if not self.lifted:
            return self.occupied(found)
        if isinstance(found, Retry):
            self._retries += 1
            return Reading.NOTHING if self._retries < RETRIES_A_PRESS else Reading.UNCLEAR
        if isinstance(found, NoMatch):
            return Reading.STRANGER
        assert isinstance(found, Hit)  # noqa: S101  for the type checker: nothing else is left
        return Reading.HIT

    def credited(self, slot: int | None, score: int | None) -> None:
        """The finger was believed; `slot` is None where none was asked."""
        self._last = _Accepted(slot, score, self._clock.monotonic())
        self._failures = self._unclear = self._tries = 0

    def failed(self, reading: Reading) -> bool:
        """The press led to nobody; whether that was one too many, and the glass is locked now."""
        self._tries = self.tries
        self._tried_at = self._clock.monotonic()
        self._unclear = self._unclear + 1 if reading is Reading.UNCLEAR else 0
        self._failures += reading is Reading.STRANGER
        if self._failures < FAILURES:
            return False
        self._failures = 0
        self._locked_until = self._clock.monotonic() + LOCK_S
        return True

    def _fill(self) -> None:
        if self._empty_looks > 0:
            self._full_since = self._clock.monotonic()
        self._empty_looks = 0

    def _latent(self, hit: Hit) -> bool:
        last = self._last
        return (
            last is not None
            and hit.score is not None
            and (hit.slot, hit.score) == (last.slot, last.score)
            and self._clock.monotonic() - last.at < LATENT_S
        )
