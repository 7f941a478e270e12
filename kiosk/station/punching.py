"""From a recognised slot to a durable punch, in one transaction; what comes back is what the person may be told."""

from collections.abc import Callable, Sequence

from drivers import Hit
from kiosk import attendance
from kiosk.clock import Clock
from kiosk.ids import uuid7
from kiosk.models import Direction, Member, Moment, NewDelivery, Punch, ScanKind, ScanResult
from kiosk.store import Store

Consequences = Callable[[Punch, Member], Sequence[NewDelivery]]
"""What has to be delivered because of a punch: it is committed together with it."""


class Punching:
    """Credits a hit at `station` to its member, by `policy`."""

    def __init__(
        self, station: str, store: Store, clock: Clock, policy: attendance.Policy, consequences: Consequences
    ) -> None:
        self._station = station
        self._store = store
        self._clock = clock
        self._policy = policy
        self._consequences = consequences

    def credit(self, hit: Hit) -> ScanResult:
        """Decide and commit. A WELCOME or GOODBYE that returns from here is on disk.

        Raises StoreError when it is not, or when nobody can know.
        """
        now = self._clock.now()
        with self._store.atomic():
            member = self._member_of(hit.slot)
            if member is None or not member.active:
                return self.result(ScanKind.DENIED, now, advice="see_office")
            decision = attendance.decide(self._store.punches.last(member.uid), now, self._policy)
            if isinstance(decision, attendance.Repeat):
                first = decision.of
                return self.result(
                    ScanKind.ALREADY, first.at, name=member.name, direction=first.direction, punch_id=first.id
                )
            punch = self._punch(member, decision, now, hit)
            self._store.punches.record(punch, self._consequences(punch, member))
        kind = ScanKind.WELCOME if punch.direction is Direction.IN else ScanKind.GOODBYE
        return self.result(kind, now, name=member.name, direction=punch.direction, punch_id=punch.id)

    def result(
        self,
        kind: ScanKind,
        at: Moment,
        *,
        name: str | None = None,
        direction: Direction | None = None,
        advice: str | None = None,
        punch_id: str | None = None,
    ) -> ScanResult:
        """A result of this station, with its time in the site's zone."""
        local = at.local().isoformat(timespec="seconds")
        return ScanResult(
            kind=kind, station=self._station, at=local, name=name, direction=direction, advice=advice, punch_id=punch_id
        )

    def _member_of(self, slot: int) -> Member | None:
        finger = self._store.fingers.at(self._station, slot)
        return None if finger is None else self._store.members.get(finger.member_uid)

    def _punch(self, member: Member, decision: attendance.Record, now: Moment, hit: Hit) -> Punch:
        return Punch(
            id=uuid7(now.utc_us),
            member_uid=member.uid,
            station=self._station,
            direction=decision.direction,
            reason=decision.reason,
            work_day=decision.work_day,
            at=now,
            slot=hit.slot,
            score=hit.score,
        )
