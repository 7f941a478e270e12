"""From a recognised finger to a durable punch, in one transaction; what comes back is what the person may be told."""

from collections.abc import Callable, Sequence

from kiosk import attendance
from kiosk.clock import Clock
from kiosk.ids import uuid7
from kiosk.models import Direction, Finger, Member, Method, Moment, NewDelivery, Punch
from kiosk.store import Store
from kiosk.views import ScanKind, ScanResult

Consequences = Callable[[Punch, Member], Sequence[NewDelivery]]
"""What has to be delivered because of a punch: it is committed together with it."""


class Punching:
    """Credits members at `station`, by `policy`."""

    def __init__(
        self, station: str, store: Store, clock: Clock, policy: attendance.Policy, consequences: Consequences
    ) -> None:
        self._station = station
        self._store = store
        self._clock = clock
        self._policy = policy
        self._consequences = consequences

    def credit(
        self, finger: Finger, *, slot: int | None, score: int | None, method: Method = Method.FINGER, tries: int = 1
    ) -> ScanResult:
        """Decide and commit for the owner of `finger`. A WELCOME or GOODBYE that returns from here is on disk.

        `slot` and `score` are the scanner's words, `tries` the presses it took. Raises StoreError when it is not on disk, or when
        nobody can know.
        """
        return self._credit(finger.member_uid, slot=slot, score=score, finger_id=finger.id, method=method, tries=tries)

    def credit_pin(self, uid: str) -> ScanResult:
        """`credit` for a member who typed the right PIN, from any thread."""
        return self._credit(uid, slot=None, score=None, finger_id=None, method=Method.PIN, tries=1)

    def _credit(
        self, uid: str, *, slot: int | None, score: int | None, finger_id: str | None, method: Method, tries: int
    ) -> ScanResult:
        now = self._clock.now()
        with self._store.atomic():
            member = self._store.members.get(uid)
            if member is None or not member.active:
                return self.result(ScanKind.DENIED, now, advice="see_office")
            decision = attendance.decide(self._store.punches.last(member.uid), now, self._policy)
            if isinstance(decision, attendance.Repeat):
                first = decision.of
                return self.result(
                    ScanKind.ALREADY, first.at, name=member.name, direction=first.direction, punch_id=first.id
                )
            punch = Punch(
                id=uuid7(now.utc_us),
                member_uid=member.uid,
                station=self._station,
                direction=decision.direction,
                reason=decision.reason,
                work_day=decision.work_day,
                at=now,
                slot=slot,
                score=score,
                finger_id=finger_id,
                method=method,
                tries=tries,
            )
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
        seconds: float | None = None,
    ) -> ScanResult:
        """A result of this station, with its time in the site's zone."""
        local = at.local().isoformat(timespec="seconds")
        return ScanResult(
            kind=kind,
            station=self._station,
            at=local,
            name=name,
            direction=direction,
            advice=advice,
            punch_id=punch_id,
            seconds=seconds,
        )
