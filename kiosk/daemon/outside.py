"""Everything that talks to Kemru: the lanes and the periodic jobs. Without usable credentials they rest, and say why.

The HTTP client is loaded when the first of them needs it, so that the kiosk takes fingers before that.
"""

import logging
import threading
from collections.abc import Callable, Mapping

from kiosk.clock import Clock
from kiosk.config import KemruSettings, SecretsError, read_secrets
from kiosk.daemon.jobs import Jobs
from kiosk.delivery import AttendanceCourier, Budget, DeliveryLane, Roster, SmsCourier, lane_status
from kiosk.kemru import Credentials, Kemru, KemruError
from kiosk.models import Lane, LaneStatus
from kiosk.store import Store

log = logging.getLogger(__name__)

REST_S = 30.0
"""Seconds between looks for credentials that were missing."""


class _Parts:
    """What exists once there are credentials."""

    def __init__(self, settings: KemruSettings, store: Store, clock: Clock) -> None:
        secrets = read_secrets(settings.credentials)
        credentials = Credentials(
            merchant_id=settings.merchant_id,
            api_key=secrets.api_key,
            secret=secrets.secret,
            access_token=secrets.access_token,
        )
        budget = Budget(store, per_minute=settings.per_minute, per_day=settings.per_day)
        self.kemru = Kemru(
            settings.base_url,
            credentials,
            get_parameters=settings.get_parameters,
            deadline=float(settings.deadline_seconds),
        )
        self.lanes = {
            Lane.ATTENDANCE: DeliveryLane(AttendanceCourier(self.kemru), store, clock, budget),
            Lane.SMS: DeliveryLane(SmsCourier(self.kemru), store, clock, budget),
        }
        self.roster = Roster(self.kemru, store, clock, budget)
        self.jobs = Jobs(self.roster, clock, roster_minutes=settings.roster_minutes)


class Outside:
    """The lanes and jobs of one kiosk: `steps` are run by workers, `wake` is called after each punch."""

    def __init__(self, settings: KemruSettings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._parts: _Parts | None = None
        self._trouble = ""
        self._wakers: Mapping[str, Callable[[], None]] = {}

    @property
    def trouble(self) -> str:
        """Why nothing is exchanged with Kemru, in plain words; empty when it is."""
        return self._trouble if self._parts is None else self._parts.roster.trouble

    def steps(self) -> list[tuple[str, Callable[[], float]]]:
        """Name and step of each worker that this needs."""
        lanes = [(str(lane), self._step_of(lane)) for lane in Lane]
        return [*lanes, ("jobs", lambda: self._with(lambda parts: parts.jobs.step()))]

    def wake_with(self, wakers: Mapping[str, Callable[[], None]]) -> None:
        """Learn how to wake the workers, by name."""
        self._wakers = wakers

    def wake(self) -> None:
        """There may be something to deliver."""
        for lane in Lane:
            self._wakers[lane]()

    def sync_now(self) -> None:
        """Forget back-offs, pull the roster and drain the outbox as soon as possible."""
        if self._parts is not None:
            for lane in self._parts.lanes.values():
                lane.nudge()
            self._parts.jobs.pull_soon()
        for name, _ in self.steps():
            self._wakers[name]()

    def lanes(self) -> list[LaneStatus]:
        """How the lanes do."""
        if self._parts is None:
            return [lane_status(lane, self._store, self._clock, self._trouble) for lane in Lane]
        return [lane.status() for lane in self._parts.lanes.values()]

    def close(self) -> None:
        """Close the connection to Kemru."""
        if self._parts is not None:
            self._parts.kemru.close()

    def _step_of(self, lane: Lane) -> Callable[[], float]:
        return lambda: self._with(lambda parts: parts.lanes[lane].step())

    def _with(self, step: Callable[[_Parts], float]) -> float:
        with self._lock:
            if self._parts is None and not self._begin():
                return REST_S
        assert self._parts is not None  # noqa: S101  for the type checker: `_begin` made it
        return step(self._parts)

    def _begin(self) -> bool:
        try:
            self._parts = _Parts(self._settings, self._store, self._clock)
        except (SecretsError, KemruError) as error:
            trouble = f"nothing is sent to Kemru: {error}"
            if trouble != self._trouble:
                log.error("%s", trouble)
            self._trouble = trouble
            return False
        self._trouble = ""
        return True
