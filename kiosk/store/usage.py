"""How each finger has done lately: presses for a success, and whether its scores fall, which tells whom to enrol again."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

SAMPLE = 10
"""Scores at either end of a finger's recent history that are averaged."""

Row = tuple[str | None, int | None, int | None, int]
"""`finger_id, tries, score, utc_us` of a punch."""


class FingerUsage(msgspec.Struct, frozen=True):
    """One finger in the newest part of the log: `hits` punches that took `tries` presses, the latest at `last_us` (UTC).

    The means are over its first and its last SAMPLE scores there; None where the scanner gave no score.
    """

    finger_id: str
    hits: int
    tries: int
    first_scores_mean: float | None
    last_scores_mean: float | None
    last_us: int


@dataclass(slots=True)
class _Tally:
    last_us: int
    hits: int = 0
    tries: int = 0
    last: list[int] = field(default_factory=list)
    first: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLE))


def tally(newest_first: Iterable[Row]) -> list[FingerUsage]:
    """Sum up punches, which come newest first, by finger; those without a finger do not count. By id."""
    tallies: dict[str, _Tally] = {}
    for finger_id, tries, score, utc_us in newest_first:
        if finger_id is None:
            continue
        one = tallies.setdefault(finger_id, _Tally(last_us=utc_us))
        one.hits += 1
        one.tries += tries or 1
        if score is not None:
            one.first.append(score)
            if len(one.last) < SAMPLE:
                one.last.append(score)
    return [_usage(finger_id, one) for finger_id, one in sorted(tallies.items())]


def _usage(finger_id: str, one: _Tally) -> FingerUsage:
    return FingerUsage(finger_id, one.hits, one.tries, _mean(one.first), _mean(one.last), one.last_us)


def _mean(scores: Iterable[int]) -> float | None:
    values = list(scores)
    return sum(values) / len(values) if values else None
