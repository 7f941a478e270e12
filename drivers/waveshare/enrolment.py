"""Enrolling one finger: the module takes three pictures, and merges and stores them by itself when it has the third."""

from collections.abc import Callable, Generator, Iterator
from functools import partial

from drivers.scanner import EnrolState, EnrolStep, Hit, Identification, NoMatch, RetryReason
from drivers.waveshare.commands import ADD_1, ADD_2, ADD_3, FAIL, SUCCESS, TIMEOUT, Command

STEPS = (ADD_1, ADD_2, ADD_3)
# Seconds in which a person may lift the finger: there is no way to see whether it was lifted.
LIFT = 0.8
# How often the second or third picture may fail. Whether the module still knows the first one after a failure or a time-out is not
# established: so the enrolment then begins again, with no pause for lifting, and is given up when that fails too.
_FAILURES = 3

Add = Callable[[Command], int]
Lookup = Callable[[], Identification]


def enrol(add: Add, *, lookup: Lookup, rest: Callable[[float], None]) -> Iterator[EnrolStep]:
    """Ask for three presses. `add` sends one of STEPS and returns its code, `lookup` identifies the finger, `rest` lets time pass.

    The first press is looked up right before it is added: the module itself refuses a known finger at the third only, and does not
    tell whose it is. Between the steps nothing else is sent: what that would do to the pictures taken is not established.
    """
    for pause in (LIFT, 0.0):
        final = yield from _presses(add, lookup, partial(rest, pause))
        if final is not None:
            yield final
            return
    yield EnrolStep(EnrolState.MISMATCH, len(STEPS))


def _presses(add: Add, lookup: Lookup, pause: Callable[[], None]) -> Generator[EnrolStep, None, EnrolStep | None]:
    """All three presses; returns the final step, or None if a press failed too often."""
    known = yield from _first(add, lookup)
    if known is not None:
        return known
    for sample, step in enumerate(STEPS[1:], 2):
        yield EnrolStep(EnrolState.CAPTURED, sample - 1)
        yield EnrolStep(EnrolState.LIFT, sample)
        pause()
        failures = 0
        while (code := add(step)) != SUCCESS:
            failures += code == FAIL
            if failures == _FAILURES:
                return None
            if code not in {FAIL, TIMEOUT}:
                return EnrolStep(EnrolState.DUPLICATE, sample)
            yield _again(code, sample)
    return EnrolStep(EnrolState.STORED, len(STEPS))


def _first(add: Add, lookup: Lookup) -> Generator[EnrolStep, None, EnrolStep | None]:
    """The first press; returns a final step if the finger is in the library already."""
    while True:
        found = lookup()
        if isinstance(found, Hit):
            return EnrolStep(EnrolState.DUPLICATE, 1, hit=found)
        code = add(ADD_1) if isinstance(found, NoMatch) else TIMEOUT
        if code == SUCCESS:
            return None
        if code not in {FAIL, TIMEOUT}:
            return EnrolStep(EnrolState.DUPLICATE, 1)
        yield _again(code, 1)


def _again(code: int, sample: int) -> EnrolStep:
    """What to say after a picture that was none: "eigenvalue is less", in the manual's words for too few features."""
    if code == TIMEOUT:
        return EnrolStep(EnrolState.PLACE, sample)
    return EnrolStep(EnrolState.RETRY, sample, reason=RetryReason.PARTIAL)
