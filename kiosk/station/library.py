"""One scanner's library as a cache of the store, for as long as the scanner stays connected.

The store decides. `settle` compares both sides and makes lists of what has to be done; `work` does one piece of it, so that people are
served in between.
"""

import logging
from collections import deque
from collections.abc import Callable

from drivers import Capability, Scanner
from kiosk.attendance import Shift
from kiosk.models import Finger, SlotState
from kiosk.station.identity import Identity, LibraryError, Standing, costly, foreign
from kiosk.station.plan import expected, plan
from kiosk.station.shelf import NotProvenError, Setbacks, Shelf
from kiosk.station.vault import Vault
from kiosk.store import Store

log = logging.getLogger(__name__)

RECENT = 20_000
"""Members who punched last, and are expected to punch again."""


class Library:
    """The library of `scanner`, which is open, at `station`; `on_now` tells the shifts whose people are expected now.

    Every method may raise ScannerError and StoreError.
    """

    def __init__(
        self,
        station: str,
        scanner: Scanner,
        store: Store,
        vault: Vault,
        setbacks: Setbacks,
        on_now: Callable[[], tuple[Shift, ...]],
    ) -> None:
        self.absent = 0
        self.shelf = Shelf(station, scanner, store, vault, setbacks)
        self._station = station
        self._scanner = scanner
        self._store = store
        self._vault = vault
        self._on_now = on_now
        self._identity = Identity(station, scanner, store, vault)
        self._seen: tuple[object, ...] = ()
        self._foreign: deque[int] = deque()
        self._evict: deque[str] = deque()
        self._missing: deque[str] = deque()
        self._unproven: deque[int] = deque()
        self._patrolling = False

    @property
    def waiting(self) -> int:
        """Fingers that are still to be written into the scanner."""
        return len(self._missing)

    @property
    def busy(self) -> bool:
        """Whether `work` has anything to do."""
        return bool(self._foreign or self._evict or self._missing or self._unproven)

    def settle(self, *, erase: bool = False) -> None:
        """Bring scanner and store to agreement, as far as that is quick; the rest is left to `work`.

        `erase` is an administrator's word that a FOREIGN scanner may be made ours. Raises LibraryError when nobody may be credited.
        """
        found = Standing.FREE if erase else self._identity.standing()
        if found is Standing.OURS:
            self._identity.confirm()
        else:
            self._take_over(found, erase=erase)
        rows = self.shelf.survey()
        for row in rows.values():
            # What was written down and never proven is undone: an enrolment, or a template on its way in.
            if row.state is SlotState.WRITING:
                if row.slot in self.shelf.used:
                    self.shelf.empty(row.slot)
                self.shelf.release(row)
            elif row.slot not in self.shelf.used:
                self.shelf.release(row)
        self._plan()

    def same(self) -> bool:
        """Whether the scanner is still the one that was settled, as far as one exchange can tell."""
        return self._identity.same()

    def agrees(self) -> bool:
        """Whether the scanner still uses the slots that it did: some seconds on a slow line with thousands of slots."""
        return self._scanner.used() == self.shelf.used

    def owner(self, slot: int) -> Finger | None:
        """Whose finger lies in `slot`, proven by its content; None if it belongs to nobody.

        Raises NotProvenError when the content is another one: nobody is credited, and the slot is put right.
        """
        finger = self._store.slots.finger_at(self._station, slot)
        if finger is not None:
            self._prove(slot, finger)
        return finger

    def work(self) -> bool:
        """Do one piece of what has to be done, within a second or two on a slow line; whether there was any."""
        if self._foreign:
            if self.shelf.claim(self._foreign.popleft()):
                self._plan()
        elif self._evict:
            self.shelf.take_out(self._evict.popleft())
        elif self._missing:
            self.shelf.bring_in(self._missing.popleft())
        elif self._unproven:
            self._prove_quietly(self._unproven.popleft())
        elif self._patrolling:
            self._patrolling = False
            self._look_again()
        else:
            return False
        return True

    def refresh(self) -> None:
        """Plan anew if fingers or members were added or removed since, or a shift has begun or ended: cheap when not."""
        if self._circumstances() != self._seen:
            self._plan()

    def patrol(self) -> None:
        """Have `work` look again into the slot whose proof is the oldest: somebody may have the scanner's wires in hand."""
        self._patrolling = True

    def room(self) -> int | None:
        """An empty slot; made by taking the least expected finger out, if need be. None when no finger may be taken out."""
        slot = self.shelf.free_slot()
        if slot is not None or self.shelf.refuses:
            return slot
        held, movable = self._held(), self._movable()
        for finger in reversed(self._in_order(self._wanted(), held, movable)):
            if finger in movable and finger in held and self.shelf.take_out(finger):
                return self.shelf.free_slot()
        return None

    def slot_of(self, finger: Finger) -> int | None:
        """The slot that holds `finger` and was proven to, or None."""
        row = self.shelf.row_of(finger.id)
        if row is None or row.state is not SlotState.HELD:
            return None
        try:
            self._prove(row.slot, finger)
        except NotProvenError:
            return None
        return row.slot

    def lend(self, finger: Finger) -> int | None:
        """Bring `finger` into a slot now, for a scanner that can compare with nothing else; its slot, or None if that cannot be."""
        if finger.id not in self._movable() or self.room() is None:
            return None
        self.shelf.bring_in(finger.id)
        return self.slot_of(finger)

    def knows(self, finger: Finger) -> bool:
        """Whether `finger` can be recognised at this station, now or once it has been written into the scanner.

        The scanner itself is asked before somebody is turned away because of it.
        """
        if self.shelf.row_of(finger.id) is not None:
            self.settle()
        return self.shelf.row_of(finger.id) is not None or finger.id in self._movable()

    def _take_over(self, found: Standing, *, erase: bool) -> None:
        """Make another scanner ours: empty, with no slot of the store in it. Raises LibraryError if that would cost somebody a finger."""
        if found is Standing.FOREIGN:
            raise foreign(self._scanner, self._store, self._station)
        if not erase and (lost := self._would_lose()):
            raise costly(self._station, lost)
        if self._scanner.used():
            self._scanner.clear()
        for row in self.shelf.rows().values():
            self.shelf.release(row)
        self._identity.adopt()
        log.info("station %s: adopted this %s", self._station, self._scanner.info.model)

    def _would_lose(self) -> int:
        """Fingers that only the scanner which was here before can recognise: their slots are worth more than this empty one."""
        held = [row for row in self.shelf.rows().values() if row.state is SlotState.HELD]
        return sum(not self._vault.has(row.finger_id) for row in held)

    def _plan(self) -> None:
        self._seen = self._circumstances()
        wanted, held, movable = self._wanted(), self._held(), self._movable()
        self._foreign = deque(self.shelf.strangers())
        self._unproven = deque(self.shelf.unproven())
        planned = plan(self._in_order(wanted, held, movable), held, movable, self._scanner.info.capacity)
        self._evict, self._missing = deque(planned.evict), deque(planned.write)
        known = {wanted[finger] for finger in wanted if finger in held or finger in movable}
        self.absent = len(set(wanted.values()) - known)

    def _circumstances(self) -> tuple[object, ...]:
        """What changes when there is something to plan for."""
        store = self._store
        return store.fingers.count(), store.templates.count(), store.members.count(), self._on_now()

    def _wanted(self) -> dict[str, str]:
        """The enrolled fingers of everybody who may punch: id to member's uid."""
        active = {member.uid for member in self._store.members.all() if member.active}
        return {finger.id: finger.member_uid for finger in self._store.fingers.all() if finger.member_uid in active}

    def _held(self) -> set[str]:
        return {row.finger_id for row in self.shelf.rows().values()}

    def _movable(self) -> set[str]:
        """Fingers that can be written into this scanner whenever that is wanted."""
        info = self._scanner.info
        can = Capability.TEMPLATES in info.capabilities
        return self._vault.restorable(info.model, info.template_size) if can else set()

    def _in_order(self, wanted: dict[str, str], held: set[str], movable: set[str]) -> list[str]:
        """Those of `wanted` that this scanner can hold, the most expected first."""
        on_now = self._on_now()
        members = self._store.members.all() if on_now else []
        on_shift = {uid for shift in on_now for uid in shift.whose(members)}
        possible = {finger: uid for finger, uid in wanted.items() if finger in held or finger in movable}
        return expected(possible, self._store.punches.recent(RECENT), held, on_shift)

    def _prove(self, slot: int, finger: Finger) -> None:
        try:
            self.shelf.prove(slot, finger)
        except NotProvenError as error:
            if error.changed:
                self._plan()  # somebody may have to be written anew
            raise

    def _look_again(self) -> None:
        slot = self.shelf.oldest_proof()
        if slot is not None and not self.shelf.still_holds(slot):
            log.error("station %s: slot %d was changed behind the kiosk's back", self._station, slot)
            self.settle()

    def _prove_quietly(self, slot: int) -> None:
        try:
            self.owner(slot)
        except NotProvenError as error:
            log.warning("station %s: %s", self._station, error)


__all__ = ["Library", "LibraryError", "NotProvenError"]
