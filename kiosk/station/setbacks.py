"""What did not work with one station's scanner, so that it is not tried for ever."""

from collections import Counter

TRIES = 2
"""Times that a finger, or a slot, may fail before it is left alone."""

PATIENCE = 6
"""Slots that may fail with none in between that was written, before nothing more is: it is the scanner, and not the slots."""


class Setbacks:
    """What did not work at one station, from one connection to the next: or a worn slot is tried for ever."""

    def __init__(self) -> None:
        self._failed: Counter[str | int] = Counter()
        self._refused: Counter[int] = Counter()
        self._doubts: Counter[int] = Counter()
        self._bad: set[int] = set()
        self._in_a_row: set[int] = set()

    def forget(self) -> None:
        """Begin anew."""
        self._failed.clear()
        self._refused.clear()
        self._doubts.clear()
        self._bad.clear()
        self._in_a_row.clear()

    def note(self, what: str | int) -> None:
        """It failed: a finger by its id, or a slot by its number."""
        self._failed[what] += 1

    def recovered(self, what: str | int) -> None:
        """It worked after all."""
        del self._failed[what]
        if isinstance(what, int):
            del self._refused[what]

    def give_up(self, what: str | int) -> None:
        """It will fail however often it is tried."""
        self._failed[what] = TRIES

    def refused(self, slot: int) -> None:
        """The scanner itself says that the slot cannot be read."""
        self._refused[slot] += 1

    def surely_bad(self, slot: int) -> bool:
        """Whether the scanner said so as often as anything is tried: a damaged line says it once."""
        return self._refused[slot] >= TRIES

    def doubt(self, slot: int) -> None:
        """Something failed that had to do with the slot, and perhaps not because of it: another one is the better choice."""
        self._doubts[slot] += 1

    def failures(self, slot: int) -> int:
        """How often the slot failed, or may have."""
        return self._failed[slot] + self._doubts[slot]

    def bad(self, slot: int) -> None:
        """The slot cannot be written, or what was written cannot be read: the scanner says so, or it was tried often enough."""
        self._bad.add(slot)
        self._in_a_row.add(slot)

    def unwritten(self, slot: int) -> None:
        """The slot did not hold what was written into it. Once, that may have been the line."""
        self.note(slot)
        self._in_a_row.add(slot)

    def written(self, slot: int) -> None:
        """The slot was written, and holds it: so the scanner can be."""
        self.recovered(slot)
        self._in_a_row.clear()

    def hopeless(self, what: str | int) -> bool:
        """Whether it failed too often to be tried once more."""
        return self._failed[what] >= TRIES

    def avoids(self, slot: int) -> bool:
        """Whether nothing should be put into `slot`."""
        return slot in self._bad or self.hopeless(slot)

    @property
    def too_many(self) -> bool:
        """Whether so many slots failed in a row that nothing should be written into this scanner."""
        return len(self._in_a_row) >= PATIENCE
