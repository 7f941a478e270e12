"""Enrolling one finger, press by press.

Most modules compare the samples when they merge them, and refuse those that are not of one finger. An R503 merges different
fingers without a word (Adafruit #104, #120), and the result may match both: there, the host has to tell them apart.
"""

import contextlib
from collections.abc import Callable, Generator, Iterator

from drivers.errors import DeviceError, ProtocolError
from drivers.scanner import EnrolState, EnrolStep, Hit, Retry
from drivers.zfm.capture import Capture
from drivers.zfm.session import Session

# What speaks against a press, given where the library has it; None if nothing does.
Judge = Callable[[Hit | None], EnrolState | None]


class Enrolment:
    """The way of one finger into `slot`, which is empty before, and empty again unless the last step was STORED.

    `samples` presses are merged. With `blind_merge`, one more comes before them: it is stored alone, and every later one must be
    found in its slot, so that none gets into the template that the module does not recognise by itself.
    """

    def __init__(self, session: Session, capture: Capture, slot: int, samples: int, *, blind_merge: bool) -> None:
        self._session = session
        self._capture = capture
        self._slot = slot
        self._samples = samples
        self._blind_merge = blind_merge
        self._written = False

    def steps(self) -> Iterator[EnrolStep]:
        """See Scanner.enrol. Closing it, or any refusal, empties the slot; after a LinkError the module cannot be asked any more."""
        try:
            for step in self._referenced() if self._blind_merge else self._collected(1, _stranger):
                if step.state in {EnrolState.DUPLICATE, EnrolState.MISMATCH}:
                    self._empty()
                yield step
        except GeneratorExit:
            self._empty()
            raise
        except (DeviceError, ProtocolError):
            # The first failure is the one to tell.
            with contextlib.suppress(DeviceError, ProtocolError):
                self._empty()
            raise

    def _referenced(self) -> Iterator[EnrolStep]:
        """The first press as a reference, and the others held against it.

        [?] Whether RegModel of an R503 takes in buffers that an earlier, longer enrolment left behind is not established: after STORED,
        the finger should be recognised once more before it is believed.
        """
        known = yield from self._pressed(1, buffer=1)
        if known is not None:
            yield EnrolStep(EnrolState.DUPLICATE, 1, hit=known)
            return
        # RegModel wants two samples, so it gets the same picture twice.
        self._session.extract(2)
        if not self._merged():
            yield EnrolStep(EnrolState.MISMATCH, 1)
            return
        yield EnrolStep(EnrolState.CAPTURED, 1)
        yield from self._collected(2, self._changeling)

    def _collected(self, first: int, judge: Judge) -> Iterator[EnrolStep]:
        """The presses to merge, from number `first` on, in buffers 1 to `samples`.

        Every one is looked up, not only the first: somebody else may put a finger down in between.
        """
        since = None
        for buffer in range(1, self._samples + 1):
            sample = first + buffer - 1
            found = yield from self._pressed(sample, buffer)
            verdict = judge(found)
            if verdict is not None:
                yield EnrolStep(verdict, sample, hit=found)
                return
            # A restart that the first GenImg met has destroyed nothing; every later one takes the buffers with it.
            since = self._session.restarts if since is None else since
            self._session.require_unbroken(since)
            yield EnrolStep(EnrolState.CAPTURED, sample)
        if self._merged():
            self._written = False
            yield EnrolStep(EnrolState.STORED, sample)
        else:
            yield EnrolStep(EnrolState.MISMATCH, sample)

    def _pressed(self, sample: int, buffer: int) -> Generator[EnrolStep, None, Hit | None]:
        """One good press in `buffer`, and where the library has it."""
        if sample > 1:
            # Until the glass was seen empty: the same picture twice is no second sample.
            while self._capture.present():
                yield EnrolStep(EnrolState.LIFT, sample)
        while (trouble := self._capture.features(buffer)) is not None:
            if isinstance(trouble, Retry):
                yield EnrolStep(EnrolState.RETRY, sample, reason=trouble.reason)
            else:
                yield EnrolStep(EnrolState.PLACE, sample)
        # Right behind Img2Tz: an R503 loses the features with the next GenImg.
        return self._capture.lookup(buffer)

    def _changeling(self, found: Hit | None) -> EnrolState | None:
        if found is None:
            return EnrolState.MISMATCH
        return None if found.slot == self._slot else EnrolState.DUPLICATE

    def _merged(self) -> bool:
        """Merge what is in the buffers and store it; False if the module says that it is not of one finger."""
        if not self._session.createTemplate():
            return False
        self._written = True
        self._session.storeTemplate(self._slot, 1)
        if not self._session.is_used(self._slot):
            raise ProtocolError(f"Store: slot {self._slot} was acknowledged, but its index bit is not set")
        return True

    def _empty(self) -> None:
        if self._written:
            self._session.empty(self._slot)
            self._written = False


def _stranger(found: Hit | None) -> EnrolState | None:
    return None if found is None else EnrolState.DUPLICATE
