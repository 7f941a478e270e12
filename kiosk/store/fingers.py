"""Whose finger it is, and that its owner agreed; in which slots it lies is told by `slots.py`."""

from typing import Any

from kiosk.models import Consent, Finger, FingerName, FingerState
from kiosk.store.database import Database
from kiosk.store.errors import StoreConflict

_SELECT = """
SELECT id, member_uid, name, state, consent_text, consent_witness, consent_us, created_us FROM fingers WHERE """
_INSERT = "INSERT INTO fingers VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class Fingers:
    """The table of that name. An enrolment is PENDING here before the scanner is told: a power cut leaves a trace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, finger: Finger) -> None:
        """Write down, as PENDING, that `finger` is about to be enrolled.

        Raises StoreConflict if the member has a finger of that name, enrolled or left half enrolled (free its slots and forget it
        first), if the id is used, or if the member is not in the store.
        """
        with self._database.atomic():
            self._refuse_second(finger)
            consent = finger.consent
            self._database.write(
                _INSERT,
                (
                    finger.id,
                    finger.member_uid,
                    finger.name.value,
                    FingerState.PENDING.value,
                    consent.text_version,
                    consent.witness,
                    consent.given_us,
                    finger.created_us,
                ),
            )

    def confirm(self, finger_id: str) -> None:
        """Count it from now on: the scanner recognised it. Raises StoreConflict if there is no such finger."""
        if not self._database.write("UPDATE fingers SET state = 'enrolled' WHERE id = ?", (finger_id,)):
            raise StoreConflict(f"there is no finger {finger_id}", cure="Enrol the finger again.")

    def renew_consent(self, finger_id: str, consent: Consent) -> None:
        """Its owner consented again, for another scanner: the latest consent is the one that counts."""
        self._database.write(
            "UPDATE fingers SET consent_text = ?, consent_witness = ?, consent_us = ? WHERE id = ?",
            (consent.text_version, consent.witness, consent.given_us, finger_id),
        )

    def forget(self, finger_id: str) -> None:
        """Remove it with its consent, its slots and its templates; nothing happens if it is not there.

        Its id stays in the punches it made, and points nowhere.
        """
        self._database.write("DELETE FROM fingers WHERE id = ?", (finger_id,))  # the others follow: ON DELETE CASCADE

    def get(self, finger_id: str) -> Finger | None:
        """Return the finger with this id, pending or enrolled."""
        return self._one("id = ?", finger_id)

    def named(self, uid: str, name: FingerName) -> Finger | None:
        """Return the member's finger of this name, pending or enrolled."""
        return self._one("member_uid = ? AND name = ?", uid, name.value)

    def of_member(self, uid: str) -> list[Finger]:
        """List all of one member's, pending ones too, in the order of enrolment."""
        return self._read("member_uid = ? ORDER BY created_us, id", uid)

    def all(self, state: FingerState = FingerState.ENROLLED) -> list[Finger]:
        """List everybody's fingers that are in `state`, in the order of enrolment."""
        return self._read("state = ? ORDER BY created_us, id", state.value)

    def count(self) -> int:
        """Count the ENROLLED ones."""
        return int(self._database.cached_row("SELECT count(*) FROM fingers WHERE state = 'enrolled'")[0])

    def revision(self) -> tuple[int, int | None]:
        """Another one whenever somebody was enrolled, for the first time or again, or forgotten."""
        count, latest = self._database.cached_row(
            "SELECT count(*), max(consent_us) FROM fingers WHERE state = 'enrolled'"
        )
        return int(count), latest

    def _refuse_second(self, finger: Finger) -> None:
        known = self.named(finger.member_uid, finger.name)
        if known is None:
            return
        if known.state is FingerState.ENROLLED:
            raise StoreConflict(
                f"the {finger.name} is enrolled already", cure="Enrol another finger, or forget this one."
            )
        raise StoreConflict(
            f"an enrolment of the {finger.name} was left half done", cure="Let the kiosk undo it first."
        )

    def _one(self, condition: str, *values: str) -> Finger | None:
        row = self._database.row(_SELECT + condition, values)
        return None if row is None else finger_of(row)

    def _read(self, condition: str, *values: str) -> list[Finger]:
        return [finger_of(row) for row in self._database.each(_SELECT + condition, values)]


def finger_of(row: tuple[Any, ...]) -> Finger:
    """Make a finger of a row's eight columns, in the order of the table."""
    finger_id, member_uid, name, state, *consent, created_us = row
    return Finger(finger_id, member_uid, FingerName(name), FingerState(state), Consent(*consent), created_us)
