"""The emulated sensor's fingers: looks at the glass, enrolments and comparisons. Every look waits for a finger, if need be.

Working times in seconds: a look takes the manual's T0 of 0.2 to 0.3, the rest is assumed within the data sheet's half seconds.
"""

import math
import random
from collections.abc import Callable

from drivers.emulation.fingers import Glass, Quality, likeness, merge, picture, score
from drivers.emulation.flash import encode, unpack
from drivers.waveshare import commands
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import EIGENVALUE, FAIL, NO_USER, PREFIX, SUCCESS, TIMEOUT
from drivers.waveshare.library import Library
from drivers.waveshare.reply import Reply, ack, long, short, waiting

_T0, _EXTRACT, _SEARCH, _SEARCH_EACH, _STORE = 0.25, 0.25, 0.040, 0.0008, 0.058
_LOOK = _T0 + _EXTRACT
# The least likeness that is a match at level 0, and what each level asks more.
_LAX, _A_LEVEL = 30, 6
_PICTURE = (140, 140)

# What a command does with the features of a finger: None if the picture has too few of them.
Seen = Callable[[Packet, int | None], Reply]


class Biometrics:
    """The part of the sensor that sees fingers. `level`, `unique` (duplicates are refused) and `wait` (in T0) are its settings."""

    def __init__(self, library: Library, glass: Glass, noise: random.Random, *, level: int) -> None:
        self.library = library
        self.level = level
        self.unique = True
        self.wait = 1
        self._glass = glass
        self._noise = noise
        self.reset()

    def reset(self) -> None:
        """Lose the pictures taken with the power."""
        self._user: tuple[int, int] = (0, 0)
        self._samples: list[int] = []

    def table(self) -> dict[int, Callable[[Packet], Reply]]:
        """Code -> what it does."""
        seeing: dict[int, Seen] = {
            commands.COMPARE_1_1.code: self._compare_one,
            commands.COMPARE_1_N.code: self._compare_all,
            commands.ACQUIRE.code: self._acquire,
            commands.ACQUIRE_IMAGE.code: self._acquire_image,
            commands.DOWNLOAD_COMPARE.code: self._compare_with,
        }
        looks = {code: self._looking(seen) for code, seen in seeing.items()}
        adding = {
            commands.ADD_1.code: self._add_first,
            commands.ADD_2.code: self._add_more,
            commands.ADD_3.code: self._add_more,
        }
        downloads = {
            commands.DOWNLOAD_COMPARE_1_1.code: self._match_one,
            commands.DOWNLOAD_COMPARE_1_N.code: self._match_all,
        }
        return {**looks, **adding, **downloads}

    def _looking(self, seen: Seen) -> Callable[[Packet], Reply]:
        def look(asked: Packet) -> Reply:
            # That another picture than the next one of an enrolment takes the place of those before is assumed: it is the worse case.
            self._samples = []
            return self._look(asked, seen)

        return look

    def _look(self, asked: Packet, seen: Seen) -> Reply:
        features = self._glass.capture()
        if features is None:
            # With 0 the module waits for ever.
            return waiting(ack(asked, TIMEOUT), self.wait * _T0 or math.inf)
        return seen(asked, features if self._glass.quality is Quality.GOOD else None)

    def _add_first(self, asked: Packet) -> Reply:
        user, permission = int.from_bytes(asked.fields[:2]), asked.fields[2]
        if not commands.FIRST_USER <= user <= commands.LAST_USER or permission not in commands.PERMISSIONS:
            return ack(asked, FAIL)
        if self.library.full:
            return ack(asked, commands.FULL)
        if self.library.permission(user) is not None:
            return ack(asked, commands.USER_EXISTS)
        self._user, self._samples = (user, permission), []
        return self._look(asked, self._sample)

    def _add_more(self, asked: Packet) -> Reply:
        """Steps 02 and 03, for the same user and in this order. That others fail, and failures may be repeated, is assumed."""
        same = (int.from_bytes(asked.fields[:2]), asked.fields[2]) == self._user
        if not same or len(self._samples) != asked.code - commands.ADD_1.code:
            return ack(asked, FAIL)
        return self._look(asked, self._sample)

    def _sample(self, asked: Packet, features: int | None) -> Reply:
        if features is None:
            return ack(asked, FAIL, _LOOK)
        self._samples.append(features)
        if asked.code != commands.ADD_3.code:
            return ack(asked, SUCCESS, _LOOK)
        samples, self._samples = self._samples, []
        if self.unique and self.library.best(*samples)[1] >= self._threshold:
            return ack(asked, commands.FINGER_EXISTS, _LOOK)
        self.library.put(*self._user, self._merged(samples))
        return ack(asked, SUCCESS, _LOOK + _STORE)

    def _merged(self, samples: list[int]) -> bytes:
        """One template of all samples.

        Whether the module refuses those of different fingers is not established. Here it is the worst: a template that both match.
        """
        first, other = samples[0], min(samples, key=lambda sample: score(samples[0], sample))
        if score(first, other) < self._threshold:
            return encode(first, EIGENVALUE, other)
        return encode(merge(samples, self._noise), EIGENVALUE)

    def _compare_one(self, asked: Packet, features: int | None) -> Reply:
        user = int.from_bytes(asked.fields[:2])
        alike = features is not None and self.library.score(user, features) >= self._threshold
        return ack(asked, SUCCESS if alike else FAIL, _LOOK + _SEARCH)

    def _compare_all(self, asked: Packet, features: int | None) -> Reply:
        return self._found(asked, () if features is None else (features,), _LOOK)

    def _compare_with(self, asked: Packet, features: int | None) -> Reply:
        alike = features is not None and likeness((features,), unpack(asked.data[PREFIX:])) >= self._threshold
        return ack(asked, SUCCESS if alike else FAIL, _LOOK + _SEARCH)

    def _acquire(self, asked: Packet, features: int | None) -> Reply:
        if features is None:
            return ack(asked, FAIL, _LOOK)
        return long(asked, bytes(PREFIX) + encode(features, EIGENVALUE), _LOOK)

    def _acquire_image(self, asked: Packet, features: int | None) -> Reply:
        return ack(asked, FAIL, _T0) if features is None else long(asked, picture(features, *_PICTURE), _T0)

    def _match_one(self, asked: Packet) -> Reply:
        user = int.from_bytes(asked.data[:2])
        alike = self.library.score(user, *unpack(asked.data[PREFIX:])) >= self._threshold
        return ack(asked, SUCCESS if alike else FAIL, _SEARCH)

    def _match_all(self, asked: Packet) -> Reply:
        return self._found(asked, unpack(asked.data[PREFIX:]))

    def _found(self, asked: Packet, features: tuple[int, ...], look_s: float = 0.0) -> Reply:
        """The answer of a search: user and permission. A bad picture is nobody's: its answer has no place for a failure."""
        user, score = self.library.best(*features)
        work_s = look_s + _SEARCH + _SEARCH_EACH * len(self.library.users)
        if score < self._threshold:
            return ack(asked, NO_USER, work_s)
        return short(asked, user.to_bytes(2) + bytes((self.library.permission(user) or 0,)), work_s)

    @property
    def _threshold(self) -> int:
        return _LAX + _A_LEVEL * self.level
