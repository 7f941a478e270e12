"""How delivery stands, as far as the store knows: for the status page, which is there before anything talks to the platform."""

import msgspec

from kiosk.clock import Clock
from kiosk.models import Lane
from kiosk.store import Store
from kiosk.views import LaneStatus

LAST_ROSTER = "last-roster"
"""The note that holds when the roster was last pulled, RFC 3339 in the site's zone."""


def lane_status(lane: Lane, store: Store, clock: Clock, trouble: str) -> LaneStatus:
    """How much of `lane` waits in the outbox, and since when."""
    now = clock.now()
    counts = store.outbox.status(lane)
    last = counts.last_confirmed_us
    return LaneStatus(
        lane=lane,
        waiting=counts.waiting,
        failed=counts.failed,
        oldest_age_s=None if counts.oldest_us is None else max((now.utc_us - counts.oldest_us) / 1e6, 0.0),
        last_delivered=None
        if last is None
        else msgspec.structs.replace(now, utc_us=last).local().isoformat(timespec="seconds"),
        trouble=trouble,
    )
