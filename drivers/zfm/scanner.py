"""The driver for EF01 sensors: the contract of `drivers.scanner`, told in the sensor's commands."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from drivers.errors import DeviceError, LinkLost, LinkTimeout, ProtocolError, ScannerError, UnsupportedError
from drivers.link import Link
from drivers.scanner import (
    Capability,
    EnrolStep,
    Hit,
    Identification,
    Image,
    Light,
    NoFinger,
    NoMatch,
    Retry,
    Scanner,
    ScannerInfo,
    Template,
)
from drivers.zfm import commands
from drivers.zfm.codec import BROADCAST
from drivers.zfm.commands import Profile, meaning, profile_of
from drivers.zfm.enrolment import enrol
from drivers.zfm.session import Session
from drivers.zfm.translation import LIGHTS, RETRY_REASONS, capabilities_of
from drivers.zfm.wire import Wire

# Scores below this are no hit, whatever the sensor's own level says. Users' hits lie between 80 and 142.
SCORE_FLOOR = 50
# Seconds for everything that `identify` does together.
_IDENTIFY = 2.0
# A module that just got power says 55 after 50 to 200 ms, with junk before it, and hears nothing until then.
_GREETINGS = 3
# The notepad page that holds the tag.
_TAG_PAGE = 0
_TAG_SIZE = 32


class ZfmScanner(Scanner):
    """An R307, R503 or one of their kin at `url`.

    `baud` in bits a second; `password` and `address` as set in the module (never changed by this driver). A match scoring below
    `score_floor` is NoMatch. `deadline_scale` multiplies all time-outs, for tests and very slow lines.
    """

    def __init__(
        self,
        url: str,
        *,
        baud: int = 57600,
        password: int = 0,
        address: int = BROADCAST,
        score_floor: int = SCORE_FLOOR,
        monotonic: Callable[[], float] = time.monotonic,
        deadline_scale: float = 1.0,
    ) -> None:
        self._link = Link(url, baud=baud, monotonic=monotonic)
        self._wire = Wire(self._link, address=address, monotonic=monotonic, deadline_scale=deadline_scale)
        self._session = Session(self._wire, password=password)
        self._score_floor = score_floor
        self._info: ScannerInfo | None = None
        self._profile: Profile | None = None

    def open(self) -> ScannerInfo:
        """See Scanner.open. Takes at most three greetings of half a second beyond the time of ReadSysPara."""
        self.close()
        self._link.open()
        try:
            self._greet()
            self._profile, self._info = self._identity()
        except ScannerError:
            self.close()
            raise
        return self._info

    def close(self) -> None:
        """See Scanner.close."""
        self._info = None
        self._link.close()

    @property
    def info(self) -> ScannerInfo:
        """See Scanner.info."""
        if self._info is None:
            raise LinkLost(f"{self._link.url} is not open", port=self._link.url, cure="Open the scanner first.")
        return self._info

    @property
    def glitches(self) -> int:
        """See Scanner.glitches."""
        return self._wire.damaged + self._wire.foreign + self._wire.stale

    def check(self) -> None:
        """See Scanner.check."""
        self._session.verifyPassword()

    def identify(self) -> Identification:
        """See Scanner.identify: GenImg, Img2Tz and Search, and nothing between them."""
        return self._recognise(self._session.search)

    def verify(self, slot: int) -> Identification:
        """See Scanner.verify: a Search over one slot, which gives the same score as one over all."""
        self._require_slot(slot)
        return self._recognise(lambda: self._session.search(start=slot, count=1))

    def present(self) -> bool:
        """See Scanner.present."""
        try:
            return bool(self._session.readImage())
        except DeviceError as refused:
            # Something is there, if only a picture of it could not be taken.
            if refused.code in RETRY_REASONS:
                return True
            raise

    def enrol(self, slot: int, samples: int = 2) -> Iterator[EnrolStep]:
        """See Scanner.enrol. Raises DeviceError for a slot or a number of samples that the model does not have.

        An R503 also merges presses of two different fingers; recognise the finger once more before believing it.
        """
        self._require_slot(slot)
        if not 2 <= samples <= self._model.buffers:
            message = f"{self.info.model} merges 2 to {self._model.buffers} presses, not {samples}"
            raise DeviceError(message, command="RegModel", code=commands.BAD_SAMPLES)
        return enrol(self._session, slot, samples, capture=self._capture, lookup=self._lookup)

    def delete(self, slot: int) -> None:
        """See Scanner.delete. Deleting an empty slot is no error."""
        self._require_slot(slot)
        self._session.deleteTemplate(slot)
        if self._session.is_used(slot):
            raise ProtocolError(f"DeletChar: slot {slot} was acknowledged, but its index bit is still set")

    def clear(self) -> None:
        """See Scanner.clear."""
        self._session.clearDatabase()
        if self._session.used_slots():
            raise ProtocolError("Empty was acknowledged, but the index table is not empty")

    def used(self) -> frozenset[int]:
        """See Scanner.used."""
        return self._session.used_slots()

    def export_template(self, slot: int) -> Template:
        """See Scanner.export_template. Raises DeviceError (code 0C) for an empty slot."""
        self._require_slot(slot)
        data = self._session.read_template(slot)
        # Without a size to hold it against, a lost packet would go unnoticed: the first template is read twice.
        complete = (
            len(data) == self.info.template_size
            if self.info.template_size
            else self._session.read_template(slot) == data
        )
        if not data or not complete:
            raise ProtocolError(f"UpChar: only {len(data)} bytes came, or not the same ones twice")
        self._info = replace(self.info, template_size=len(data))
        return Template(self.info.model, data)

    def import_template(self, slot: int, template: Template) -> None:
        """See Scanner.import_template. Raises UnsupportedError for another model's template."""
        self._require_slot(slot)
        if template.model != self.info.model:
            raise UnsupportedError(f"a template of model {template.model} means nothing to {self.info.model}")
        expected = self.info.template_size or len(template.data)
        if not template.data or len(template.data) != expected:
            raise UnsupportedError(f"a template of {self.info.model} has {expected} bytes, not {len(template.data)}")
        self._session.write_template(slot, template.data)
        if not self._session.is_used(slot) or self._session.read_template(slot) != template.data:
            raise ProtocolError(f"DownChar: slot {slot} does not hold what was sent to it")

    def image(self) -> Image:
        """See Scanner.image. Raises DeviceError if no picture was taken since the last one was lost."""
        if self._model.image is None:
            raise UnsupportedError(f"the size of {self.info.model}'s picture is not known")
        width, height = self._model.image
        packed = self._session.read_image()
        if len(packed) * 2 != width * height:
            raise ProtocolError(f"UpImage: {len(packed)} bytes came of {width * height // 2}")
        # 4 bits a pixel, stretched to 0..255.
        return Image(width, height, bytes(level for byte in packed for level in ((byte >> 4) * 17, (byte & 15) * 17)))

    def read_tag(self) -> bytes:
        """See Scanner.read_tag."""
        self._require(Capability.TAG)
        return self._session.read_notepad(_TAG_PAGE)

    def write_tag(self, tag: bytes) -> None:
        """See Scanner.write_tag. Raises ValueError unless `tag` has 32 bytes, ProtocolError if it does not read back."""
        self._require(Capability.TAG)
        if len(tag) != _TAG_SIZE:
            raise ValueError(f"a tag has {_TAG_SIZE} bytes, not {len(tag)}")
        self._session.write_notepad(_TAG_PAGE, tag)
        if self._session.read_notepad(_TAG_PAGE) != tag:
            raise ProtocolError("WriteNotepad: the page does not hold what was written")

    def signal(self, light: Light) -> None:
        """See Scanner.signal."""
        self._require(Capability.LIGHT)
        self._session.light(*LIGHTS[light])

    @property
    def _model(self) -> Profile:
        if self._profile is None or self._info is None:
            raise LinkLost(f"{self._link.url} is not open", port=self._link.url, cure="Open the scanner first.")
        return self._profile

    def _greet(self) -> None:
        for _ in range(_GREETINGS - 1):
            try:
                self._session.verifyPassword()
            except (LinkTimeout, ProtocolError):
                continue
            return
        self._session.verifyPassword()

    def _identity(self) -> tuple[Profile, ScannerInfo]:
        """ReadSysPara's answer has a shape of its own: with it, no answer from before this opening can still be on its way."""
        _, system_id, capacity, level, *_ = self._session.learn()
        profile = profile_of(system_id, capacity)
        # Only a model known to speak Grow's dialect may be asked: elsewhere the same code switches a light.
        product = self._session.read_product() if profile.grow else None
        return profile, ScannerInfo(
            family="zfm",
            model=profile.model,
            capacity=capacity,
            slot_base=0,
            capabilities=capabilities_of(profile),
            serial=product.serial if product else None,
            template_size=product.template_size if product else profile.template_size,
            security_level=level,
        )

    def _recognise(self, search: Callable[[], Hit | None]) -> Identification:
        with self._wire.within(_IDENTIFY):
            trouble = self._capture(1)
            if trouble is not None:
                return trouble
            hit = self._accepted(search)
        return NoMatch() if hit is None else hit

    def _capture(self, buffer: int) -> NoFinger | Retry | None:
        """Take one picture and extract its features into `buffer`; None means that they are there."""
        try:
            if not self._session.readImage():
                return NoFinger()
            self._session.extract(buffer)
        except DeviceError as refused:
            reason = RETRY_REASONS.get(refused.code)
            if reason is None:
                raise
            return Retry(reason)
        return None

    def _lookup(self, buffer: int) -> Hit | None:
        return self._accepted(lambda: self._session.search(buffer))

    def _accepted(self, search: Callable[[], Hit | None]) -> Hit | None:
        """The hit, if its score reaches the floor."""
        try:
            hit = search()
        except DeviceError as refused:
            if refused.code == commands.LIBRARY_EMPTY:
                return None
            raise
        return hit if hit is not None and (hit.score or 0) >= self._score_floor else None

    def _require(self, capability: Capability) -> None:
        if capability not in self.info.capabilities:
            raise UnsupportedError(f"{self.info.model} has no {(capability.name or '').lower()}")

    def _require_slot(self, slot: int) -> None:
        if not 0 <= slot < self.info.capacity:
            message = f"slot {slot} of {self.info.model}: {meaning(commands.BAD_SLOT)}, 0 to {self.info.capacity - 1}"
            raise DeviceError(message, command="Store", code=commands.BAD_SLOT)
