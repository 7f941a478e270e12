"""What lies in which slot of which station's scanner."""

from kiosk.models import Finger, Slot, SlotState
from kiosk.store.database import Database
from kiosk.store.errors import StoreConflict
from kiosk.store.fingers import finger_of

_SELECT = "SELECT station, slot, finger_id, state, digest FROM slots WHERE "
_FINGER_AT = """
SELECT id, member_uid, name, fingers.state, consent_text, consent_witness, consent_us, created_us
FROM slots JOIN fingers ON fingers.id = slots.finger_id
WHERE station = ? AND slot = ? AND slots.state = 'held' AND fingers.state = 'enrolled'
"""


class Slots:
    """The table of that name. A slot is WRITING here before the scanner is told: a power cut leaves a trace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, slot: Slot) -> None:
        """Write down, as WRITING whatever it says of itself, that the finger is about to be put into `slot`.

        Raises StoreConflict if the slot is taken, the finger has one at that station, or there is no such finger.
        """
        values = (slot.station, slot.slot, slot.finger_id)
        self._database.write("INSERT INTO slots (station, slot, finger_id, state) VALUES (?, ?, ?, 'writing')", values)

    def hold(self, station: str, slot: int, digest: bytes | None) -> None:
        """Credit hits in this slot from now on: its finger was proven to be there, and its content has this `digest`.

        Raises StoreConflict if nothing was reserved.
        """
        sql = "UPDATE slots SET state = 'held', digest = ? WHERE station = ? AND slot = ?"
        if not self._database.write(sql, (digest, station, slot)):
            raise StoreConflict(f'slot {slot} of station "{station}" was not reserved')

    def free(self, station: str, slot: int) -> None:
        """Forget what lay there; nothing happens if nothing did."""
        self._database.write("DELETE FROM slots WHERE station = ? AND slot = ?", (station, slot))

    def finger_at(self, station: str, slot: int) -> Finger | None:
        """Return the finger that a hit in this slot means: only one that is ENROLLED, in a slot that is HELD."""
        row = self._database.row(_FINGER_AT, (station, slot))
        return None if row is None else finger_of(row)

    def of_station(self, station: str) -> list[Slot]:
        """List what this station's scanner should hold, and what is being written into it, by slot."""
        return self._read("station = ? ORDER BY slot", station)

    def stations(self) -> list[str]:
        """List the stations that have slots, by name."""
        return [
            station for (station,) in self._database.each("SELECT DISTINCT station FROM slots ORDER BY station", ())
        ]

    def of_finger(self, finger_id: str) -> list[Slot]:
        """List the slots of one finger, by station."""
        return self._read("finger_id = ? ORDER BY station", finger_id)

    def with_digest(self, digest: bytes) -> str | None:
        """Find the id of a finger that has a slot with this content, at whatever station."""
        row = self._database.row("SELECT finger_id FROM slots WHERE digest = ? AND state = 'held' LIMIT 1", (digest,))
        return None if row is None else str(row[0])

    def _read(self, condition: str, *values: str) -> list[Slot]:
        return [
            Slot(station, slot, finger_id, SlotState(state), digest)
            for station, slot, finger_id, state, digest in self._database.each(_SELECT + condition, values)
        ]
