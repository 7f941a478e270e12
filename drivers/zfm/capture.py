"""What one press tells: a picture, its features, and whom they match."""

from collections.abc import Callable

from drivers.errors import DeviceError
from drivers.scanner import Comparison, Hit, Identification, NoFinger, NoMatch, Retry, RetryReason, Same
from drivers.zfm import commands
from drivers.zfm.session import BuffersLost, Session
from drivers.zfm.translation import RETRY_REASONS


class Capture:
    """Presses on the glass of one module; a match that scores below `score_floor` is none."""

    def __init__(self, session: Session, *, score_floor: int) -> None:
        self._session = session
        self._score_floor = score_floor

    def present(self) -> bool:
        """Whether something lies on the glass."""
        try:
            return bool(self._session.readImage())
        except DeviceError as refused:
            # Something is there, if only a picture of it could not be taken.
            if refused.code in RETRY_REASONS:
                return True
            raise

    def features(self, buffer: int) -> NoFinger | Retry | None:
        """Take one picture and extract its features into `buffer`; None means that they are there."""
        try:
            if not self._session.readImage():
                return NoFinger()
            self._session.extract(buffer)
        except DeviceError as refused:
            return _advice(refused)
        return None

    def lookup(self, buffer: int) -> Hit | None:
        """The slot in which the features in `buffer` are."""
        return self._accepted(lambda: self._session.search(buffer))

    def recognise(self, start: int = 0, count: int | None = None) -> Identification:
        """One press, looked up in `count` slots from `start` on (all, if not given)."""
        trouble = self.features(1)
        if trouble is not None:
            return trouble
        try:
            # Right behind Img2Tz: an R503 loses the features with the next GenImg.
            hit = self._accepted(lambda: self._session.search(1, start, count))
        except DeviceError as refused:
            return _advice(refused)
        return NoMatch() if hit is None else hit

    def confirm(self, slot: int) -> bool:
        """Whether the features of the press that was recognised are those in `slot`."""
        try:
            return self._accepted(lambda: self._session.search(1, slot, 1)) is not None
        except BuffersLost:
            return False

    def compare(self, template: bytes) -> Comparison:
        """One press, against a template that is in no slot."""
        trouble = self.features(1)
        if trouble is not None:
            return trouble
        try:
            score = self._session.compare(template)
        except DeviceError as refused:
            return _advice(refused)
        return NoMatch() if score is None or score < self._score_floor else Same(score)

    def _accepted(self, search: Callable[[], Hit | None]) -> Hit | None:
        """The hit, if its score reaches the floor."""
        try:
            hit = search()
        except DeviceError as refused:
            if refused.code == commands.LIBRARY_EMPTY:
                return None
            raise
        return hit if hit is not None and (hit.score or 0) >= self._score_floor else None


def _advice(refused: DeviceError) -> Retry:
    """What a person can do about a refusal; raises it again if that is nothing."""
    if isinstance(refused, BuffersLost):
        # The module restarted under the finger: another press is all it takes.
        return Retry(RetryReason.IMAGING)
    reason = RETRY_REASONS.get(refused.code)
    if reason is None:
        raise refused
    return Retry(reason)
