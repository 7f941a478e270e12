"""PINs, for whoever cannot or will not give a finger: which are allowed, how they are kept, and how slowly they can be guessed.

Guessing costs five free attempts, then 30 s, doubling to 15 min: 96 a day in the long run, and 2,888 in the first 30 days, which finds
0.29 % of six-digit PINs. Neither a restart nor a clock that jumps gives one away: the count is on disk before an attempt is looked
at, and after a restart its whole wait begins again.
"""

import itertools
import os
import threading
from typing import Protocol

import msgspec

from kiosk.clock import Clock
from kiosk.errors import Exit, KioskError

SHORTEST, LONGEST = 4, 12
"""Digits of a PIN."""

FREE = 5
"""Failures that cost no wait."""
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 900.0

STRANGERS = 1000
"""Numbers without a PIN whose failures are remembered, in memory."""

# Argon2id (RFC 9106) with the memory that a machine of 512 MB can spare.
_MEMORY_KIB, _PASSES, _LANES = 12 * 1024, 3, 1
_SALT_BYTES, _HASH_BYTES = 16, 32

_TOO_EASY = {0, 1, 9}  # steps from digit to digit, modulo 10: none, up, down


class PinError(KioskError):
    """A PIN that nobody may choose; the text says why, and does not repeat it."""

    exit_code = Exit.DATA
    cure = "Choose another PIN."


class Kept(Protocol):
    """What the book holds of one member."""

    @property
    def hash(self) -> str:
        """As `hash_pin` made it."""
        ...

    @property
    def failures(self) -> int:
        """Attempts begun since the last right one."""
        ...


class Book(Protocol):
    """Where PINs and failures are kept: the store's `pins`."""

    def get(self, uid: str) -> Kept | None:
        """Return what is kept of a member, or None for one without a PIN."""
        ...

    def count_failure(self, uid: str) -> int:
        """Count a failure, durably, and return the new count."""
        ...

    def clear_failures(self, uid: str) -> None:
        """Forget the failures."""
        ...


class Verdict(msgspec.Struct, frozen=True):
    """Whether the PIN was right, and how many seconds nobody may try this member's PIN again."""

    ok: bool
    wait_s: float = 0.0


def check_new(pin: str, uid: str) -> None:
    """Refuse what is tried first. Raises PinError for a PIN that the member `uid` may not choose."""
    if not SHORTEST <= len(pin) <= LONGEST:
        raise PinError(f"A PIN has {SHORTEST} to {LONGEST} digits.")
    if not (pin.isascii() and pin.isdigit()):
        raise PinError("A PIN is made of digits alone.")
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    if len(steps) == 1 and steps <= _TOO_EASY:
        raise PinError("A PIN must not repeat one digit, or count up or down.")
    if _bare(pin) == _bare(uid):
        raise PinError("A PIN must not be the member's own number.")


def hash_pin(pin: str) -> str:
    """Make the text that is kept instead of the PIN: Argon2id in PHC form, with a salt of its own. Takes a moment on purpose."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415  7 MiB that a kiosk without PINs saves

    salt = os.urandom(_SALT_BYTES)
    kdf = Argon2id(salt=salt, length=_HASH_BYTES, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(pin.encode())


def matches(pin: str, pin_hash: str) -> bool:
    """Tell whether `pin_hash` was made of `pin`; a hash that is none matches nothing."""
    from cryptography.exceptions import InvalidKey  # noqa: PLC0415  as in `hash_pin`
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415

    try:
        Argon2id.verify_phc_encoded(pin.encode(), pin_hash)
    except (InvalidKey, ValueError):  # ValueError: parameters or text that nobody here wrote
        return False
    return True


def wait_s(failures: int) -> float:
    """Seconds that have to pass after so many failures before the next attempt."""
    if failures < FREE:
        return 0.0
    doublings = min(failures - FREE, 16)
    return min(FIRST_WAIT_S * 2.0**doublings, LONGEST_WAIT_S)


class Attempts:
    """Attempts at PINs, one at a time for the whole kiosk. Time is the clock's monotonic one; the wall clock is never asked."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._started = clock.monotonic()
        self._last: dict[str, float] = {}
        self._strangers: dict[str, int] = {}
        self._decoy = ""
        self._turn = threading.Lock()

    def verify(self, uid: str, pin: str) -> Verdict:
        """Look whether `pin` is the member's, unless they have to wait; an attempt during the wait is not looked at, nor counted.

        Not inside the store's `atomic`. Raises StoreError when the attempt cannot be counted; then nothing was looked at.
        """
        with self._turn:
            kept = self._book.get(uid)
            if kept is None:
                return self._pretend(uid, pin)
            left = self._last.get(uid, self._started) + wait_s(kept.failures) - self._clock.monotonic()
            if left > 0:
                return Verdict(ok=False, wait_s=left)
            return self._attempt(uid, pin, kept.hash)

    def _pretend(self, uid: str, pin: str) -> Verdict:
        """Take as long for somebody without a PIN, and make them wait as long: nobody learns here who has one."""
        failures = self._strangers.pop(uid, 0)
        left = self._last.get(uid, self._started) + wait_s(failures) - self._clock.monotonic()
        self._strangers[uid] = failures if left > 0 else failures + 1
        while len(self._strangers) > STRANGERS:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            self._last.pop(oldest, None)
        if left > 0:
            return Verdict(ok=False, wait_s=left)
        self._last[uid] = self._clock.monotonic()
        self._decoy = self._decoy or hash_pin("decoy")
        matches(pin, self._decoy)
        return Verdict(ok=False, wait_s=wait_s(failures + 1))

    def _attempt(self, uid: str, pin: str, pin_hash: str) -> Verdict:
        failures = self._book.count_failure(uid)
        self._last[uid] = self._clock.monotonic()
        if not matches(pin, pin_hash):
            return Verdict(ok=False, wait_s=wait_s(failures))
        self._book.clear_failures(uid)
        del self._last[uid]
        return Verdict(ok=True)


def _bare(number: str) -> str:
    """A number as people say it: its digits, without zeros in front."""
    return "".join(filter(str.isdigit, number)).lstrip("0")
