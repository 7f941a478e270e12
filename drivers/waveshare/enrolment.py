"""Enrolling one finger: the module takes three pictures, and merges and stores them by itself when it has the third.

Whether it refuses pictures of different fingers is not established, and what it merges from them may match each: so the host tells them
apart. It keeps a picture of its own, taken right before the module's first, and holds the finger of the last ones against it before that
is lifted. Between the module's pictures nothing else is sent, because what that would do to those already taken is not established: no
press could be proved that begins and ends between two others. So there are two presses, and the second gives two pictures. That the
finger may stay where it is for several pictures is the vendor's own way in its examples.
"""

import contextlib
from collections.abc import Callable, Generator, Iterator
from functools import partial

from drivers.errors import DeviceError, ProtocolError
from drivers.scanner import EnrolState, EnrolStep, Hit, Identification, NoMatch, RetryReason
from drivers.waveshare.commands import ADD_1, ADD_2, ADD_3, FAIL, SUCCESS, TIMEOUT
from drivers.waveshare.session import Session

PRESSES = 2
# Seconds in which a person may lift the finger: there is no way to see whether it was lifted.
LIFT = 0.8
# How often the second or third picture may fail. Whether the module still knows the first one after a failure or a time-out is not
# established: so the enrolment then begins again, with no pause for lifting, and is given up when that fails too.
_FAILURES = 3
# Pictures in which the finger may be another one before it is: of a bad picture the module says no more.
_LOOKS = 2


class Enrolment:
    """The way of one finger into `slot`, which is empty before, and empty again unless the last step was STORED, or the link failed.

    `lookup` identifies the finger, `delete` empties a slot, `rest` lets seconds pass.
    """

    def __init__(
        self,
        session: Session,
        slot: int,
        *,
        lookup: Callable[[], Identification],
        delete: Callable[[int], None],
        rest: Callable[[float], None],
    ) -> None:
        self._session = session
        self._slot = slot
        self._lookup = lookup
        self._delete = delete
        self._rest = rest

    def steps(self) -> Iterator[EnrolStep]:
        """See Scanner.enrol. The second press ends with STORED, and not with CAPTURED before it: nobody could give up any more."""
        for pause in (LIFT, 0.0):
            final = yield from self._presses(partial(self._rest, pause))
            if final is not None:
                yield final
                return
        yield EnrolStep(EnrolState.MISMATCH, PRESSES)

    def _presses(self, pause: Callable[[], None]) -> Generator[EnrolStep, None, EnrolStep | None]:
        """Both presses; returns the final step, or None if the second failed too often, or was too short to be proved."""
        known, reference = yield from self._first()
        if known is not None:
            return known
        yield EnrolStep(EnrolState.CAPTURED, 1)
        yield EnrolStep(EnrolState.LIFT, 2)
        pause()
        failures = 0
        while (code := self._session.add(ADD_2, self._slot)) != SUCCESS:
            failures += code == FAIL
            if failures == _FAILURES:
                return None
            if code not in {FAIL, TIMEOUT}:
                return EnrolStep(EnrolState.DUPLICATE, 2)
            yield _again(code, 2)
        return self._completed(reference)

    def _first(self) -> Generator[EnrolStep, None, tuple[EnrolStep | None, bytes]]:
        """The first press: a final step if the finger is in the library already, else the picture that the host keeps of it.

        It is looked up before it is added: the module itself refuses a known finger at the third picture only, and does not tell whose
        it is.
        """
        while True:
            found = self._lookup()
            if isinstance(found, Hit):
                return EnrolStep(EnrolState.DUPLICATE, 1, hit=found), b""
            code, reference = self._session.acquire() if isinstance(found, NoMatch) else (TIMEOUT, b"")
            if code == SUCCESS:
                code = self._session.add(ADD_1, self._slot)
            if code == SUCCESS:
                return None, reference
            if code not in {FAIL, TIMEOUT}:
                return EnrolStep(EnrolState.DUPLICATE, 1), b""
            yield _again(code, 1)

    def _completed(self, reference: bytes) -> EnrolStep | None:
        """The third picture and the proof, while the finger of the second lies there: nobody is asked for anything in between.

        Returns None if it was lifted too early, or its pictures failed too often. Anything but STORED leaves the slot empty.
        """
        try:
            final = self._proved(reference)
        except (DeviceError, ProtocolError):
            # The first failure is the one to tell.
            with contextlib.suppress(DeviceError, ProtocolError):
                self._delete(self._slot)
            raise
        if final is None or final.state is not EnrolState.STORED:
            self._delete(self._slot)
        return final

    def _proved(self, reference: bytes) -> EnrolStep | None:
        code = _persisting(lambda: self._session.add(ADD_3, self._slot), _FAILURES)
        if code in {FAIL, TIMEOUT}:
            return None
        if code != SUCCESS:
            return EnrolStep(EnrolState.DUPLICATE, 2)
        code = _persisting(lambda: self._session.compare_with(reference), _LOOKS)
        if code != SUCCESS:
            return None if code == TIMEOUT else EnrolStep(EnrolState.MISMATCH, 2)
        if not self._session.is_user(self._slot):
            raise ProtocolError(f"{ADD_3.name}: slot {self._slot} was acknowledged, but is empty")
        return EnrolStep(EnrolState.STORED, 2)


def _persisting(ask: Callable[[], int], tries: int) -> int:
    """The code that `ask` comes to, which may be FAIL all but the last of `tries` times."""
    code = ask()
    for _ in range(tries - 1):
        if code != FAIL:
            break
        code = ask()
    return code


def _again(code: int, sample: int) -> EnrolStep:
    """What to say after a picture that was none: "eigenvalue is less", in the manual's words for too few features."""
    if code == TIMEOUT:
        return EnrolStep(EnrolState.PLACE, sample)
    return EnrolStep(EnrolState.RETRY, sample, reason=RetryReason.PARTIAL)
