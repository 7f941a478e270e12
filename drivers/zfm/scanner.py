"""The driver for EF01 sensors: the contract of `drivers.scanner`, told in the sensor's commands."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from drivers.errors import DeviceError, ProtocolError
from drivers.link import Link
from drivers.scanner import (
    Capability,
    Comparison,
    EnrolStep,
    Hit,
    Identification,
    Image,
    Light,
    ScannerInfo,
    Template,
)
from drivers.wired import WiredScanner
from drivers.zfm import commands, templates
from drivers.zfm.capture import Capture
from drivers.zfm.codec import BROADCAST
from drivers.zfm.commands import CURES, meaning
from drivers.zfm.enrolment import Enrolment
from drivers.zfm.greeting import Greeting
from drivers.zfm.health import Health
from drivers.zfm.identity import identify_module, read_serial
from drivers.zfm.session import Session
from drivers.zfm.settings import require_level
from drivers.zfm.translation import LIGHT_COMMANDS, LIGHTS
from drivers.zfm.wire import Wire

# Scores below this are no hit, whatever the sensor's own level says. Users' hits lie between 80 and 142.
SCORE_FLOOR = 50
# Seconds for everything that `identify` does together.
_IDENTIFY = 2.0
# Bits on the line for each byte of a template that `match` sends, with those of the packets around it.
_BITS = 12
# Seconds for one handshake with a module that is awake.
_HEALTH = 0.5
# The notepad page that holds the tag.
_TAG_PAGE = 0
_TAG_SIZE = 32


class ZfmScanner(WiredScanner[Wire]):
    """An R307, R503 or one of their kin at `url`. `password` and `address` are as set in the module, and never changed by this driver.

    `open` takes three greetings of half a second and a quarter of a second for each other speed while nothing answers, and about ten
    exchanges once something does. It switches the light off, to see whether there is one, and raises DeviceError (code 13) at once for a
    wrong password.
    """

    no_slot = ("Store", commands.BAD_SLOT, meaning(commands.BAD_SLOT))
    # Every module leaves the factory with the first one, but for some of R503's relatives (115200).
    usual_speeds = (57600, 115200, 9600, 38400, 19200)
    all_speeds = (*usual_speeds, 28800, 48000, 67200, 76800, 86400, 96000, 105600)

    def __init__(
        self,
        url: str,
        *,
        baud: int | None = None,
        speeds: Iterable[int] | None = None,
        password: int = 0,
        address: int = BROADCAST,
        score_floor: int = SCORE_FLOOR,
        level: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        deadline_scale: float = 1.0,
    ) -> None:
        link = Link(url, baud=baud or self.usual_speeds[0], monotonic=monotonic)
        wire = Wire(link, address=address, monotonic=monotonic, deadline_scale=deadline_scale)
        super().__init__(wire, speeds=speeds, level=level)
        self._session = Session(wire, password=password)
        self._greeting = Greeting(link, wire, self._session, self._speeds)
        self._capture = Capture(self._session, score_floor=score_floor)
        self._health: Health | None = None

    @property
    def glitches(self) -> int:
        """See Scanner.glitches."""
        return super().glitches + self._wire.started

    def close(self) -> None:
        """See Scanner.close."""
        self._health = None
        super().close()

    def check(self) -> None:
        """See Scanner.check. Raises DeviceError (code 21) if the module restarted since it was opened, or is another one."""
        with self._wire.within(_HEALTH):
            self._opened.check()

    def identify(self) -> Identification:
        """See Scanner.identify: GenImg, Img2Tz and Search, and nothing between them."""
        with self._wire.within(_IDENTIFY):
            return self._capture.recognise()

    def confirm(self, hit: Hit) -> bool:
        """See Scanner.confirm: a Search over that slot alone, with the features that are still in buffer 1."""
        self._require_slot(hit.slot)
        with self._wire.within(_IDENTIFY):
            return self._capture.confirm(hit.slot)

    def verify(self, slot: int) -> Identification:
        """See Scanner.verify: a Search over one slot, which gives the same score as one over all."""
        self._require_slot(slot)
        with self._wire.within(_IDENTIFY):
            return self._capture.recognise(slot, 1)

    def match(self, template: Template) -> Comparison:
        """See Scanner.match: GenImg and Img2Tz, then DownChar into the other buffer, and Match.

        Takes as long as `identify`, and the template's time on the line. An R503 has one buffer for templates, whatever number
        it is given; the features come first, because it is not established whether Img2Tz leaves that buffer alone.
        """
        self._require_own(template)
        with self._wire.within(_IDENTIFY + len(template.data) * _BITS / self._link.baud):
            return self._capture.compare(template.data)

    def present(self) -> bool:
        """See Scanner.present."""
        return self._capture.present()

    def enrol(self, slot: int, samples: int = 2) -> Iterator[EnrolStep]:
        """See Scanner.enrol. Raises DeviceError for a slot or a number of samples that the model does not have, and for a used slot (22).

        Where the module merges different fingers without a word (R503), there is one press more: see `Enrolment`. After a LinkError in
        the middle, the slot may hold a template: delete it when the scanner is open again.
        """
        self._require_slot(slot)
        buffers = self._opened.profile.buffers
        if not 2 <= samples <= buffers:
            message = f"{self.info.model} merges 2 to {buffers} presses, not {samples}"
            raise DeviceError(message, command="RegModel", code=commands.BAD_SAMPLES)
        if self._session.is_used(slot):
            message = f"slot {slot} of {self.info.model}: {meaning(commands.SLOT_USED)}"
            raise DeviceError(message, command="Store", code=commands.SLOT_USED, cure=CURES[commands.SLOT_USED])
        return Enrolment(
            self._session, self._capture, slot, samples, blind_merge=self._opened.profile.blind_merge
        ).steps()

    def delete(self, slot: int) -> None:
        """See Scanner.delete. Deleting an empty slot is no error."""
        self._require_slot(slot)
        self._session.empty(slot)

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
        data = templates.export(self._session, slot, self.info.template_size)
        self._info = replace(self.info, template_size=len(data))
        return Template(self.info.model, data)

    def import_template(self, slot: int, template: Template) -> None:
        """See Scanner.import_template. Several models have templates of another size from one batch to the next."""
        self._require_slot(slot)
        self._require_own(template)
        size = templates.store(self._session, slot, template.data)
        self._info = replace(self.info, template_size=size)
        self._require_own(template)

    def read_serial(self) -> str | None:
        """See Scanner.read_serial. A module that told none is not asked again: the silence takes its time."""
        return self.info.serial and read_serial(self._session, self._opened.profile.dialect)

    def image(self) -> Image:
        """See Scanner.image. Raises DeviceError if no picture was taken since the last one was lost."""
        self._require(Capability.IMAGE)
        width, height = self._opened.profile.image or (0, 0)
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
        dialect = self._opened.profile.dialect
        self._session.exchange(LIGHT_COMMANDS[dialect], LIGHTS[dialect][light])

    def reset(self) -> None:
        """See Scanner.reset: SoftRst, then the speed and the parameters anew: other ones may have waited for it."""
        self._require(Capability.RESET)
        self._greeting.restart()
        self._health = Health(self._session, self._opened.profile)
        self._info = replace(self.info, security_level=self._session.level, baud=self._link.baud)

    @property
    def _opened(self) -> Health:
        if self._health is None:
            raise self._closed()
        return self._health

    def _introduced(self) -> ScannerInfo:
        self._greeting.find()
        found = identify_module(self._session)
        restart = self._greeting.restart if Capability.RESET in found.capabilities else None
        remarks = require_level(self._session, self._level, restart) if self._level else ()
        self._health = Health(self._session, found.profile)
        return ScannerInfo(
            family="zfm",
            model=found.profile.model,
            capacity=found.profile.capacity,
            slot_base=0,
            capabilities=found.capabilities,
            serial=found.serial,
            template_size=found.profile.template_size,
            security_level=self._session.level,
            baud=self._link.baud,
            remarks=remarks,
            dialect=found.profile.dialect.value,
        )
