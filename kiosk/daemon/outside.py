"""Everything that talks to Kemru: the lanes and the periodic jobs. Without usable credentials they rest, and say why.

The HTTP client is loaded when the first of them needs it, so that the kiosk takes fingers before that.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kiosk.clock import Clock
from kiosk.config import KemruSettings
from kiosk.credentials import SecretsError
from kiosk.delivery.standing import lane_status
from kiosk.models import Lane
from kiosk.store import Store
from kiosk.views import LaneStatus

if TYPE_CHECKING:
    from kiosk.daemon.exchange import Exchange

log = logging.getLogger(__name__)

REST_S = 30.0
"""Seconds between looks for credentials that were missing."""


class Outside:
    """The lanes and jobs of one kiosk: `steps` are run by workers, `wake` is called after each punch."""

    def __init__(self, settings: KemruSettings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._exchange: Exchange | None = None
        self._trouble = ""
        self._wakers: Mapping[str, Callable[[], None]] = {}

    @property
    def trouble(self) -> str:
        """Why nothing is exchanged with Kemru, in plain words; empty when it is."""
        return self._trouble if self._exchange is None else self._exchange.roster.trouble

    def steps(self) -> list[tuple[str, Callable[[], float]]]:
        """Name and step of each worker that this needs."""
        lanes = [(str(lane), self._step_of(lane)) for lane in Lane]
        return [*lanes, ("jobs", lambda: self._with(lambda exchange: exchange.jobs.step()))]

    def wake_with(self, wakers: Mapping[str, Callable[[], None]]) -> None:
        """Learn how to wake the workers, by name."""
        self._wakers = wakers

    def wake(self) -> None:
        """There may be something to deliver."""
        for lane in Lane:
            self._wakers[lane]()

    def sync_now(self) -> None:
        """Forget back-offs, pull the roster and drain the outbox as soon as possible."""
        if self._exchange is not None:
            for lane in self._exchange.lanes.values():
                lane.nudge()
            self._exchange.jobs.pull_soon()
        for name, _ in self.steps():
            self._wakers[name]()

    def lanes(self) -> list[LaneStatus]:
        """How the lanes do."""
        if self._exchange is None:
            return [lane_status(lane, self._store, self._clock, self._trouble) for lane in Lane]
        return [lane.status() for lane in self._exchange.lanes.values()]

    def close(self) -> None:
        """Close the connection to Kemru."""
        if self._exchange is not None:
            self._exchange.close()

    def _step_of(self, lane: Lane) -> Callable[[], float]:
        return lambda: self._with(lambda exchange: exchange.lanes[lane].step())

    def _with(self, step: Callable[["Exchange"], float]) -> float:
        with self._lock:
            if self._exchange is None and not self._begin():
                return REST_S
        assert self._exchange is not None  # noqa: S101  for the type checker: `_begin` made it
        return step(self._exchange)

    def _begin(self) -> bool:
        from kiosk.daemon.exchange import Exchange  # noqa: PLC0415  not before the kiosk takes fingers
        from kiosk.kemru import KemruError  # noqa: PLC0415

        try:
            self._exchange = Exchange(self._settings, self._store, self._clock)
        except (
            SecretsError,
            KemruError,
            OSError,
            ImportError,
        ) as error:  # the last two: no descriptor left, a broken installation
            trouble = f"nothing is sent to Kemru: {error}"
            if trouble != self._trouble:
                log.error("%s", trouble)
            self._trouble = trouble
            return False
        self._trouble = ""
        return True
