"""The emulated sensor's fingers: pictures, features, templates and the search, with the quirks that users measured.

Working times are those of a published trace of a Synochip module, in seconds; Search grows with the templates it looks at.
"""

import random
from collections.abc import Callable

from drivers.emulation.fingers import THRESHOLDS, Glass, Quality, likeness, merge, picture, score
from drivers.emulation.flash import Flash, encode, unpack
from drivers.zfm import commands
from drivers.zfm.builds import Build, Quirk
from drivers.zfm.commands import OK, Dialect
from drivers.zfm.reply import Reply

_IMAGE, _NO_IMAGE = 0.188, 0.030
_EXTRACT = 0.300
_SEARCH, _SEARCH_EACH = 0.040, 0.0004
_MATCH, _STORE, _DELETE, _CLEAR = 0.028, 0.058, 0.066, 0.070

# What Img2Tz says of a bad picture. Codes 04, 05 and 17 exist in Synochip's dialect only: elsewhere a dry finger has too few points,
# and a wet one or an old print makes a mess.
_TROUBLE = {
    Quality.DRY: 0x07,
    Quality.WET: 0x06,
    Quality.SMUDGED: 0x06,
    Quality.PARTIAL: 0x07,
    Quality.RESIDUAL: 0x06,
}
# What GetImageEx says of any of them.
_TOO_FEW = 0x07
_SYNO_TROUBLE = _TROUBLE | {Quality.DRY: 0x04, Quality.WET: 0x05, Quality.RESIDUAL: 0x17}
# Where an R50x keeps the merged or loaded template, whatever buffer number the host gives.
_MODEL_BUFFER = 0
# An R50x answers "not found" with this page (published wire log).
_JUNK_PAGE = bytes.fromhex("01EE0000")


class Biometrics:
    """The part of the sensor that sees fingers. `level` is the security level in force; `receiving` the buffer that DownChar fills."""

    def __init__(self, build: Build, flash: Flash, glass: Glass, noise: random.Random) -> None:
        self.profile = build.profile
        self.quirks = build.quirks
        self.flash = flash
        self.glass = glass
        self.level = flash.registers.level
        self.receiving: int | None = None
        self._noise = noise
        self.reset()

    def reset(self) -> None:
        """Lose picture, features and buffers with the power."""
        self.receiving = None
        self._image: int | None = None
        self._quality = Quality.GOOD
        self._buffers: dict[int, bytes] = {}
        self._features: bytes | None = None
        self._downloaded: set[int] = set()

    @property
    def has_image(self) -> bool:
        """Whether the image buffer holds a picture."""
        return self._image is not None

    def table(self) -> dict[int, tuple[int, Callable[[bytes], Reply]]]:
        """Instruction -> the length of its fields, and what it does."""
        return {
            commands.GEN_IMG.code: (0, self._gen_img),
            commands.GET_ENROLL_IMAGE.code: (0, self._gen_img),
            commands.GET_IMAGE_EX.code: (0, self._get_image_ex),
            commands.IMG2TZ.code: (1, self._img2tz),
            commands.MATCH.code: (0, self._match),
            commands.SEARCH.code: (5, self._search),
            commands.REG_MODEL.code: (0, self._reg_model),
            commands.STORE.code: (3, self._store),
            commands.LOAD_CHAR.code: (3, self._load_char),
            commands.UP_CHAR.code: (1, self._up_char),
            commands.DOWN_CHAR.code: (1, self._down_char),
            commands.UP_IMAGE.code: (0, self._up_image),
            commands.DELET_CHAR.code: (4, self._delet_char),
            commands.EMPTY.code: (0, self._empty),
        }

    def download(self, data: bytes) -> None:
        """The data packets after DownChar are complete."""
        if self.receiving is None:
            return
        template = data[: self.flash.template_size].ljust(self.flash.template_size, b"\0")
        self._put(self.receiving, template)
        self._downloaded.add(self.receiving)
        self.receiving = None

    def _gen_img(self, _: bytes) -> Reply:
        if self.profile.one_buffer:
            # FPM#25: a new picture ruins the features that Search would use.
            self._features = None
        features = self.glass.capture()
        if features is None:
            return Reply(commands.NO_FINGER, work_s=_NO_IMAGE)
        self._image, self._quality = features, self.glass.quality
        return Reply(0x03 if self._quality is Quality.IMAGING else OK, work_s=_IMAGE)

    def _get_image_ex(self, fields: bytes) -> Reply:
        """GenImg, which also says of a picture that no features would be found in it."""
        taken = self._gen_img(fields)
        poor = taken.code == OK and self._quality in _TROUBLE
        return Reply(_TOO_FEW, work_s=taken.work_s) if poor else taken

    def _img2tz(self, fields: bytes) -> Reply:
        if self._image is None:
            return Reply(commands.NO_IMAGE)
        trouble = _SYNO_TROUBLE if self.profile.dialect is Dialect.SYNO else _TROUBLE
        code = trouble.get(self._quality, OK)
        if code == OK:
            if not 1 <= fields[0] <= self.profile.buffers:
                return Reply(commands.PACKET_ERROR)
            if self.profile.one_buffer and fields[0] == 1:
                self._buffers.clear()
            self._features = self._buffers[fields[0]] = encode(self._image, self.flash.template_size)
            self._downloaded.discard(fields[0])
        return Reply(code, work_s=_EXTRACT)

    def _match(self, _: bytes) -> Reply:
        one, other = (self._features, self._get(2)) if self.profile.one_buffer else (self._get(1), self._get(2))
        points = likeness(unpack(one or b""), unpack(other or b""))
        matched = points >= self._threshold
        return Reply(OK if matched else commands.NO_MATCH, (points if matched else 0).to_bytes(2), work_s=_MATCH)

    def _search(self, fields: bytes) -> Reply:
        buffer, start, count = fields[0], int.from_bytes(fields[1:3]), int.from_bytes(fields[3:5])
        if buffer in self._downloaded and Quirk.NO_SEARCH_AFTER_DOWNLOAD in self.quirks:
            return Reply(commands.PACKET_ERROR)
        if self.profile.dialect is Dialect.SYNO and not self.flash.used:
            return Reply(commands.LIBRARY_EMPTY, bytes(4))
        template = self._features if self.profile.one_buffer else self._buffers.get(buffer)
        features = unpack(template or b"")
        slots = [slot for slot in self.flash.used if start <= slot < start + count]
        points, slot = max(((self.flash.score(slot, *features), slot) for slot in slots), default=(0, 0))
        work_s = _SEARCH + _SEARCH_EACH * len(slots)
        if points < self._threshold:
            return Reply(commands.NOT_FOUND, _JUNK_PAGE if self.profile.one_buffer else bytes(4), work_s=work_s)
        return Reply(OK, slot.to_bytes(2) + points.to_bytes(2), work_s=work_s)

    def _reg_model(self, _: bytes) -> Reply:
        samples = [template for buffer, template in sorted(self._buffers.items()) if buffer != _MODEL_BUFFER]
        fingers = self._apart([features for template in samples for features in unpack(template)])
        if len(samples) < 2 or not fingers or (len(fingers) > 1 and not self.profile.blind_merge):
            return Reply(commands.MISMATCH)
        # Adafruit #104, #120: an R503 merges different fingers without a word. What it makes of them is not established; here
        # it is the worst: one template that all of them match.
        merged = encode(fingers[0], self.flash.template_size, *fingers[1:])
        for buffer in (_MODEL_BUFFER,) if self.profile.one_buffer else (1, 2):
            self._buffers[buffer] = merged
        return Reply()

    def _apart(self, samples: list[int]) -> list[int]:
        """The features of each finger among the samples, merged from those that are alike."""
        fingers: list[list[int]] = []
        for sample in samples:
            same = next((known for known in fingers if score(known[0], sample) >= self._threshold), None)
            if same is None:
                fingers.append([sample])
            else:
                same.append(sample)
        return [merge(known, self._noise) for known in fingers]

    def _store(self, fields: bytes) -> Reply:
        slot, template = int.from_bytes(fields[1:3]), self._get(fields[0])
        if slot >= self.profile.capacity:
            return Reply(commands.BAD_SLOT)
        if template is None:
            return Reply(commands.PACKET_ERROR)
        self.flash.write(slot, template)
        return Reply(work_s=_STORE)

    def _load_char(self, fields: bytes) -> Reply:
        slot = int.from_bytes(fields[1:3])
        template = self.flash.read(slot) if slot < self.profile.capacity else None
        if template is None:
            return Reply(commands.BAD_TEMPLATE if slot < self.profile.capacity else commands.BAD_SLOT)
        self._put(fields[0], template)
        return Reply()

    def _up_char(self, fields: bytes) -> Reply:
        template = self._get(fields[0])
        return Reply(0x0D) if template is None else Reply(transfer=template)

    def _down_char(self, fields: bytes) -> Reply:
        self.receiving = fields[0]
        return Reply()

    def _up_image(self, _: bytes) -> Reply:
        if self._image is None or self.profile.image is None:
            return Reply(0x0F)
        return Reply(transfer=picture(self._image, *self.profile.image))

    def _delet_char(self, fields: bytes) -> Reply:
        start, count = int.from_bytes(fields[0:2]), int.from_bytes(fields[2:4])
        if start + count > self.profile.capacity:
            return Reply(0x10)
        for slot in range(start, start + count):
            self.flash.erase(slot)
        return Reply(work_s=_DELETE)

    def _empty(self, _: bytes) -> Reply:
        for slot in self.flash.used:
            self.flash.erase(slot)
        return Reply(work_s=_CLEAR)

    @property
    def _threshold(self) -> int:
        return THRESHOLDS[self.level]

    def _get(self, buffer: int) -> bytes | None:
        return self._buffers.get(_MODEL_BUFFER if self.profile.one_buffer else buffer)

    def _put(self, buffer: int, template: bytes) -> None:
        self._buffers[_MODEL_BUFFER if self.profile.one_buffer else buffer] = template
        self._downloaded.discard(buffer)
