"""One scanner's slots, and the store's rows for them: reading, writing, emptying and proving one at a time.

No slot credits anybody before its content was read back and found to be what the store says: a scanner whose slots were shuffled,
rewritten or exchanged while nobody looked has the right number of fingers, in the right slots. And no content that the store knows is
thrown away because it lies in another slot than it should: then the store's rows are put right. Nor is any because of one reading: the
sums on the line let some damage through.
"""

import logging

from drivers import Capability, DeviceError, ProtocolError, Scanner, Template, UnsupportedError
from kiosk.models import Finger, FingerState, Slot, SlotState
from kiosk.station.reading import NotProvenError, UnreadableError, heard, read_slot
from kiosk.station.setbacks import Setbacks
from kiosk.station.vault import Vault
from kiosk.store import Store, StoreConflict

log = logging.getLogger(__name__)

READINGS = 3
"""Times that a slot is read at most until two readings in a row agree: one alone costs nobody their template."""


class Shelf:
    """The slots of `scanner` at `station`. `used` mirrors the scanner's index. Every method may raise ScannerError and StoreError."""

    def __init__(self, station: str, scanner: Scanner, store: Store, vault: Vault, setbacks: Setbacks) -> None:
        self.used: set[int] = set()
        self._station = station
        self._scanner = scanner
        self._store = store
        self._vault = vault
        self._setbacks = setbacks
        self._proven: dict[int, str] = {}
        self._glitches = scanner.glitches
        self._lost: dict[bytes, str] = {}

    @property
    def refuses(self) -> bool:
        """Whether nothing can be written into this scanner any more."""
        return self._setbacks.too_many

    def survey(self) -> dict[int, Slot]:
        """Ask the scanner which slots are in use, believe nothing of what was proven before, and return the store's rows.

        If one is not that should be, they are asked for twice: such a row will be freed.
        """
        self._proven.clear()
        used, rows = self._scanner.used(), self.rows()
        if rows.keys() - used and self._scanner.used() != used:
            raise ProtocolError("the scanner tells something else each time it is asked which slots are in use")
        self.used = set(used)
        return rows

    def rows(self) -> dict[int, Slot]:
        """The store's rows by slot."""
        return {slot.slot: slot for slot in self._store.slots.of_station(self._station)}

    def row_of(self, finger_id: str) -> Slot | None:
        """The store's row for a finger, or None."""
        return next((slot for slot in self._store.slots.of_finger(finger_id) if slot.station == self._station), None)

    def strangers(self) -> list[int]:
        """Slots in use that belong to nobody, as far as something can be done about them."""
        return sorted(slot for slot in self.used - self.rows().keys() if not self._setbacks.hopeless(slot))

    def unproven(self) -> list[int]:
        """Slots that hold a finger of the store's, as far as nobody has looked, and looking may help."""
        held = [slot for slot, row in self.rows().items() if self._proven.get(slot) != row.finger_id]
        return sorted(slot for slot in held if slot in self.used and not self._setbacks.hopeless(slot))

    def free_slot(self) -> int | None:
        """The lowest slot that is empty on both sides, of those that failed least; None where there is none, or all fail."""
        info, rows = self._scanner.info, self.rows()
        if self.refuses or len(self.used) >= info.capacity:  # a scanner may have more slots than it takes fingers
            return None
        slots = range(info.slot_base, info.slot_base + info.capacity)
        free = (slot for slot in slots if not (slot in self.used or slot in rows or self._setbacks.avoids(slot)))
        return min(free, key=self._setbacks.failures, default=None)

    def filled(self, slot: int, finger_id: str) -> None:
        """`slot` holds this finger, as the store says: it was seen just now."""
        self.used.add(slot)
        self._proven[slot] = finger_id

    def empty(self, slot: int) -> None:
        """Empty a slot of the scanner. One that cannot be emptied belongs to nobody, credits nobody, and is left out."""
        self._proven.pop(slot, None)
        try:
            with heard(self._scanner):
                self._scanner.delete(slot)
        except (DeviceError, ProtocolError) as error:
            self._setbacks.note(slot)
            self.used.add(slot)
            log.warning("station %s: slot %d is not emptied: %s", self._station, slot, error)
        else:
            self.used.discard(slot)

    def doubt(self, slot: int) -> None:
        """Something failed that had to do with `slot`: another one is the better choice the next time."""
        self._setbacks.doubt(slot)

    def release(self, slot: Slot) -> None:
        """Free a slot in the store; an enrolment that never was confirmed goes with it."""
        self._proven.pop(slot.slot, None)
        self._remember(slot)
        with self._store.atomic():
            self._store.slots.free(slot.station, slot.slot)
            finger = self._store.fingers.get(slot.finger_id)
            if finger is not None and finger.state is FingerState.PENDING:
                self._store.fingers.forget(finger.id)

    def copy(self, finger: Finger) -> Template | None:
        """The store's template of the finger as this scanner takes it; None if there is none that can be opened."""
        template = self._vault.fetch(finger, self._scanner.info.model)
        return template if template is not None and self._fits(template) else None

    def take_out(self, finger_id: str) -> bool:
        """Free the slot of a finger of which there is a copy, on both sides; whether that was done."""
        row = self.row_of(finger_id)
        if row is None or not self._has_copy(finger_id):
            return False
        self._give_back(row)
        return True

    def bring_in(self, finger_id: str) -> bool:
        """Write a finger's copy into an empty slot, and prove it; nothing happens where that cannot be, or failed too often.

        Returns False if it failed just now: another slot may do, or somebody else may have this one.
        """
        finger, slot = self._store.fingers.get(finger_id), self.free_slot()
        if finger is None or slot is None or self._setbacks.hopeless(finger_id) or self.row_of(finger_id) is not None:
            return True
        template = self._vault.fetch(finger, self._scanner.info.model)
        if template is None:
            self._setbacks.give_up(finger_id)
            return False
        if not self._fits(template):
            return False
        try:
            self._store.slots.reserve(Slot(self._station, slot, finger_id, SlotState.WRITING))
            return self._write(finger_id, slot, template)
        except StoreConflict:
            self.used.add(slot)
            log.info("station %s: finger %s was removed while it was written", self._station, finger_id)
            return True

    def prove(self, slot: int, finger: Finger) -> None:
        """Make sure that `slot` holds `finger`. Raises NotProvenError if it does not, UnreadableError if nobody can tell."""
        if self._glitches != self._scanner.glitches:
            # The scanner may have been exchanged between its answer and what came before it.
            self._glitches = self._scanner.glitches
            self._proven.clear()
        if self._proven.get(slot) == finger.id:
            return
        if Capability.TEMPLATES in self._scanner.info.capabilities:
            try:
                self._compare(slot, finger)
            except StoreConflict as error:
                raise NotProvenError(f"slot {slot}: its finger was removed meanwhile") from error
        self._proven[slot] = finger.id

    def oldest_proof(self) -> int | None:
        """The slot that nobody has looked into for the longest time, of those that were proven; None if there is none."""
        return next(iter(self._proven), None)

    def still_holds(self, slot: int) -> bool:
        """Whether a slot that was proven still holds what it did, as far as this scanner lets anybody look.

        Raises UnreadableError if nobody can tell; it is proven no more then.
        """
        proven = self._proven.pop(slot)
        row = self.rows().get(slot)
        if row is not None and Capability.TEMPLATES in self._scanner.info.capabilities:
            seen = self._read(slot)
            if self._vault.digest(seen) != row.digest and self._vault.digest(self.read(slot, seen)) != row.digest:
                return False
            self._setbacks.recovered(slot)
        self._proven[slot] = proven
        return True

    def leave_out(self, slot: int) -> bool:
        """Give up a slot that could not be read however often it was tried: it is emptied, and holds nobody's finger any more.

        One with a finger's only template has to be bad by the scanner's own word, each time: a line that loses bytes shall cost nobody
        their enrolment. And where slot after slot is bad, it is not the slots. Returns whether it was given up.
        """
        row = self.rows().get(slot)
        if row is None or self.refuses or not self._setbacks.hopeless(slot):
            return False
        if not self._setbacks.surely_bad(slot) and not self._has_copy(row.finger_id):
            return False
        log.error("station %s: slot %d cannot be read, and is left out", self._station, slot)
        self._setbacks.bad(slot)
        self._give_back(row)
        return True

    def claim(self, slot: int) -> bool:
        """Find out whose finger lies in a slot that belongs to nobody: it becomes theirs, or is emptied.

        Returns whether it became somebody's.
        """
        if slot in self.rows() or self._setbacks.hopeless(slot):
            return False
        if Capability.TEMPLATES in self._scanner.info.capabilities:
            try:
                template = self.read(slot)
            except UnreadableError as error:
                log.warning("station %s: %s", self._station, error)
                if not self._setbacks.surely_bad(slot):
                    return False  # it may be somebody's only one
            else:
                known = self._whose(template)
                if known is not None and not self._seen_elsewhere(known):
                    self._move(known, slot, template)
                    return True
        self.empty(slot)
        return False

    def read(self, slot: int, seen: Template | None = None) -> Template:
        """What lies in `slot`, the same twice in a row: to be believed whatever hangs on it. Raises UnreadableError.

        `seen` is what was read there just now, and counts as once.
        """
        trouble = UnreadableError(f"slot {slot} reads differently each time", refused=False)
        found = seen
        for _ in range(READINGS):
            try:
                before, found = found, read_slot(self._scanner, slot)
            except UnreadableError as error:
                trouble = error
                if error.refused:
                    break
                continue
            if found == before:
                return found
        self._unread(slot, trouble)
        raise trouble

    def _write(self, finger_id: str, slot: int, template: Template) -> bool:
        try:
            with heard(self._scanner):
                self._scanner.import_template(slot, template)
        except UnsupportedError as error:
            # Neither the slot nor the finger is to blame: the size of the scanner's templates is known from now on.
            log.info("station %s: finger %s not written: %s", self._station, finger_id, error)
            self._store.slots.free(self._station, slot)
            if self._fits(template):
                self._setbacks.give_up(finger_id)
            return False
        except (DeviceError, ProtocolError) as error:
            self._setbacks.note(finger_id)
            if isinstance(error, DeviceError):
                self._setbacks.bad(slot)
            else:
                self._setbacks.unwritten(slot)
            log.warning("station %s: finger %s not written into slot %d: %s", self._station, finger_id, slot, error)
            self.empty(slot)
            self._store.slots.free(self._station, slot)
            return False
        self._setbacks.written(slot)
        self._store.slots.hold(self._station, slot, self._vault.digest(template))
        self.filled(slot, finger_id)
        return True

    def _compare(self, slot: int, finger: Finger) -> None:
        template, row = self._read(slot), self.rows().get(slot)
        if row is None:
            raise NotProvenError(f"slot {slot}: its finger was removed meanwhile")
        if self._vault.digest(template) != row.digest:
            template = self.read(slot, seen=template)
        self._setbacks.recovered(slot)
        known, found = self._whose(template), self._vault.digest(template)
        if row.digest is None and (known is None or known.id == finger.id):
            # Enrolled before slots were proven: the scanner is ours, so that what it holds is taken for the truth, once.
            self._store.slots.hold(self._station, slot, found)
        elif row.digest != found:
            self._put_right(row, known, template)
            raise NotProvenError(f"slot {slot} did not hold the finger that the store says")
        self._vault.keep(finger, template)

    def _put_right(self, row: Slot, known: Finger | None, template: Template) -> None:
        """The slot belongs to whoever's finger lies in it; if that is nobody's here, or a second copy of it, it is emptied."""
        if known is not None and not self._seen_elsewhere(known):
            self._move(known, row.slot, template)
        else:
            self._give_back(row)

    def _give_back(self, row: Slot) -> None:
        """The store first: a crash in between leaves a slot that belongs to nobody, which is emptied, or claimed, later."""
        self.release(row)
        self.empty(row.slot)

    def _has_copy(self, finger_id: str) -> bool:
        finger = self._store.fingers.get(finger_id)
        return finger is not None and self.copy(finger) is not None

    def _fits(self, template: Template) -> bool:
        """Whether the template has the size of this scanner's, as far as that is known yet."""
        return self._scanner.info.template_size in {None, len(template.data)}

    def _move(self, finger: Finger, slot: int, template: Template) -> None:
        """The finger was seen in `slot`: the store's row for it is put there.

        Whoever's row was there changes places with it, unproven: so nobody's digest is lost, however many slots were shuffled.
        """
        with self._store.atomic():
            old, present = self.row_of(finger.id), self.rows().get(slot)
            for row in (old, present):
                if row is not None:
                    self._store.slots.free(self._station, row.slot)
                    self._proven.pop(row.slot, None)
                    self._remember(row)
            self._put(slot, finger.id, self._vault.digest(template))
            if old is not None and present is not None and old.slot in self.used:
                self._put(old.slot, present.finger_id, present.digest)
        self.filled(slot, finger.id)

    def _seen_elsewhere(self, finger: Finger) -> bool:
        row = self.row_of(finger.id)
        return row is not None and self._proven.get(row.slot) == finger.id

    def _put(self, slot: int, finger_id: str, digest: bytes | None) -> None:
        self._store.slots.reserve(Slot(self._station, slot, finger_id, SlotState.WRITING))
        self._store.slots.hold(self._station, slot, digest)

    def _whose(self, template: Template) -> Finger | None:
        """The finger that the template is of, by the store or by a row that was freed since the scanner was connected."""
        lost = self._lost.get(self._vault.digest(template))
        return self._vault.whose(template) or (None if lost is None else self._store.fingers.get(lost))

    def _remember(self, row: Slot) -> None:
        """Its finger may lie in another slot, and this digest is all that tells."""
        if row.digest is not None and row.state is SlotState.HELD:
            self._lost[row.digest] = row.finger_id

    def _read(self, slot: int) -> Template:
        """What lies in `slot`. Raises UnreadableError if that does not come out of the scanner."""
        try:
            return read_slot(self._scanner, slot)
        except UnreadableError as error:
            self._unread(slot, error)
            raise

    def _unread(self, slot: int, error: UnreadableError) -> None:
        self._setbacks.note(slot)
        if error.refused:
            self._setbacks.refused(slot)
