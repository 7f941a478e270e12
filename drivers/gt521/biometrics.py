"""The emulated sensor's fingers: pictures, the three-step enrolment, the library and templates on their way in and out.

Working times are guesses within what the datasheet promises: under 3 s for an enrolment of three presses, under 1 s to identify one
finger of 200.
"""

import random
from collections.abc import Callable

from drivers.emulation.fingers import THRESHOLDS, Glass, Quality, merge, picture, score
from drivers.emulation.flash import Flash, encode, unpack
from drivers.gt521 import commands
from drivers.gt521.commands import IMAGE, TEMPLATE_SIZE, UNCHECKED
from drivers.gt521.reply import QUICK, Reply, refusal

_CAPTURE, _CAPTURE_BEST = 0.2, 0.4
_EXTRACT, _SEARCH_EACH, _STORE, _CLEAR = 0.2, 0.0002, 0.06, 0.3

_NOWHERE = 0xFFFFFFFF


class Biometrics:
    """The part of the sensor that sees fingers. `lit` tells whether its light is on: without, it is blind."""

    def __init__(self, flash: Flash, glass: Glass, noise: random.Random) -> None:
        self.flash = flash
        self.glass = glass
        self._noise = noise
        self.reset()

    def reset(self) -> None:
        """Lose light, picture and a half-done enrolment with the power."""
        self.lit = False
        self._image: int | None = None
        self._good = False
        self._enrolling: int | None = None
        self._samples: list[int] = []
        self._receiving = 0

    def table(self) -> dict[int, Callable[[int], Reply]]:
        """Command -> what it does with its parameter."""
        return {
            commands.GET_ENROLL_COUNT.code: lambda _: Reply(len(self.flash.used)),
            commands.CHECK_ENROLLED.code: lambda slot: self._empty(slot) or Reply(),
            commands.ENROLL_START.code: self._enroll_start,
            **{row.code: self._enroll(press) for press, row in enumerate(commands.ENROLL, 1)},
            # 0 is "pressed". What the sensor answers besides is "a nonzero value".
            commands.IS_PRESS_FINGER.code: lambda _: Reply(0 if self._sees() else commands.FINGER_IS_NOT_PRESSED),
            commands.DELETE_ID.code: self._delete_id,
            commands.DELETE_ALL.code: self._delete_all,
            commands.VERIFY.code: self._verify,
            commands.IDENTIFY.code: self._identify,
            commands.CAPTURE_FINGER.code: self._capture_finger,
            commands.MAKE_TEMPLATE.code: self._make_template,
            commands.GET_IMAGE.code: self._get_image,
            commands.GET_TEMPLATE.code: lambda slot: self._empty(slot) or Reply(data=self.flash.read(slot)),
            commands.SET_TEMPLATE.code: self._set_template,
        }

    def take(self, template: bytes) -> Reply:
        """The data packet after SetTemplate has come."""
        slot = self._receiving & 0xFFFF
        same = None if self._receiving & UNCHECKED else self._found(*unpack(template))
        if same is not None:
            return refusal(same)
        self.flash.write(slot, template)
        return Reply(work_s=_STORE)

    def _sees(self) -> bool:
        return self.lit and self.glass.finger is not None

    def _capture_finger(self, best: int) -> Reply:
        features = self.glass.capture() if self.lit else None
        if features is None:
            return refusal(commands.FINGER_IS_NOT_PRESSED)
        self._image, self._good = features, self.glass.quality is Quality.GOOD
        return Reply(work_s=_CAPTURE_BEST if best else _CAPTURE)

    def _enroll_start(self, parameter: int) -> Reply:
        # Slot -1 gives the template to the host instead of the flash.
        slot = parameter if parameter != _NOWHERE else -1
        if slot >= 0:
            if len(self.flash.used) >= self.flash.capacity:
                return refusal(commands.DB_IS_FULL)
            if slot >= self.flash.capacity:
                return refusal(commands.INVALID_POS)
            if slot in self.flash.used:
                return refusal(commands.IS_ALREADY_USED)
        self._enrolling, self._samples, self._image = slot, [], None
        return Reply()

    def _enroll(self, press: int) -> Callable[[int], Reply]:
        def enroll(_: int) -> Reply:
            if self._enrolling is None or len(self._samples) != press - 1:
                return refusal(commands.TURN_ERR)
            features, self._image = self._image, None
            if features is None or not self._good:
                return refusal(commands.BAD_FINGER, _EXTRACT)
            if self._samples and score(features, self._samples[0]) < self._threshold:
                self._enrolling = None
                return refusal(commands.ENROLL_FAILED, _EXTRACT)
            self._samples.append(features)
            return Reply(work_s=_EXTRACT) if press < len(commands.ENROLL) else self._merged(self._enrolling)

        return enroll

    def _merged(self, slot: int) -> Reply:
        features = merge(self._samples, self._noise)
        self._enrolling = None
        same = self._found(features) if slot >= 0 else None
        if same is not None:
            return refusal(same, _EXTRACT)
        template = encode(features, TEMPLATE_SIZE)
        if slot < 0:
            return Reply(data=template, work_s=_EXTRACT)
        self.flash.write(slot, template)
        return Reply(work_s=_EXTRACT + _STORE)

    def _identify(self, _: int) -> Reply:
        if self._image is None or not self._good:
            return refusal(commands.BAD_FINGER, _EXTRACT)
        if not self.flash.used:
            return refusal(commands.DB_IS_EMPTY)
        work_s = _EXTRACT + _SEARCH_EACH * len(self.flash.used)
        slot = self._found(self._image)
        return refusal(commands.IDENTIFY_FAILED, work_s) if slot is None else Reply(slot, work_s=work_s)

    def _verify(self, slot: int) -> Reply:
        empty = self._empty(slot)
        if empty is not None:
            return empty
        if self._image is None or not self._good:
            return refusal(commands.BAD_FINGER, _EXTRACT)
        alike = self.flash.score(slot, self._image) >= self._threshold
        return Reply(work_s=_EXTRACT) if alike else refusal(commands.VERIFY_FAILED, _EXTRACT)

    def _make_template(self, _: int) -> Reply:
        if self._image is None or not self._good:
            return refusal(commands.BAD_FINGER, _EXTRACT)
        return Reply(data=encode(self._image, TEMPLATE_SIZE), work_s=_EXTRACT)

    def _get_image(self, _: int) -> Reply:
        if self._image is None:
            return refusal(commands.FINGER_IS_NOT_PRESSED)
        pairs = picture(self._image, *IMAGE)
        return Reply(data=bytes(level for pair in pairs for level in ((pair >> 4) * 17, (pair & 15) * 17)))

    def _set_template(self, parameter: int) -> Reply:
        if parameter & 0xFFFF >= self.flash.capacity:
            return refusal(commands.INVALID_POS)
        self._receiving = parameter
        return Reply(expects=TEMPLATE_SIZE)

    def _delete_id(self, slot: int) -> Reply:
        empty = self._empty(slot)
        if empty is not None:
            return empty
        self.flash.erase(slot)
        return Reply(work_s=_STORE)

    def _delete_all(self, _: int) -> Reply:
        if not self.flash.used:
            return refusal(commands.DB_IS_EMPTY)
        for slot in self.flash.used:
            self.flash.erase(slot)
        return Reply(work_s=_CLEAR)

    def _empty(self, slot: int) -> Reply | None:
        """The refusal for a slot without template, or None if it has one."""
        if slot >= self.flash.capacity:
            return refusal(commands.INVALID_POS)
        return None if slot in self.flash.used else refusal(commands.IS_NOT_USED, QUICK)

    @property
    def _threshold(self) -> int:
        return THRESHOLDS[self.flash.registers.level]

    def _found(self, *features: int) -> int | None:
        points, slot = max(((self.flash.score(slot, *features), slot) for slot in self.flash.used), default=(0, -1))
        return slot if points >= self._threshold else None
