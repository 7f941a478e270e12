"""The driver for GT-511 and GT-521F sensors: the contract of `drivers.scanner`, told in the sensor's commands."""

import contextlib
import dataclasses
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet

from drivers.errors import DeviceError, ProtocolError, ScannerError
from drivers.gt521 import commands
from drivers.gt521.commands import IMAGE, SPEEDS, meaning
from drivers.gt521.enrolment import enrol
from drivers.gt521.identity import hasten, learn
from drivers.gt521.session import Session
from drivers.gt521.wire import Wire
from drivers.link import Link
from drivers.scanner import (
    Capability,
    EnrolStep,
    Hit,
    Identification,
    Image,
    NoMatch,
    Retry,
    ScannerInfo,
    Template,
)
from drivers.speed import find_speed
from drivers.wired import WiredScanner

# Seconds for everything that `open`, `identify` and `check` do together.
_OPEN, _IDENTIFY, _CHECK = 5.5, 2.0, 0.5


class Gt521Scanner(WiredScanner[Wire]):
    """A GT-511C3, GT-521F52 or one of their kin at `url`. It has no scores: `score_floor` is without effect.

    The sensor always wakes at 9600 bits a second. `open` raises that to 115200, so that the sensor's answers take no longer than its
    thinking. It keeps that until it loses its power: both are looked for every time, first the one that the line had last.
    """

    no_slot = ("CheckEnrolled", commands.INVALID_POS, meaning(commands.INVALID_POS))
    all_speeds = SPEEDS
    usual_speeds = SPEEDS[:2]

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
        link = Link(url, baud=baud or SPEEDS[0], monotonic=monotonic)
        wire = Wire(link, monotonic=monotonic, deadline_scale=deadline_scale)
        super().__init__(wire, speeds=speeds, level=level)
        self._session = Session(wire)
        # Where `used` looks first: only the order depends on it.
        self._usual: frozenset[int] = frozenset()

    def close(self) -> None:
        """See Scanner.close. Turns the light off, if the line still works."""
        with contextlib.suppress(ScannerError):
            self._session.darken()
        super().close()

    def check(self) -> None:
        """See Scanner.check."""
        with self._wire.within(_CHECK):
            self._wire.synchronise()

    def identify(self) -> Identification:
        """See Scanner.identify. On an empty glass, two short questions; the light stays on, since the sensor sees by it."""
        return self._recognise(lambda: self._session.identify(self.info.capacity))

    def confirm(self, hit: Hit) -> bool:
        """See Scanner.confirm: the picture, which the sensor still has, against that slot alone."""
        with self._wire.within(_IDENTIFY):
            return self._session.verify(hit.slot) == hit

    def verify(self, slot: int) -> Identification:
        """See Scanner.verify. One damaged bit, and one in the sum, make an ACK of a NACK: so the picture is compared twice."""
        self._require_slot(slot)
        return self._recognise(lambda: self._twice(slot))

    def present(self) -> bool:
        """See Scanner.present."""
        return self._session.pressed()

    def enrol(self, slot: int, samples: int = 2) -> Iterator[EnrolStep]:
        """See Scanner.enrol. The sensor wants three presses, whatever less was asked for; `slot` has to be empty.

        Raises DeviceError for a slot that the model does not have, for one in use (at the first step), and for other numbers of samples.
        """
        self._require_slot(slot)
        presses = len(commands.ENROLL)
        if not 2 <= samples <= presses:
            message = f"{self.info.model} merges {presses} presses, not {samples}"
            raise DeviceError(message, command="Enroll3", code=commands.INVALID_PARAM)
        return enrol(self._session, slot, self.info.capacity)

    def delete(self, slot: int) -> None:
        """See Scanner.delete. Deleting an empty slot is no error."""
        self._require_slot(slot)
        before = self._wire.mark()
        self._session.delete(slot)
        if self._session.is_used(slot):
            raise ProtocolError(f"DeleteID: slot {slot} was acknowledged, but is still used")
        self._wire.in_step(before)

    def clear(self) -> None:
        """See Scanner.clear."""
        before = self._wire.mark()
        self._session.delete_all()
        if self._session.count():
            raise ProtocolError("DeleteAll was acknowledged, but the library is not empty")
        self._wire.in_step(before)

    def used(self) -> frozenset[int]:
        """See Scanner.used. One question a slot: first those used the last time, then the others in order, until all are found."""
        before = self._wire.mark()
        expected, found = self._session.count(), set[int]()
        for slot in itertools.chain(self._usual, range(self.info.capacity)):
            if len(found) >= expected:
                break
            if slot < self.info.capacity and slot not in found and self._session.is_used(slot):
                found.add(slot)
        self._wire.in_step(before)
        if len(found) != expected:
            raise ProtocolError(f"GetEnrollCount: {expected} slots are used, but only {len(found)} were found")
        self._usual = frozenset(found)
        return self._usual

    def holds(self, slots: AbstractSet[int]) -> bool:
        """See Scanner.holds: by their number, since `used` asks for each one."""
        before = self._wire.mark()
        count = self._session.count()
        self._wire.in_step(before)
        return count == len(slots)

    def read_serial(self) -> str | None:
        """See Scanner.read_serial. The sensor tells it in its greeting alone."""
        self._session.glance()
        return self._session.serial

    def export_template(self, slot: int) -> Template:
        """See Scanner.export_template. Raises DeviceError (code 1004) for an empty slot."""
        self._require_slot(slot)
        return Template(self.info.model, self._session.read_template(slot))

    def import_template(self, slot: int, template: Template) -> None:
        """See Scanner.import_template. Overwrites what lies in the slot. Raises UnsupportedError for another model's template."""
        self._require_slot(slot)
        self._require_own(template)
        self._session.write_template(slot, template.data)
        if not self._session.is_used(slot) or self._session.read_template(slot) != template.data:
            raise ProtocolError(f"SetTemplate: slot {slot} does not hold what was sent to it")

    def image(self) -> Image:
        """See Scanner.image: 4.5 s at 115200 bit/s. Raises DeviceError if no picture was taken."""
        self._require(Capability.IMAGE)
        return Image(*IMAGE, self._session.read_image())

    def _introduced(self) -> ScannerInfo:
        with self._wire.within(_OPEN):
            find_speed(self._link, self._speeds, self._session.greet, self._session.glance)
            found_at = self._link.baud
            remarks = hasten(self._link, self._session)
            info = learn(self._session, found_at=found_at, level=self._level)
        return dataclasses.replace(info, remarks=remarks + info.remarks)

    def _twice(self, slot: int) -> Hit | NoMatch | Retry:
        first = self._session.verify(slot)
        return self._session.verify(slot) if isinstance(first, Hit) else first

    def _recognise(self, search: Callable[[], Hit | NoMatch | Retry]) -> Identification:
        with self._wire.within(_IDENTIFY):
            trouble = self._session.capture()
            return search() if trouble is None else trouble
