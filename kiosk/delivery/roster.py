"""Pulling the roster: who may punch, as Kemru knows them."""

import logging

from kiosk.clock import TRUSTED, Clock
from kiosk.delivery.budget import Budget
from kiosk.delivery.standing import LAST_ROSTER
from kiosk.kemru import Kemru, KemruError
from kiosk.models import Member
from kiosk.store import Store

log = logging.getLogger(__name__)


class Roster:
    """Pulls all members at once. `trouble` says in plain words why the last pull failed; empty if it did not."""

    def __init__(self, kemru: Kemru, store: Store, clock: Clock, budget: Budget) -> None:
        self.trouble = ""
        self._kemru = kemru
        self._store = store
        self._clock = clock
        self._budget = budget

    def pull(self) -> bool:
        """Ask Kemru for everybody and put them into the store; returns whether that worked. Never raises KemruError."""
        now = self._clock.now()
        if now.state not in TRUSTED:
            self.trouble = "the clock is not set; the roster is not asked for until it is"
            return False
        if self._budget.take(now) > 0:
            return False
        try:
            answer = self._kemru.roster()
        except KemruError as error:
            self.trouble = f"the roster could not be pulled: {error}"
            log.warning("%s", self.trouble)
            return False
        if not answer.members:
            # An empty list would lock everybody out on one bad answer; a site without members has nothing to lose by waiting.
            self.trouble = "Kemru's roster is empty; the members known here are kept"
            return False
        missing = self._missing(answer.members) if answer.left_out else []
        change = self._store.members.replace_all([*answer.members, *missing], now.utc_us)
        self._store.notes.put(LAST_ROSTER, now.local().isoformat(timespec="seconds"))
        self.trouble = (
            f"{answer.left_out} record(s) of Kemru's roster could not be read; until they can, nobody is taken off it"
            if answer.left_out
            else ""
        )
        log.info(
            "roster: %d members (%d new, %d changed, %d gone)",
            len(answer.members),
            change.added,
            change.changed,
            change.gone,
        )
        return True

    def _missing(self, members: list[Member]) -> list[Member]:
        """Whoever is not among `members`: any of them may be a record that could not be read, and nobody is locked out on a doubt."""
        there = {member.uid for member in members}
        return [member for member in self._store.members.all() if member.uid not in there]
