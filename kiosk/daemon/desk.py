"""The desk: what can be asked of a running kiosk through the control socket, and who answers it."""

import os
from collections.abc import Mapping

import msgspec

from kiosk import __version__, attendance
from kiosk.clock import Clock
from kiosk.config import Settings
from kiosk.control.protocol import Code, ControlError
from kiosk.control.server import Method, Nothing
from kiosk.daemon.outside import Outside
from kiosk.delivery.roster import LAST_ROSTER
from kiosk.models import DeliveryView, Finger, Member, PunchView, Status
from kiosk.station import EnrolmentError, EnrolRequest, Reader
from kiosk.store import Store, StoreError


class PunchesParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which punches: the latest `limit`, of one `member` or of everybody."""

    member: str | None = None
    limit: int = 20


class MemberParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which member, by Kemru's uid."""

    uid: str


class StationParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which station; the first one if it is not named."""

    station: str | None = None


class Desk:
    """Answers for one daemon. Handlers run in the control thread and are short."""

    def __init__(
        self, settings: Settings, store: Store, clock: Clock, readers: Mapping[str, Reader], outside: Outside
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._readers = readers
        self._outside = outside
        self._started = clock.monotonic()

    def methods(self) -> dict[str, Method]:
        """The control socket's methods, by name."""
        return {
            "status": Method(Nothing, lambda _: self.status()),
            "members": Method(Nothing, lambda _: self._store.members.all(), operator=True),
            "fingers": Method(MemberParams, self._fingers, operator=True),
            "punches": Method(PunchesParams, self._punches, operator=True),
            "verify_log": Method(Nothing, lambda _: self._store.punches.verify(), operator=True),
            "sync": Method(Nothing, self._sync, operator=True),
            "enrol": Method(EnrolRequest, self._enrol, operator=True),
            "cancel_enrolment": Method(StationParams, self._cancel, operator=True),
        }

    def status(self) -> Status:
        """The whole truth, as far as this process knows it."""
        now = self._clock.now()
        day = attendance.work_day(now, self._settings.attendance.day_start())
        return Status(
            site=self._settings.site.name,
            version=__version__,
            pid=os.getpid(),
            now=now.local().isoformat(timespec="seconds"),
            clock=now.state,
            storage=self._storage(),
            members=self._store.members.count(),
            fingers=self._store.fingers.count(),
            punches_today=self._store.punches.count_on(day),
            stations=[reader.status for reader in self._readers.values()],
            lanes=self._outside.lanes(),
            sync_trouble=self._outside.trouble,
            last_roster=self._store.notes.get(LAST_ROSTER),
            up_s=self._clock.monotonic() - self._started,
        )

    def _storage(self) -> str:
        try:
            self._store.probe()
        except StoreError as error:
            return str(error)
        return "ok"

    def _fingers(self, params: MemberParams) -> list[Finger]:
        self._member(params.uid)
        return self._store.fingers.of_member(params.uid)

    def _punches(self, params: PunchesParams) -> list[PunchView]:
        names = {member.uid: member.name for member in self._store.members.all()}
        punches = self._store.punches.latest(max(1, min(params.limit, 1000)), params.member)
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
        self._member(request.member_uid)
        try:
            return self._reader(request.station).enrol(request)
        except EnrolmentError as error:
            raise ControlError(str(error)) from error

    def _cancel(self, params: StationParams) -> bool:
        self._reader(params.station).cancel_enrolment()
        return True

    def _member(self, uid: str) -> Member:
        member = self._store.members.get(uid)
        if member is None:
            raise ControlError(f"no member has the uid {uid}", code=Code.NOT_FOUND)
        return member

    def _reader(self, name: str | None) -> Reader:
        if name is None:
            return next(iter(self._readers.values()))
        reader = self._readers.get(name)
        if reader is None:
            raise ControlError(f"no station {name}; known are {', '.join(self._readers)}", code=Code.NOT_FOUND)
        return reader
