"""Enrolling one finger: consent first, duplicates refused, presses merged, and nothing called done before it was recognised once more."""

from collections.abc import Callable, Generator, Iterator

import msgspec

from drivers import EnrolState, EnrolStep, Hit, NoFinger, NoMatch, Retry, Scanner
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.models import Consent, EnrolProgress, Finger, FingerName, FingerState, Member
from kiosk.station import library
from kiosk.store import Store

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
    """One enrolment in progress; `step` until `done`. Whatever ends it, store and scanner agree, now or after `library.settle`."""

    def __init__(
        self, identifier: str, request: EnrolRequest, scanner: Scanner, store: Store, clock: Clock, publish: Publish
    ) -> None:
        self.id = identifier
        self.done = False
        self._request = request
        self._scanner = scanner
        self._store = store
        self._clock = clock
        self._publish = publish
        self._deadline = clock.monotonic() + PATIENCE_S
        self._said: tuple[str, int, str] | None = None
        self._stored = False
        self._finger = self._begin(clock.now().utc_us)
        self._steps = self._run()

    def step(self) -> None:
        """Do one short piece of work. Raises ScannerError or StoreError; then the enrolment is over and `settle` cleans up."""
        if self._clock.monotonic() > self._deadline:
            self.give_up("No finger for a minute: the enrolment was given up.")
        elif next(self._steps, None) is None and not self.done:
            self.give_up("The scanner ended the enrolment by itself. Try again.")

    def give_up(self, message: str) -> None:
        """End it without a finger, from outside."""
        self._steps.close()
        self._undo(message)

    def broken(self, message: str) -> None:
        """Tell that the scanner or the store failed in the middle. The PENDING row stays, for `library.settle` to undo."""
        self._finish("failed", message, ok=False)

    def _begin(self, now_us: int) -> Finger:
        request = self._request
        if not request.witness.strip():
            raise EnrolmentError("Consent is required: name who witnessed it (--witness).")
        member = self._store.members.get(request.member_uid)
        if member is None or not member.active:
            raise EnrolmentError(f"No active member has the uid {request.member_uid}.")
        self._forget_missing(member)
        slot = library.free_slot(self._scanner, self._store, request.station)
        if slot is None:
            raise EnrolmentError(f"The scanner is full: all {self._scanner.info.capacity} slots are taken.")
        finger = Finger(
            id=self.id,
            member_uid=member.uid,
            name=request.finger,
            station=request.station,
            slot=slot,
            state=FingerState.PENDING,
            consent=Consent(text_version=request.consent_version, witness=request.witness.strip(), given_us=now_us),
            created_us=now_us,
        )
        self._store.fingers.begin(finger)
        return finger

    def _forget_missing(self, member: Member) -> None:
        """A finger that the scanner has lost may be enrolled anew; one that it still holds at this station may not."""
        for finger in self._store.fingers.of_member(member.uid):
            if finger.name is not self._request.finger or finger.station != self._request.station:
                continue
            if finger.slot in self._scanner.used():
                raise EnrolmentError(f"{member.name} already has the {finger.name} enrolled.")
            self._store.fingers.forget(finger.id)

    def _undo(self, message: str) -> None:
        """Empty the slot on the scanner, then forget it in the store: in this order, a crash leaves something to clean up by."""
        if self._stored:
            self._scanner.delete(self._finger.slot)
        self._store.fingers.forget(self._finger.id)
        self._finish("failed", message, ok=False)

    def _run(self) -> Generator[bool, None, None]:
        for step in self._scanner.enrol(self._finger.slot):
            yield from self._follow(step)
            if self.done:
                return
        yield from self._verify()

    def _follow(self, step: EnrolStep) -> Iterator[bool]:
        match step.state:
            case EnrolState.DUPLICATE:
                self._undo(self._duplicate(step.hit))
            case EnrolState.MISMATCH:
                self._undo("The presses were not the same finger. Start again.")
            case EnrolState.STORED:
                self._stored = True
                self._say("lift", 3, "Lift the finger.")
            case EnrolState.CAPTURED:
                self._patience()
                self._say("captured", step.sample, f"Press {step.sample} is good.")
            case EnrolState.RETRY:
                self._say("retry", step.sample, f"Press again: {step.reason or 'no good picture'}.")
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
            if isinstance(found, Hit) and found.slot == self._finger.slot:
                self._store.fingers.confirm(self._finger.id)
                self._finish("done", "Enrolled.", ok=True)
                return
        self._undo("The finger was not recognised after it was stored. Start again, pressing flat and still.")

    def _lifted(self) -> Iterator[bool]:
        while not isinstance(self._scanner.identify(), NoFinger):
            self._say("lift", 3, "Lift the finger.")
            yield True

    def _pressed(self) -> Generator[bool, None, Hit | NoMatch]:
        while True:
            self._say("verify", 3, "Once more: put the same finger on the glass.")
            found = self._scanner.identify()
            if isinstance(found, Hit | NoMatch):
                return found
            if isinstance(found, Retry):
                self._say("retry", 3, f"Press again: {found.reason}.")
            yield True

    def _duplicate(self, hit: Hit | None) -> str:
        owner = None if hit is None else self._store.fingers.at(self._request.station, hit.slot)
        whose = f"of member {owner.member_uid} ({owner.name})" if owner else "in a slot that belongs to nobody here"
        return f"This finger is already enrolled, {whose}."

    def _patience(self) -> None:
        self._deadline = self._clock.monotonic() + PATIENCE_S

    def _say(self, step: str, sample: int, message: str, *, final: bool = False, ok: bool = False) -> None:
        if (said := (step, sample, message)) == self._said:
            return
        self._said = said
        self._publish(_progress(self.id, self._request, step, sample, message, final=final, ok=ok))

    def _finish(self, step: str, message: str, *, ok: bool) -> None:
        if not self.done:
            self.done = True
            self._say(step, 0, message, final=True, ok=ok)


def refusal(identifier: str, request: EnrolRequest, message: str) -> EnrolProgress:
    """The one event of an enrolment that could not even begin."""
    return _progress(identifier, request, "failed", 0, message, final=True, ok=False)


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
