"""Enrolling one finger, press by press."""

from collections.abc import Callable, Iterator

from drivers.errors import ProtocolError
from drivers.scanner import EnrolState, EnrolStep, Hit, NoFinger, Retry
from drivers.zfm.session import Session

Capture = Callable[[int], NoFinger | Retry | None]
Lookup = Callable[[int], Hit | None]


def enrol(session: Session, slot: int, samples: int, *, capture: Capture, lookup: Lookup) -> Iterator[EnrolStep]:
    """Collect `samples` presses into buffers 1 to n, merge them and store them in `slot`.

    `capture(n)` takes one picture and extracts its features into buffer n; `lookup(n)` finds these in the library. Every press is
    looked up, not only the first: somebody else may put a finger down in between, and an R503 merges two different fingers
    without a word.
    """
    for sample in range(1, samples + 1):
        if sample > 1:
            yield from _lifted(sample, present=session.readImage)
        yield from _pressed(sample, capture)
        # Right behind Img2Tz: an R503 loses the features with the next GenImg.
        known = lookup(sample)
        if known is not None:
            yield EnrolStep(EnrolState.DUPLICATE, sample, hit=known)
            return
        yield EnrolStep(EnrolState.CAPTURED, sample)
    if not session.createTemplate():
        yield EnrolStep(EnrolState.MISMATCH, samples)
        return
    session.storeTemplate(slot, 1)
    if not session.is_used(slot):
        raise ProtocolError(f"Store: slot {slot} was acknowledged, but its index bit is not set")
    yield EnrolStep(EnrolState.STORED, samples)


def _lifted(sample: int, *, present: Callable[[], bool]) -> Iterator[EnrolStep]:
    """Ask for the finger to be lifted until the glass was seen empty: the same picture twice is no second sample."""
    while present():
        yield EnrolStep(EnrolState.LIFT, sample)


def _pressed(sample: int, capture: Capture) -> Iterator[EnrolStep]:
    """Ask for press number `sample` until its features are in their buffer."""
    while (trouble := capture(sample)) is not None:
        if isinstance(trouble, Retry):
            yield EnrolStep(EnrolState.RETRY, sample, reason=trouble.reason)
        else:
            yield EnrolStep(EnrolState.PLACE, sample)
