"""The driver for F5 sensors: the contract of `drivers.scanner`, told in the sensor's commands.

The module waits for a finger by itself, and has no other way to look. It is set to give up after one look, so that `identify` on an
empty glass takes 0.2 to 0.3 seconds beside the line's 8 milliseconds at 19200, and a hit up to 1.3 by the data sheet. After a power cut
that it did not notice, `identify` may find the module's own wait too long and raise LinkTimeout; opening it again puts that right.

Left out: pictures (the manuals disagree on their size, and command 24 takes another one), sleep (only a pin wakes the module again),
and the templates of an SFM-V1.7, which have 8206 bytes and another way of sending them [C]: exporting one is a ProtocolError.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial

from drivers.errors import DeviceError, ProtocolError
from drivers.link import Link
from drivers.scanner import (
    Capability,
    Comparison,
    EnrolStep,
    Hit,
    Identification,
    NoFinger,
    NoMatch,
    Retry,
    RetryReason,
    Same,
    ScannerInfo,
    Template,
)
from drivers.speed import find_speed, persist
from drivers.waveshare import commands
from drivers.waveshare.commands import EIGENVALUE, FIRST_USER, LAST_USER, meaning
from drivers.waveshare.enrolment import PRESSES, Enrolment
from drivers.waveshare.session import Session
from drivers.waveshare.settings import read_serial, settle
from drivers.waveshare.wire import Wire
from drivers.wired import WiredScanner

# Seconds for everything that one look at the glass does together.
_LOOK = 2.0
# A module that just got power, or slept, may miss what comes first.
_GREETINGS = 3
# Seconds for one greeting at a speed that is only tried.
_GLANCE = 0.25


class WaveshareScanner(WiredScanner[Wire]):
    """A UART Fingerprint Reader or UART Fingerprint Sensor (C) at `url`. It has no scores: `score_floor` is without effect.

    `open` also sets the module's wait for a finger to its shortest, if it is longer.
    """

    no_slot = (commands.ADD_1.name, commands.NO_USER, "out of range")
    all_speeds = (19200, 9600, 38400, 57600, 115200)
    usual_speeds = (19200, 115200, 9600, 57600)

    def __init__(
        self,
        url: str,
        *,
        baud: int | None = None,
        speeds: Iterable[int] | None = None,
        score_floor: int | None = None,  # noqa: ARG002  every driver takes it; there is no score to hold against it
        level: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        deadline_scale: float = 1.0,
    ) -> None:
        link = Link(url, baud=baud or self.all_speeds[0], monotonic=monotonic)
        wire = Wire(link, monotonic=monotonic, deadline_scale=deadline_scale)
        super().__init__(wire, speeds=speeds, level=level)
        self._session = Session(wire)

    def check(self) -> None:
        """See Scanner.check."""
        self._session.count()

    def identify(self) -> Identification:
        """See Scanner.identify. On an empty glass it takes the module 0.2 to 0.3 seconds to say so; there is no quicker way."""
        with self._wire.within(_LOOK):
            user = self._session.compare_all()
        if user is None:
            return NoFinger()
        return Hit(user, None) if user else NoMatch()

    def confirm(self, hit: Hit) -> bool:
        """See Scanner.confirm: another picture, for the module keeps none. A finger that has left meanwhile contradicts nothing."""
        return self._compare(partial(self._session.compare_one, hit.slot)) in {commands.SUCCESS, commands.TIMEOUT}

    def verify(self, slot: int) -> Identification:
        """See Scanner.verify: two pictures, if the first is the finger; Retry, if the second is not."""
        self._require_user(slot)
        return self._twice(partial(self._session.compare_one, slot)) or Hit(slot, None)

    def match(self, template: Template) -> Comparison:
        """See Scanner.match: two pictures, if the first is the finger; Retry, if the second is not."""
        self._require_own(template)
        return self._twice(partial(self._session.compare_with, template.data)) or Same(None)

    def enrol(self, slot: int, samples: int = 2) -> Iterator[EnrolStep]:
        """See Scanner.enrol. There are always two presses, also where one is asked for, and a different finger on either is a MISMATCH.

        Raises DeviceError for a slot that is taken or that the model does not have, and for more samples than two. If the library turns
        out to be full (DeviceError, code 04), what it holds is `info.capacity` from then on. A `next` that finds a finger takes three
        pictures: see `Enrolment`. Between the presses there is no way to see the finger lifted. After a LinkError in the middle, the slot
        may hold a template: delete it when the scanner is open again.
        """
        self._require_slot(slot)
        if not 1 <= samples <= PRESSES:
            message = f"{self.info.model} merges {PRESSES} presses, not {samples}"
            raise DeviceError(message, command=commands.ADD_3.name, code=commands.FAIL)
        if self._session.is_user(slot):
            message = f"slot {slot} of {self.info.model}: {meaning(commands.USER_EXISTS)}"
            cure = commands.CURES[commands.USER_EXISTS]
            raise DeviceError(message, command=commands.ADD_1.name, code=commands.USER_EXISTS, cure=cure)
        return self._enrolled(slot)

    def delete(self, slot: int) -> None:
        """See Scanner.delete. Deleting an empty slot is no error."""
        self._require_user(slot)
        self._session.delete(slot)
        if self._session.is_user(slot):
            raise ProtocolError(f"{commands.DELETE.name}: slot {slot} was acknowledged, but is still there")

    def clear(self) -> None:
        """See Scanner.clear."""
        self._session.delete_all()
        if self._session.count():
            raise ProtocolError(f"{commands.DELETE_ALL.name} was acknowledged, but there are users left")

    def used(self) -> frozenset[int]:
        """See Scanner.used. Also tells users beyond the model's slots, whom only another program can have put there."""
        return self._session.users()

    def holds(self, slots: AbstractSet[int]) -> bool:
        """See Scanner.holds: by their number, since the list of them is long."""
        return self._session.count() == len(slots)

    def read_serial(self) -> str | None:
        """See Scanner.read_serial. A module that told none is not asked again; one that did is held to it: silence is an error."""
        return self.info.serial and read_serial(self._session)

    def export_template(self, slot: int) -> Template:
        """See Scanner.export_template. Raises DeviceError (code 05) for an empty slot."""
        self._require_user(slot)
        return Template(self.info.model, self._session.upload(slot))

    def import_template(self, slot: int, template: Template) -> None:
        """See Scanner.import_template: what was in the slot is deleted first. Raises UnsupportedError for another model's template.

        A library that turns out to be full changes `info.capacity`, as it does in `enrol`.
        """
        self._require_slot(slot)
        self._require_own(template)
        if self._session.is_user(slot):
            self.delete(slot)
        try:
            self._session.download(slot, template.data)
        except DeviceError as refused:
            # Whether a full library is told from any other failure is not established.
            self._learn(full=refused.code == commands.FULL or self._session.is_full(slot))
            raise
        if self._session.upload(slot) != template.data:
            raise ProtocolError(f"{commands.DOWNLOAD.name}: slot {slot} does not hold what was sent to it")

    def _greet(self) -> None:
        persist(self._session.count, _GREETINGS)

    def _glance(self) -> None:
        with self._wire.within(_GLANCE):
            self._session.count()

    def _introduced(self) -> ScannerInfo:
        find_speed(self._link, self._speeds, self._greet, self._glance)
        settings = settle(self._session, self._level)
        return ScannerInfo(
            family="waveshare",
            model=settings.profile.model,
            capacity=settings.capacity,
            slot_base=FIRST_USER,
            capabilities=Capability.TEMPLATES | Capability.VERIFY | Capability.MATCH,
            serial=settings.serial,
            template_size=EIGENVALUE,
            security_level=settings.level,
            baud=self._link.baud,
            remarks=settings.remarks,
        )

    def _compare(self, ask: Callable[[], int]) -> int:
        with self._wire.within(_LOOK):
            return ask()

    def _twice(self, ask: Callable[[], int]) -> NoMatch | NoFinger | Retry | None:
        """None, if it is the finger. One damaged bit, and one in the check byte, make 'done' of 'failed': so that has to come twice."""
        missed = _miss(self._compare(ask))
        if missed is not None or self._compare(ask) == commands.SUCCESS:
            return missed
        return Retry(RetryReason.UNCLEAR)

    def _enrolled(self, slot: int) -> Iterator[EnrolStep]:
        way = Enrolment(self._session, slot, lookup=self.identify, delete=self.delete, rest=self._wire.rest)
        try:
            yield from way.steps()
        except DeviceError as refused:
            self._learn(full=refused.code == commands.FULL)
            raise

    def _learn(self, *, full: bool) -> None:
        """If the library takes nobody any more, what it holds is what it can hold: see `settle`."""
        if full and (count := self._session.count()):
            self._info = replace(self.info, capacity=count)

    def _require_user(self, slot: int) -> None:
        """A slot that may hold something, if only by another program's doing."""
        self._require_slot(slot, LAST_USER)


def _miss(code: int) -> NoMatch | NoFinger | None:
    """What a comparison with one finger says when it was not that one. Of a bad picture the module says no more than of another finger."""
    if code == commands.TIMEOUT:
        return NoFinger()
    return None if code == commands.SUCCESS else NoMatch()
