"""Whose finger lies in which slot of which station's scanner, and that its owner agreed."""

from typing import Any

from kiosk.models import Consent, Finger, FingerName, FingerState
from kiosk.store.database import Database
from kiosk.store.errors import StoreConflict

_SELECT = """
SELECT id, member_uid, name, station, slot, state, consent_text, consent_witness, consent_us, created_us
FROM fingers WHERE """


class Fingers:
    """The table of that name. An enrolment is PENDING here before the scanner is told: a power cut leaves a trace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, finger: Finger) -> None:
        """Write down, as PENDING, that `finger` is about to be put into its slot.

        Raises StoreConflict if the slot is taken, the id is used, or the member is not in the store.
        """
        with self._database.atomic():
            self._database.utils().table("fingers").insert(
                {
                    "id": finger.id,
                    "member_uid": finger.member_uid,
                    "name": finger.name.value,
                    "station": finger.station,
                    "slot": finger.slot,
                    "state": FingerState.PENDING.value,
                    "consent_text": finger.consent.text_version,
                    "consent_witness": finger.consent.witness,
                    "consent_us": finger.consent.given_us,
                    "created_us": finger.created_us,
                }
            )

    def confirm(self, finger_id: str) -> None:
        """Count it from now on: the scanner recognised it. Raises StoreConflict if there is no such finger."""
        if not self._database.write("UPDATE fingers SET state = 'enrolled' WHERE id = ?", (finger_id,)):
            raise StoreConflict(f"there is no finger {finger_id}", cure="Enrol the finger again.")

    def forget(self, finger_id: str) -> None:
        """Remove it; nothing happens if it is not there."""
        self._database.write("DELETE FROM fingers WHERE id = ?", (finger_id,))

    def at(self, station: str, slot: int) -> Finger | None:
        """Return the ENROLLED finger in this slot: a pending one credits nobody."""
        found = self._read("station = ? AND slot = ? AND state = 'enrolled'", station, slot)
        return found[0] if found else None

    def of_station(self, station: str) -> list[Finger]:
        """List all that this station's scanner should hold, pending ones too, by slot."""
        return self._read("station = ? ORDER BY slot", station)

    def of_member(self, uid: str) -> list[Finger]:
        """List all of one member's, at every station, in the order of enrolment."""
        return self._read("member_uid = ? ORDER BY created_us, id", uid)

    def pending(self, station: str) -> list[Finger]:
        """List the enrolments at this station that were begun and never confirmed."""
        return self._read("station = ? AND state = 'pending' ORDER BY slot", station)

    def count(self) -> int:
        """Count the ENROLLED ones."""
        return int(self._database.cached_row("SELECT count(*) FROM fingers WHERE state = 'enrolled'")[0])

    def _read(self, condition: str, *values: str | int) -> list[Finger]:
        return [_finger(row) for row in self._database.each(_SELECT + condition, values)]


def _finger(row: tuple[Any, ...]) -> Finger:
    finger_id, member_uid, name, station, slot, state, *consent, created_us = row
    return Finger(
        finger_id, member_uid, FingerName(name), station, slot, FingerState(state), Consent(*consent), created_us
    )
