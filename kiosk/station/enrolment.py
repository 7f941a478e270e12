"""Enrolling one finger: consent first, duplicates refused, presses merged, and nothing called done before it was recognised once more."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import cast

import msgspec

from drivers import Capability, DeviceError, EnrolState, EnrolStep, Hit, NoFinger, NoMatch, Retry, RetryReason, Scanner
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.models import Consent, Finger, FingerName, FingerState, Member, Slot, SlotState
from kiosk.station.library import Library
from kiosk.station.reading import UnreadableError
from kiosk.station.vault import Vault
from kiosk.store import Store
from kiosk.texts import text
from kiosk.views import EnrolProgress

PATIENCE_S = 60.0
"""Seconds that an enrolment waits for the next good press before it gives up."""

VERIFY_TRIES = 3
"""Presses that may fail to be recognised before a freshly stored finger is thrown away."""

Publish = Callable[[EnrolProgress], None]


class EnrolmentError(KioskError):
    """Somebody could not be enrolled; the text says why and what to do."""


class EnrolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to enrol, with which finger, at which station, and who witnessed the consent to it."""

    member_uid: str
    finger: FingerName
    witness: str
    consent_version: str = "1"
    station: str = "main"


class Enrolment:
    """One enrolment in progress; `step` until `done`.

    It is written down before the scanner is told, and counts once the store says so:

        finger PENDING, slot WRITING → the scanner stores, its index bit is set → one more press is recognised in that very slot
        → template read back, sealed → finger ENROLLED, slot HELD, template: one commit

    Whatever ends it in between, store and scanner agree, now or after `Library.settle`.
    """

    def __init__(
        self,
        identifier: str,
        request: EnrolRequest,
        scanner: Scanner,
        library: Library,
        vault: Vault,
        store: Store,
        clock: Clock,
        publish: Publish,
    ) -> None:
        self.id = identifier
        self.done = False
        self._request = request
        self._scanner = scanner
        self._library = library
        self._vault = vault
        self._store = store
        self._clock = clock
        self._publish = publish
        self._deadline = clock.monotonic() + PATIENCE_S
        self._said: tuple[str, int, str] | None = None
        self._stored = False
        self._sample = 1
        self._consent = Consent(request.consent_version.strip(), request.witness.strip(), clock.now().utc_us)
        self._finger, self._slot = self._begin()
        self._steps = self._run()

    def step(self) -> None:
        """Do one short piece of work. Raises ScannerError or StoreError; then it is over, and `Library.settle` cleans up."""
        capacity = self._scanner.info.capacity
        try:
            self._step()
        except DeviceError:
            fewer = self._scanner.info.capacity
            if fewer >= capacity:
                raise
            self.give_up(
                f"The scanner is full: it takes no more than {fewer} fingers. Start again, and room is made for this one."
            )

    def _step(self) -> None:
        if self._clock.monotonic() > self._deadline:
            self.give_up("No finger for a minute: the enrolment was given up.")
        elif next(self._steps, None) is None and not self.done:
            self.give_up("The scanner ended the enrolment by itself. Try again.")

    def give_up(self, message: str) -> None:
        """End it without a finger, from outside."""
        self._steps.close()
        self._undo(message)

    def broken(self, message: str) -> None:
        """Tell that the scanner or the store failed in the middle. What was written down stays, for `Library.settle` to undo."""
        self._library.shelf.doubt(self._slot)
        self._finish("failed", message, ok=False)

    def _begin(self) -> tuple[Finger, int]:
        request = self._request
        if not self._consent.witness:
            raise EnrolmentError("Consent is required: name who witnessed it (--witness).")
        if not self._consent.text_version:
            raise EnrolmentError("Consent is required: name the version of the text that was agreed to (--consent).")
        member = self._store.members.get(request.member_uid)
        if member is None or not member.active:
            raise EnrolmentError(f"No active member has the uid {request.member_uid}.")
        self._refuse_known(member)
        slot = self._room()
        finger = Finger(
            id=self.id,
            member_uid=member.uid,
            name=request.finger,
            state=FingerState.PENDING,
            consent=self._consent,
            created_us=self._consent.given_us,
        )
        return self._written_down(finger, slot), slot

    def _room(self) -> int:
        """An empty slot, and a library in which a finger that is there already would be found."""
        if self._library.waiting:
            raise EnrolmentError(
                f"{self._library.waiting} fingers are still being written into the scanner, and could not be told from this one. Enrol "
                "when that is done."
            )
        slot = self._library.room()
        if slot is None and self._library.shelf.refuses:
            raise EnrolmentError(
                "This scanner cannot be written any more: replace it. Its fingers are recognised meanwhile."
            )
        if slot is None:
            capacity = self._scanner.info.capacity
            raise EnrolmentError(f"The scanner is full: all {capacity} slots hold fingers of which there is no copy.")
        return slot

    def _written_down(self, finger: Finger, slot: int) -> Finger:
        """The intent, on disk. A finger that is known to other scanners, or was to one that is gone, keeps its row.

        So its owner counts as enrolled, with the consent that they gave, until the new enrolment does.
        """
        known = self._store.fingers.named(finger.member_uid, finger.name)
        with self._store.atomic():
            if known is None:
                self._store.fingers.begin(finger)
            self._store.slots.reserve(Slot(self._request.station, slot, (known or finger).id, SlotState.WRITING))
        return known or finger

    def _refuse_known(self, member: Member) -> None:
        """A finger that cannot be recognised here may be enrolled anew; one that can may not."""
        finger = self._store.fingers.named(member.uid, self._request.finger)
        if finger is not None and self._library.knows(finger):
            raise EnrolmentError(f"{member.name} already has the {finger.name} enrolled.")

    def _undo(self, message: str, private: str = "") -> None:
        """Empty the slot on the scanner, then forget it in the store: in this order, a crash leaves something to clean up by."""
        shelf = self._library.shelf
        if self._stored:
            shelf.empty(self._slot)
        row = shelf.row_of(self._finger.id)
        if row is not None:
            shelf.release(row)
        self._finish("failed", message, ok=False, private=private)

    def _run(self) -> Generator[bool, None, None]:
        # Whoever gives up closes the driver's generator too, here and now: it may have something to empty.
        with closing(cast("Generator[EnrolStep, None, None]", self._scanner.enrol(self._slot))) as steps:
            for step in steps:
                yield from self._follow(step)
                if self.done:
                    return
        yield from self._verify()

    def _follow(self, step: EnrolStep) -> Iterator[bool]:
        self._sample = step.sample
        match step.state:
            case EnrolState.DUPLICATE:
                self._undo_duplicate(step.hit)
            case EnrolState.MISMATCH:
                self._undo("The presses were not the same finger. Start again.")
            case EnrolState.STORED:
                self._stored = True
                self._say("lift", step.sample + 1, "Lift the finger.")
            case EnrolState.CAPTURED:
                self._patience()
                self._say("captured", step.sample, f"Press {step.sample} is good.")
            case EnrolState.RETRY:
                self._say("retry", step.sample, _advice(step.reason))
            case EnrolState.LIFT:
                self._say("lift", step.sample, "Lift the finger.")
            case EnrolState.PLACE:
                self._say("place", step.sample, f"Press {step.sample}: put the finger on the glass.")
        yield True

    def _verify(self) -> Iterator[bool]:
        """One more press must find the very slot that was just written: some sensors merge two different fingers."""
        for _ in range(VERIFY_TRIES):
            yield from self._lifted()
            found = yield from self._pressed()
            if isinstance(found, Hit) and found.slot == self._slot:
                self._commit()
                return
        self._undo("The finger was not recognised after it was stored. Start again, pressing flat and still.")

    def _commit(self) -> None:
        """The finger counts from here on: its slot, its copy and its state are one commit."""
        can = Capability.TEMPLATES in self._scanner.info.capabilities
        try:
            template = self._library.shelf.read(self._slot) if can else None
        except UnreadableError:
            self._undo("The scanner did not tell the same of the finger twice. Start again.")
            return
        with self._store.atomic():
            digest = None if template is None else self._vault.digest(template)
            self._store.slots.hold(self._request.station, self._slot, digest)
            self._store.fingers.confirm(self._finger.id)
            self._store.fingers.renew_consent(self._finger.id, self._consent)
            if template is not None:
                self._vault.keep(self._finger, template, enrolled=True)
        self._library.enrolled(self._slot, self._finger)
        fingers = self._store.fingers.of_member(self._finger.member_uid)
        if len(fingers) > 1:
            self._finish("done", "Enrolled.", ok=True)
        else:
            self._finish("second", "Enrolled. Enrol a second finger too, in case this one is hurt.", ok=True)

    def _lifted(self) -> Iterator[bool]:
        while not isinstance(self._scanner.identify(), NoFinger):
            self._say("lift", self._sample + 1, "Lift the finger.")
            yield True

    def _pressed(self) -> Generator[bool, None, Hit | NoMatch]:
        while True:
            self._say("verify", self._sample + 1, "Once more: put the same finger on the glass.")
            found = self._scanner.identify()
            if isinstance(found, Hit | NoMatch):
                return found
            if isinstance(found, Retry):
                self._say("retry", self._sample + 1, _advice(found.reason))
            yield True

    def _undo_duplicate(self, hit: Hit | None) -> None:
        """Whose finger it is, is for the administrator alone: `private` goes to nobody else."""
        owner = None if hit is None else self._store.slots.finger_at(self._request.station, hit.slot)
        whose = f"It is member {owner.member_uid}'s {owner.name}." if owner else "It lies in a slot of nobody's here."
        self._undo("This finger is already enrolled.", whose)

    def _patience(self) -> None:
        self._deadline = self._clock.monotonic() + PATIENCE_S

    def _say(
        self, step: str, sample: int, message: str, *, final: bool = False, ok: bool = False, private: str = ""
    ) -> None:
        if (said := (step, sample, message)) == self._said:
            return
        self._said = said
        progress = _progress(self.id, self._request, step, sample, message, final=final, ok=ok)
        self._publish(msgspec.structs.replace(progress, private=private))

    def _finish(self, step: str, message: str, *, ok: bool, private: str = "") -> None:
        if not self.done:
            self.done = True
            self._say(step, 0, message, final=True, ok=ok, private=private)


def refusal(identifier: str, request: EnrolRequest, message: str) -> EnrolProgress:
    """The one event of an enrolment that could not even begin."""
    return _progress(identifier, request, "failed", 0, message, final=True, ok=False)


def _advice(reason: RetryReason | None) -> str:
    """What to do about a bad picture, in words."""
    return text(str(reason) if reason is not None else "press_again")


def _progress(
    identifier: str, request: EnrolRequest, step: str, sample: int, message: str, *, final: bool, ok: bool
) -> EnrolProgress:
    return EnrolProgress(
        enrolment=identifier,
        member_uid=request.member_uid,
        finger=request.finger,
        step=step,
        sample=sample,
        message=message,
        final=final,
        ok=ok,
    )
