"""The fingers' templates, sealed, and the digests that prove what lies in a scanner's slot."""

from collections.abc import Collection

from kiosk.models import SealedTemplate
from kiosk.store.database import Database

_SELECT = "SELECT finger_id, model, size, digest, key_id, sealed FROM templates WHERE "
_PUT = """
INSERT INTO templates (finger_id, model, size, digest, key_id, sealed) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (finger_id, model) DO UPDATE
SET size = excluded.size, digest = excluded.digest, key_id = excluded.key_id, sealed = excluded.sealed
"""
_OTHER_KEYS = "key_id <> ? ORDER BY finger_id, model LIMIT ? OFFSET ?"


class Templates:
    """The table of that name: one row for each finger and model of scanner. A finger's rows go when it is forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, template: SealedTemplate) -> None:
        """Add or replace one. Raises StoreConflict if there is no such finger, or the digest is not 32 bytes."""
        self._database.write(
            _PUT,
            (template.finger_id, template.model, template.size, template.digest, template.key_id, template.sealed),
        )

    def get(self, finger_id: str, model: str) -> SealedTemplate | None:
        """Return the finger's template for scanners of `model`."""
        found = self._read("finger_id = ? AND model = ?", finger_id, model)
        return found[0] if found else None

    def of_finger(self, finger_id: str) -> list[SealedTemplate]:
        """List the finger's templates, by model."""
        return self._read("finger_id = ? ORDER BY model", finger_id)

    def count(self) -> int:
        """Count the copies."""
        return int(self._database.cached_row("SELECT count(*) FROM templates")[0])

    def page(self, after: tuple[str, str], limit: int) -> list[SealedTemplate]:
        """List the copies of fingers that count, `limit` of them behind the finger and model `after`, in that order."""
        condition = "(finger_id, model) > (?, ?) AND finger_id IN (SELECT id FROM fingers WHERE state = 'enrolled')"
        return self._read(condition + " ORDER BY finger_id, model LIMIT ?", *after, limit)

    def restorable(self, model: str, size: int | None, key_ids: Collection[str]) -> set[str]:
        """Collect the ids of fingers with a copy for `model` under one of these keys; only those of `size` bytes, if that is known."""
        rows = self._database.each(
            "SELECT finger_id, key_id FROM templates WHERE model = ? AND size = coalesce(?, size)", (model, size)
        )
        return {finger_id for finger_id, key_id in rows if key_id in key_ids}

    def with_digest(self, model: str, digest: bytes) -> str | None:
        """Find the id of the finger whose template for `model` has this digest."""
        row = self._database.row("SELECT finger_id FROM templates WHERE model = ? AND digest = ?", (model, digest))
        return None if row is None else str(row[0])

    def sealed_under_other_keys(self, key_id: str, limit: int, skip: int = 0) -> list[SealedTemplate]:
        """List at most `limit` that are sealed under any key but `key_id`, for a rotation.

        What is sealed anew and put back leaves the list; `skip` passes over as many that could not be opened.
        """
        return self._read(_OTHER_KEYS, key_id, limit, skip)

    def forget_all(self) -> int:
        """Drop every copy: the scanners alone have the templates from now on. Returns how many were dropped."""
        return self._database.write("DELETE FROM templates")

    def _read(self, condition: str, *values: str | int) -> list[SealedTemplate]:
        return [SealedTemplate(*row) for row in self._database.each(_SELECT + condition, values)]
