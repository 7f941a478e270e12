"""Synthetic fingers: any name is a finger, always the same one, and no real person's.

A finger is 512 bits drawn from its name. A capture flips some of them, as pressure and position would; the score of two captures
falls with the bits in which they differ. Two different names differ in half of the bits, give or take a few.
"""

import enum
import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass

_BITS = 512
FEATURE_BYTES = _BITS // 8
# Bits that one capture flips, at least and at most.
_NOISE = (10, 36)
# Score by the differing bits: 0 from 150 of 512 on, a point for every 0.85 bits less. So one finger scores 90 to 155, two score 0, and
# a finger against a template merged from it and another scores about 10.
_HOPELESS = 150
_BITS_A_POINT = 0.85
# The least score that is a match, by security level, on sensors that have the levels 1 to 5.
THRESHOLDS = {1: 30, 2: 45, 3: 60, 4: 70, 5: 80}


class Quality(enum.StrEnum):
    """What a sensor makes of a press: GOOD, or one of the troubles of `drivers.scanner.RetryReason`."""

    GOOD = "good"
    SMUDGED = "smudged"
    PARTIAL = "partial"
    DRY = "dry"
    WET = "wet"
    IMAGING = "imaging"
    RESIDUAL = "residual"


def ideal(name: str) -> int:
    """The features of the finger called `name`, without any noise."""
    return int.from_bytes(hashlib.shake_256(b"finger " + name.encode()).digest(FEATURE_BYTES))


def press(name: str, noise: random.Random) -> int:
    """The features of one press of the finger called `name`."""
    features = ideal(name)
    for bit in noise.sample(range(_BITS), noise.randint(*_NOISE)):
        features ^= 1 << bit
    return features


def merge(samples: list[int], noise: random.Random) -> int:
    """One set of features out of several: each bit as most samples have it, by chance where they are even."""
    merged = 0
    for bit in range(_BITS):
        votes = 2 * sum(sample >> bit & 1 for sample in samples) - len(samples)
        if votes > 0 or (votes == 0 and noise.getrandbits(1)):
            merged |= 1 << bit
    return merged


def score(one: int, other: int) -> int:
    """How alike two sets of features are: about 90 to 155 for one finger, 0 for two."""
    return max(0, round((_HOPELESS - (one ^ other).bit_count()) / _BITS_A_POINT))


def likeness(some: Iterable[int], others: Iterable[int]) -> int:
    """The best score among two collections of features; 0 if one of them is empty."""
    return max((score(one, other) for one in some for other in others), default=0)


def picture(features: int, width: int, height: int) -> bytes:
    """A picture of 4-bit pixels, two a byte, that changes with the features: ridges where the bits are set."""
    row_bytes = width // 2
    ridge = features.to_bytes(FEATURE_BYTES)
    rows = (
        bytes(ridge[(row // 8 + column // 4) % FEATURE_BYTES] for column in range(row_bytes)) for row in range(height)
    )
    return b"".join(rows)


@dataclass(slots=True)
class Glass:
    """What lies on the sensor: `finger` is a name, or None for nothing; `looks` counts captures since that last changed.

    With `ghosts` at n, every n-th look at an empty glass sees something, as under sunlight or with a weak supply; 0 is a sound sensor.
    """

    noise: random.Random
    finger: str | None = None
    quality: Quality = Quality.GOOD
    looks: int = 0
    ghosts: int = 0

    def place(self, name: str, quality: Quality = Quality.GOOD) -> None:
        """Put the finger called `name` on the glass, in place of any other."""
        self.finger, self.quality, self.looks = name, quality, 0

    def lift(self) -> None:
        """Take the finger away."""
        if self.finger is not None:
            self.finger, self.quality, self.looks = None, Quality.GOOD, 0

    def capture(self) -> int | None:
        """The features of a press, or None while the glass is empty. A ghost has nobody's, and too few of them: PARTIAL."""
        self.looks += 1
        if self.finger is not None:
            return press(self.finger, self.noise)
        if not self.ghosts or self.looks % self.ghosts:
            return None
        self.quality = Quality.PARTIAL
        return self.noise.getrandbits(_BITS)
