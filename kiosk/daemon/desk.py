"""The desk: what can be asked of a running kiosk through the control socket, and who answers it."""

import os
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from kiosk import __version__, attendance
from kiosk.clock import Clock
from kiosk.config import Settings
from kiosk.control.protocol import Code, ControlError
from kiosk.control.server import Method, Nothing
from kiosk.daemon.outside import Outside
from kiosk.daemon.people import People
from kiosk.daemon.shifts import shifts_of, shifts_report
from kiosk.daemon.stations import reader_of
from kiosk.daemon.upkeep import Upkeep
from kiosk.delivery.standing import LAST_ROSTER
from kiosk.models import Member
from kiosk.station import BusyError, EnrolmentError, EnrolRequest, Reader
from kiosk.store import Store, StoreError
from kiosk.views import DeliveryView, LaneStatus, PunchView, Status

T = TypeVar("T")

PAGE = 1000
"""Members in one answer, and punches: each stays below the longest line of the socket."""


class PunchesParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which punches: the latest `limit`, of one `member` or of everybody."""

    member: str | None = None
    limit: int = 20


class MembersParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which members, of all in the order of their names: `limit` of them from number `start` on."""

    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE)] = PAGE


class StationParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which station; the first that is ready if it is not named."""

    station: str | None = None


class CallParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose finger to expect, by the number that was typed, and where; at the first ready station if it is not named."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    station: str | None = None


class Desk:
    """Answers for one daemon. Handlers run in the control thread and are short."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        readers: Mapping[str, Reader],
        outside: Outside,
        upkeep: Upkeep,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._readers = readers
        self._outside = outside
        self._upkeep = upkeep
        self._people = People(store, clock, readers, upkeep.vault)
        self._shifts = shifts_report(shifts_of(settings), store, clock)
        self._started = clock.monotonic()
        self._known: dict[str, Any] = {}

    def methods(self) -> dict[str, Method]:
        """The control socket's methods, by name."""
        return {
            "status": Method(Nothing, lambda _: self.status()),
            "members": Method(MembersParams, self._members, operator=True),
            "punches": Method(PunchesParams, self._punches, operator=True),
            "verify_log": Method(Nothing, lambda _: self._store.punches.verify(), operator=True, slow="reports"),
            "sync": Method(Nothing, self._sync, operator=True),
            "enrol": Method(EnrolRequest, self._enrol, operator=True),
            "cancel_enrolment": Method(StationParams, self._cancel, operator=True),
            "call_number": Method(CallParams, self._call),
            "cancel_call": Method(StationParams, self._hang_up),
            "adopt": Method(StationParams, self._adopt, operator=True),
            "shifts": self._shifts,
            **self._people.methods(),
        }

    def status(self) -> Status:
        """The whole truth, as far as this process knows it. What cannot be read just now is as it was last, and `storage` says why."""
        now = self._clock.now()
        day = attendance.work_day(now, self._settings.attendance.day_start())
        faults: list[str] = []
        self._ask(faults, "probe", self._store.probe, None)
        none: list[LaneStatus] = []
        members = self._ask(faults, "members", self._store.members.count, 0)
        fingers = self._ask(faults, "fingers", self._store.fingers.count, 0)
        punches = self._ask(faults, "punches", lambda: self._store.punches.count_on(day), 0)
        lanes = self._ask(faults, "lanes", self._outside.lanes, none)
        roster = self._ask(faults, "roster", lambda: self._store.notes.get(LAST_ROSTER), None)
        return Status(
            site=self._settings.site.name,
            version=__version__,
            pid=os.getpid(),
            now=now.local().isoformat(timespec="seconds"),
            clock=now.state,
            storage=faults[0] if faults else "ok",
            members=members,
            fingers=fingers,
            punches_today=punches,
            stations=[reader.status for reader in self._readers.values()],
            lanes=lanes,
            sync_trouble=self._outside.trouble,
            copies=self._upkeep.vault.keeps,
            templates_trouble=self._upkeep.trouble,
            last_roster=roster,
            up_s=self._clock.monotonic() - self._started,
        )

    def _ask(self, faults: list[str], name: str, question: Callable[[], T], otherwise: T) -> T:
        """Ask the store; when it fails, note why and answer as it did last. A failing disk must not take the status away."""
        try:
            answer = question()
        except (StoreError, OSError) as error:
            faults.append(str(error))
            known: T = self._known.get(name, otherwise)
            return known
        self._known[name] = answer
        return answer

    def _members(self, params: MembersParams) -> list[Member]:
        return self._store.members.all()[params.start : params.start + params.limit]

    def _punches(self, params: PunchesParams) -> list[PunchView]:
        names = {member.uid: member.name for member in self._store.members.all()}
        punches = self._store.punches.latest(max(1, min(params.limit, PAGE)), params.member)
        return [
            PunchView(
                punch=punch,
                name=names.get(punch.member_uid, punch.member_uid),
                local=punch.at.local().isoformat(timespec="seconds"),
                deliveries={
                    each.lane: DeliveryView(reference=each.id, state=each.state)
                    for each in self._store.outbox.of_punch(punch.id)
                },
            )
            for punch in punches
        ]

    def _sync(self, _: Nothing) -> bool:
        self._outside.sync_now()
        return True

    def _enrol(self, request: EnrolRequest) -> str:
        self._people.member(request.member_uid)
        try:
            return reader_of(self._readers, request.station).enrol(request)
        except EnrolmentError as error:
            raise ControlError(str(error)) from error

    def _cancel(self, params: StationParams) -> bool:
        reader_of(self._readers, params.station).cancel_enrolment()
        return True

    def _call(self, params: CallParams) -> float:
        try:
            return reader_of(self._readers, params.station).call(params.number)
        except BusyError as error:
            raise ControlError(str(error), code=Code.BUSY) from error

    def _hang_up(self, params: StationParams) -> bool:
        reader_of(self._readers, params.station).hang_up()
        return True

    def _adopt(self, params: StationParams) -> bool:
        try:
            reader_of(self._readers, params.station).adopt()
        except BusyError as error:
            raise ControlError(str(error)) from error
        return True
