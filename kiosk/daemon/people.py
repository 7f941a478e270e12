"""What can be asked about members' fingers and PINs through the control socket."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from kiosk import pins
from kiosk.clock import Clock
from kiosk.control.protocol import Code, ControlError
from kiosk.control.server import Method
from kiosk.daemon.reports import report
from kiosk.daemon.stations import reader_of
from kiosk.errors import KioskError
from kiosk.models import FingerName, Member, SlotState
from kiosk.station import Reader, Vault
from kiosk.store import Store, StoreError
from kiosk.views import (
    AbsentMember,
    FingerView,
    PinHolder,
    Restored,
    ScanKind,
    ScannerHealth,
    ScanResult,
    SealedFinger,
    StationStatus,
    WeakFinger,
)

PAGE = 200
"""Sealed fingers in one answer or request: each stays below the longest line of the socket."""

NO_COPIES = "This kiosk keeps no copies of fingers just now: `kiosk status` says why."

WEAK_TRIES = 1.5
"""Presses for a punch, on average, from which on a finger counts as weak."""

WEAK_SCORES = 0.8
"""Of its first scores: a finger whose last ones are below that has changed, or its template was never good."""

FEW = 3
"""Punches below which nothing is said of a finger."""

Digits = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class MemberParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which member, by Kemru's uid."""

    uid: str


class FingerParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which finger of which member."""

    uid: str
    finger: FingerName


class NewPinParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member's new PIN."""

    uid: str
    pin: Digits

    def __repr__(self) -> str:
        return f"NewPinParams(uid={self.uid!r})"


class PinParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number and a PIN, as typed by whoever stands at the kiosk, and at which station; at the first ready one if it is not named."""

    number: Digits
    pin: Digits
    station: str | None = None

    def __repr__(self) -> str:
        return "PinParams()"


class PageParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of a backup: the one behind the place `after`."""

    after: Annotated[str, msgspec.Meta(max_length=200)] = ""


class RestoreParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fingers out of a backup."""

    fingers: Annotated[list[SealedFinger], msgspec.Meta(max_length=PAGE)]


class People:
    """Answers for one daemon. Handlers run in the control thread, those of slow methods in a thread of their own."""

    def __init__(self, store: Store, clock: Clock, readers: Mapping[str, Reader], vault: Vault) -> None:
        self._store = store
        self._clock = clock
        self._readers = readers
        self._vault = vault
        self._attempts = pins.Attempts(store.pins, clock)

    def methods(self) -> dict[str, Method]:
        """The methods, by name."""
        return {
            "fingers": Method(MemberParams, self._fingers, operator=True),
            "remove_finger": Method(FingerParams, self._remove_finger, operator=True),
            "weak_fingers": report(self._weak),
            "absent": report(self._absent),
            "pins": report(self._pins),
            "set_pin": Method(NewPinParams, self._set_pin, operator=True, slow="reports"),
            "remove_pin": Method(MemberParams, self._remove_pin, operator=True),
            "punch_by_pin": Method(PinParams, self._punch_by_pin, slow="punches"),
            "backup": Method(PageParams, self._backup, operator=True),
            "restore": Method(RestoreParams, self._restore, operator=True, slow="reports"),
        }

    def member(self, uid: str) -> Member:
        """Return the member with this uid. Raises ControlError if there is none."""
        member = self._store.members.get(uid)
        if member is None:
            raise ControlError(f"no member has the uid {uid}", code=Code.NOT_FOUND)
        return member

    def _fingers(self, params: MemberParams) -> list[FingerView]:
        self.member(params.uid)
        zone = ZoneInfo(self._clock.now().zone)
        return [
            FingerView(
                finger=finger,
                consented=datetime.fromtimestamp(finger.consent.given_us / 1e6, zone).isoformat(timespec="seconds"),
                slots={slot.station: slot.slot for slot in self._store.slots.of_finger(finger.id)},
                copies=[kept.model for kept in self._store.templates.of_finger(finger.id)],
            )
            for finger in self._store.fingers.of_member(params.uid)
        ]

    def _remove_finger(self, params: FingerParams) -> bool:
        """The store forgets it at once; the scanners empty the slot, which then belongs to nobody, at their next free moment."""
        finger = self._store.fingers.named(self.member(params.uid).uid, params.finger)
        if finger is None:
            raise ControlError(f"member {params.uid} has no {params.finger} enrolled", code=Code.NOT_FOUND)
        self._store.fingers.forget(finger.id)
        return True

    def _weak(self) -> list[WeakFinger]:
        fingers = {finger.id: finger for finger in self._store.fingers.all()}
        names = {member.uid: member.name for member in self._store.members.all() if member.active}
        found = []
        for usage in self._store.punches.usage():
            finger = fingers.get(usage.finger_id)
            if finger is None or finger.member_uid not in names or usage.hits < FEW:
                continue
            first, last = usage.first_scores_mean, usage.last_scores_mean
            falling = first is not None and last is not None and last < first * WEAK_SCORES
            if falling or usage.tries / usage.hits >= WEAK_TRIES:
                uid = finger.member_uid
                found.append(WeakFinger(uid, names[uid], finger.name, usage.hits, usage.tries, first, last))
        return sorted(found, key=lambda weak: weak.tries / weak.hits, reverse=True)

    def _absent(self) -> list[AbsentMember]:
        """By the stations that are READY: of any other, nobody knows which scanner it will be, and what that one knows."""
        fingers = self._store.fingers.all()
        active = {member.uid: member.name for member in self._store.members.all() if member.active}
        found: list[AbsentMember] = []
        enrolled = {finger.member_uid for finger in fingers} & active.keys()
        for station in (reader.status for reader in self._readers.values()):
            if station.health is ScannerHealth.READY:
                known = self._recognisable(station)
                here = {finger.member_uid for finger in fingers if finger.id in known}
                away = sorted(enrolled - here)
                found += [AbsentMember(station.name, station.model, uid, active[uid]) for uid in away]
        return found

    def _recognisable(self, station: StationStatus) -> set[str]:
        slots = self._store.slots.of_station(station.name)
        held = {slot.finger_id for slot in slots if slot.state is SlotState.HELD}
        return held | self._vault.restorable(station.model, station.template_size)

    def _pins(self) -> list[PinHolder]:
        names = {member.uid: member.name for member in self._store.members.all()}
        shares = self._store.punches.shares()
        holders = []
        for uid in self._store.pins.uids():
            kept, (punches, by_pin) = self._store.pins.get(uid), shares.get(uid, (0, 0))
            holders.append(PinHolder(uid, names.get(uid, uid), punches, by_pin, kept.failures if kept else 0))
        return holders

    def _set_pin(self, params: NewPinParams) -> bool:
        member = self.member(params.uid)
        try:
            pins.check_new(params.pin, member.uid)
        except KioskError as error:
            raise ControlError(f"{error} {error.cure}".strip(), code=Code.INVALID_PARAMS) from error
        self._store.pins.put(member.uid, pins.hash_pin(params.pin), self._clock.now().utc_us)
        return True

    def _remove_pin(self, params: MemberParams) -> bool:
        self._store.pins.remove(self.member(params.uid).uid)
        return True

    def _punch_by_pin(self, params: PinParams) -> ScanResult:
        """Number and PIN are refused in the same words: nobody learns here which numbers exist."""
        pinpad = reader_of(self._readers, params.station).pinpad
        try:
            verdict = self._attempts.verify(params.number, params.pin)
        except StoreError as error:
            return pinpad.say(ScanKind.NOT_SAVED, advice="see_office", why=str(error))
        if verdict.ok:
            return pinpad.credit(params.number)
        if verdict.wait_s:
            return pinpad.say(ScanKind.WAIT, advice="wait", seconds=verdict.wait_s)
        return pinpad.say(ScanKind.DENIED, advice="pin_wrong")

    def _backup(self, params: PageParams) -> list[SealedFinger]:
        if not self._vault.keeps:
            raise ControlError(NO_COPIES)
        return self._vault.backup(params.after, PAGE)

    def _restore(self, params: RestoreParams) -> Restored:
        if not self._vault.keeps:
            raise ControlError(NO_COPIES)
        return self._vault.restore(params.fingers)
