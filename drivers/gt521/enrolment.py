"""Enrolling one finger, press by press: the sensor itself merges three, and looks for duplicates at the third."""

from collections.abc import Generator, Iterator

from drivers.errors import DeviceError, ProtocolError
from drivers.gt521 import commands
from drivers.gt521.codec import ACK
from drivers.gt521.commands import ENROLL, FIRST_ERROR, IS_ALREADY_USED, meaning
from drivers.gt521.session import BAD_FINGER, Session
from drivers.scanner import EnrolState, EnrolStep, Hit, NoFinger, Retry


def enrol(session: Session, slot: int, capacity: int) -> Iterator[EnrolStep]:
    """Collect three presses and let the sensor store them in `slot`, which has to be empty.

    The first press is looked up before the sensor's own enrolment starts, and then photographed a second time: whether Identify and
    EnrollStart leave the picture as the enrolment needs it is not established, nor whether Identify may come between its steps. The
    third press ends with STORED, and not with CAPTURED before it: the sensor has stored by then, and nobody could give up any more.
    """
    if session.is_used(slot):
        message = f"EnrollStart refused for slot {slot}: {meaning(IS_ALREADY_USED)}"
        cure = commands.CURES[IS_ALREADY_USED]
        raise DeviceError(message, command="EnrollStart", code=IS_ALREADY_USED, cure=cure)
    known = yield from _looked_up(session, capacity)
    if known is not None:
        yield EnrolStep(EnrolState.DUPLICATE, 1, hit=known)
        return
    session.wire.ask(commands.ENROLL_START, slot)
    for sample in range(1, len(ENROLL) + 1):
        if sample > 1:
            yield from _lifted(session, sample)
        final = yield from _pressed(session, sample)
        if final is not None:
            yield final
            return
        if sample < len(ENROLL):
            yield EnrolStep(EnrolState.CAPTURED, sample)
    before = session.wire.mark()
    if not session.is_used(slot):
        raise ProtocolError(f"Enroll3: slot {slot} was acknowledged, but is empty")
    session.wire.in_step(before)
    yield EnrolStep(EnrolState.STORED, len(ENROLL))


def _looked_up(session: Session, capacity: int) -> Generator[EnrolStep, None, Hit | None]:
    """Ask for the first press until it was looked up; returns the slot that it is in."""
    while True:
        trouble = session.capture(best=True)
        found = session.identify(capacity) if trouble is None else trouble
        if isinstance(found, NoFinger | Retry):
            yield _asked_again(1, found)
        else:
            return found if isinstance(found, Hit) else None


def _lifted(session: Session, sample: int) -> Iterator[EnrolStep]:
    """Ask for the finger to be lifted until the glass was seen empty: the same picture twice is no second sample."""
    while session.pressed():
        yield EnrolStep(EnrolState.LIFT, sample)


def _pressed(session: Session, sample: int) -> Generator[EnrolStep, None, EnrolStep | None]:
    """Ask for press number `sample` until the sensor took it; returns the last step if that is the end of it."""
    while True:
        trouble = session.capture(best=True)
        if trouble is None:
            answer = session.wire.ask(ENROLL[sample - 1])
            if answer.code == ACK:
                return None
            if answer.parameter < FIRST_ERROR:
                return EnrolStep(EnrolState.DUPLICATE, sample, hit=Hit(answer.parameter, None))
            if answer.parameter == commands.ENROLL_FAILED:
                return EnrolStep(EnrolState.MISMATCH, sample)
            trouble = BAD_FINGER
        yield _asked_again(sample, trouble)


def _asked_again(sample: int, trouble: NoFinger | Retry) -> EnrolStep:
    if isinstance(trouble, Retry):
        return EnrolStep(EnrolState.RETRY, sample, reason=trouble.reason)
    return EnrolStep(EnrolState.PLACE, sample)
