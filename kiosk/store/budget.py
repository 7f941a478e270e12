"""The requests that were spent, so that neither a restart nor a wrong clock makes the kiosk ask more than it may."""

from kiosk.models import Moment
from kiosk.store.database import Database

KEPT = 10_000
"""Requests remembered one by one: more than any platform allows in a minute."""
DAYS_KEPT = 40

_COUNT = "INSERT INTO request_days VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET spent = spent + 1"
_FORGET_DAYS = """
DELETE FROM request_days WHERE day <= (SELECT day FROM request_days ORDER BY day DESC LIMIT 1 OFFSET ?)
"""


class Budget:
    """The tables `requests` and `request_days`; both prune themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def spend(self, at: Moment, day: str) -> None:
        """Write down one request, made `at`, that counts for the platform's day `day` (ISO date)."""
        with self._database.atomic():
            values = (at.utc_us, at.boot_id, at.boottime_us)
            self._database.write("INSERT INTO requests (utc_us, boot_id, boottime_us) VALUES (?, ?, ?)", values)
            self._database.write("DELETE FROM requests WHERE seq <= (SELECT max(seq) FROM requests) - ?", (KEPT,))
            self._database.write(_COUNT, (day,))
            self._database.write(_FORGET_DAYS, (DAYS_KEPT,))

    def ages_us(self, now: Moment, window_us: int) -> list[int]:
        """List the ages (µs) of the requests made less than `window_us` ago, newest last.

        Within a boot the boot clock tells. A request of an earlier boot is as old as the wall clock says, and at the
        very least as old as this boot: so a clock set back cannot make it young again for longer than that.
        """
        ages = []
        for utc_us, boot_id, boottime_us in self._database.each(
            "SELECT utc_us, boot_id, boottime_us FROM requests ORDER BY seq DESC"
        ):
            same_boot = boot_id == now.boot_id
            age = now.boottime_us - boottime_us if same_boot else max(now.utc_us - utc_us, now.boottime_us)
            if age >= window_us:
                break
            ages.append(max(age, 0))
        return ages[::-1]

    def spent_on(self, day: str) -> int:
        """How many requests counted for `day`."""
        row = self._database.row("SELECT spent FROM request_days WHERE day = ?", (day,))
        return 0 if row is None else int(row[0])
