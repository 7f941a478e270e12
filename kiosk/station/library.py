"""One scanner's library as a cache of the store, for as long as the scanner stays connected.

The store decides. `settle` compares both sides and makes lists of what has to be done; `work` does one piece of it, so that people are
served in between.
"""

import logging
from collections import deque
from collections.abc import Sequence

from drivers import Capability, ProtocolError, Scanner
from kiosk import attendance
from kiosk.clock import Clock
from kiosk.models import ClockState, Finger, Member, Moment, SlotState
from kiosk.station.identity import Identity, Standing, costly, foreign
from kiosk.station.plan import Outlook, expected, plan
from kiosk.station.reading import NotProvenError, UnreadableError
from kiosk.station.setbacks import Setbacks
from kiosk.station.shelf import Shelf
from kiosk.station.vault import Vault
from kiosk.store import Store

log = logging.getLogger(__name__)


class Library:
    """The library of `scanner`, which is open, at `station`; `shifts` and `clock` tell who is expected.

    Every method may raise ScannerError and StoreError.
    """

    def __init__(
        self,
        station: str,
        scanner: Scanner,
        store: Store,
        vault: Vault,
        clock: Clock,
        setbacks: Setbacks,
        shifts: Sequence[attendance.Shift],
    ) -> None:
        self.absent = 0
        self.shelf = Shelf(station, scanner, store, vault, setbacks)
        self._station = station
        self._scanner = scanner
        self._store = store
        self._vault = vault
        self._clock = clock
        self._setbacks = setbacks
        self._shifts = shifts
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
        """Whether the scanner still is the one that was settled and holds as much, as far as a few exchanges can tell."""
        return self._identity.same() and self._scanner.holds(self.shelf.used)

    def agrees(self) -> bool:
        """Whether the scanner still uses the slots that it did: some seconds on a slow line with thousands of slots."""
        return self._scanner.used() == self.shelf.used

    def owner(self, slot: int) -> Finger | None:
        """Whose finger lies in `slot`, proven by its content; None if it belongs to nobody.

        Raises NotProvenError when the content is another one: nobody is credited, and the slot is put right; UnreadableError when that
        could not be done yet.
        """
        finger = self._store.slots.finger_at(self._station, slot)
        if finger is not None:
            self._prove(slot, finger)
        return finger

    def copied(self, slot: int) -> bool:
        """Whether there is a copy of the finger in `slot`, by which it can be recognised without that slot."""
        finger = self._store.slots.finger_at(self._station, slot)
        return finger is not None and self.shelf.copy(finger) is not None

    def work(self) -> bool:
        """Do one piece of what has to be done, within a second or two, or some more on a slow line; whether there was any."""
        if self._foreign:
            self._claim(self._foreign.popleft())
        elif self._evict:
            self.shelf.take_out(self._evict.popleft())
        elif self._missing:
            self._bring_in(self._missing.popleft())
        elif self._unproven:
            self._prove_quietly(self._unproven.popleft())
        elif self._patrolling:
            self._patrolling = False
            self._look_again()
        else:
            return False
        return True

    def refresh(self) -> None:
        """Plan anew if fingers, members or their titles are others since, or a shift has begun or ended: cheap when not."""
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
        held, copies, active = self._held(), self._copies(), self._active()
        for finger in reversed(expected(self._wanted(active), held, self._outlook(active))):
            if finger in copies and finger in held and self.shelf.take_out(finger):
                return self.shelf.free_slot()
        return None

    def enrolled(self, slot: int, finger: Finger) -> None:
        """`finger` was enrolled into `slot` just now, as the store says."""
        self.shelf.filled(slot, finger.id)
        self._plan()

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
        if finger.id not in self._copies() or self.room() is None:
            return None
        self.shelf.bring_in(finger.id)
        return self.slot_of(finger)

    def knows(self, finger: Finger) -> bool:
        """Whether `finger` can be recognised at this station, now or once it has been written into the scanner.

        The scanner itself is asked before somebody is turned away because of it.
        """
        if self.shelf.row_of(finger.id) is not None:
            self.settle()
        return self.shelf.row_of(finger.id) is not None or finger.id in self._copies()

    def _take_over(self, found: Standing, *, erase: bool) -> None:
        """Make another scanner ours: empty, with no slot of the store in it. Raises LibraryError if that would cost somebody a finger."""
        if found is Standing.FOREIGN:
            raise foreign(self._scanner, self._store, self._station)
        if not erase and (lost := self._would_lose()):
            raise costly(self._station, lost)
        if self._scanner.used():
            if found is Standing.EMPTY:
                raise ProtocolError("the scanner said that it is empty, and then that it is not")
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
        active, held, copies = self._active(), self._held(), self._copies()
        wanted = self._wanted(active)
        movable = {finger for finger in copies if not self._setbacks.hopeless(finger)}
        possible = [each for each in wanted if each.id in held or each.id in movable]
        order = expected(possible, held, self._outlook(active))
        planned = plan(order, held, movable, self._scanner.info.capacity)
        self._foreign = deque(self.shelf.strangers())
        self._unproven = deque(self.shelf.unproven())
        self._evict, self._missing = deque(planned.evict), deque(planned.write)
        here = {each.member_uid for each in wanted if each.id in held or each.id in copies}
        self.absent = len({each.member_uid for each in wanted} - here)

    def _circumstances(self) -> tuple[object, ...]:
        """What changes when there is something to plan for; a scanner may turn out to have fewer slots."""
        store, now = self._store, self._clock.now()
        on_now = attendance.running(self._shifts, now)
        capacity = self._scanner.info.capacity
        return store.fingers.revision(), store.templates.count(), store.members.revision, on_now, _unset(now), capacity

    def _active(self) -> list[Member]:
        """Everybody who may punch."""
        return [member for member in self._store.members.all() if member.active]

    def _wanted(self, active: list[Member]) -> list[Finger]:
        """Their enrolled fingers, the first enrolled first."""
        uids = {member.uid for member in active}
        return [finger for finger in self._store.fingers.all() if finger.member_uid in uids]

    def _held(self) -> set[str]:
        return {row.finger_id for row in self.shelf.rows().values()}

    def _copies(self) -> set[str]:
        """Fingers of which there are copies for this scanner, which can therefore be taken out of it, and written into it."""
        info = self._scanner.info
        can = Capability.TEMPLATES in info.capabilities
        return self._vault.restorable(info.model, info.template_size) if can else set()

    def _outlook(self, active: list[Member]) -> Outlook:
        now = self._clock.now()
        phases: dict[str, attendance.Phase] = {}
        for shift, phase in attendance.running(self._shifts, now):
            for uid in shift.whose(active):
                phases[uid] = min(phase, phases.get(uid, phase))
        last = self._store.punches.last_of({member.uid for member in active})
        return Outlook(None if _unset(now) else now.utc_us, phases, last)

    def _claim(self, slot: int) -> None:
        if self.shelf.claim(slot):
            self._plan()
        elif slot in self.shelf.strangers():
            self._foreign.append(slot)  # not read, or not emptied: once more

    def _bring_in(self, finger: str) -> None:
        if not self.shelf.bring_in(finger):
            self._plan()

    def _prove(self, slot: int, finger: Finger) -> None:
        try:
            self.shelf.prove(slot, finger)
        except UnreadableError as error:
            if self._mended(slot):
                raise NotProvenError(str(error)) from error
            raise
        except NotProvenError:
            self._plan()  # somebody may have to be written anew
            raise

    def _mended(self, slot: int) -> bool:
        """Do what can be done about a slot that was not read; whether that changed the store's rows. If not, it is tried once more."""
        if not self.agrees():
            self.settle()  # there is nothing in it, and perhaps in others neither
            return True
        if self.shelf.leave_out(slot):
            self._plan()
            return True
        if slot not in self._unproven and not self._setbacks.hopeless(slot):
            self._unproven.append(slot)
        return False

    def _look_again(self) -> None:
        slot = self.shelf.oldest_proof()
        if slot is None:
            return
        try:
            if not self.shelf.still_holds(slot):
                log.error("station %s: slot %d was changed behind the kiosk's back", self._station, slot)
                self.settle()
        except UnreadableError as error:
            log.warning("station %s: %s", self._station, error)
            self._mended(slot)

    def _prove_quietly(self, slot: int) -> None:
        try:
            self.owner(slot)
        except NotProvenError as error:
            log.warning("station %s: %s", self._station, error)


def _unset(now: Moment) -> bool:
    return now.state is ClockState.UNSYNCED
