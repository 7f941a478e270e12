"""Who may punch by number and PIN, and how often each was guessed wrongly."""

import msgspec

from kiosk.store.database import Database


class Pin(msgspec.Struct, frozen=True):
    """A member's PIN as `kiosk.pins.hash_pin` left it, and the attempts that were begun since the last right one."""

    hash: str
    failures: int

    def __repr__(self) -> str:
        return f"Pin(failures={self.failures})"


class Pins:
    """The table of that name. A PIN is never here, only its hash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, uid: str, pin_hash: str, now_us: int) -> None:
        """Let the member punch by the PIN with this hash from `now_us` (UTC) on, instead of any earlier one; failures are forgotten.

        Raises StoreConflict if the member is not in the store.
        """
        sql = "INSERT INTO pins (member_uid, hash, failures, set_us) VALUES (?, ?, 0, ?) ON CONFLICT (member_uid) "
        sql += "DO UPDATE SET hash = excluded.hash, failures = 0, set_us = excluded.set_us"
        self._database.write(sql, (uid, pin_hash, now_us))

    def get(self, uid: str) -> Pin | None:
        """Return the member's PIN, or None if they have none."""
        row = self._database.row("SELECT hash, failures FROM pins WHERE member_uid = ?", (uid,))
        return None if row is None else Pin(*row)

    def count_failure(self, uid: str) -> int:
        """Count an attempt as failed before it is looked at, and return the new count; 0 for a member without a PIN.

        It is on disk when this returns, so that cutting the power does not win a free attempt. Raises StoreError inside `atomic`.
        """
        counted = "UPDATE pins SET failures = failures + 1 WHERE member_uid = ?"
        if not self._database.write_through(counted, (uid,)):
            return 0
        pin = self.get(uid)
        return 0 if pin is None else pin.failures

    def clear_failures(self, uid: str) -> None:
        """Forget the failures: the PIN was right."""
        self._database.write("UPDATE pins SET failures = 0 WHERE member_uid = ?", (uid,))

    def remove(self, uid: str) -> None:
        """Take the PIN away; nothing happens if there is none."""
        self._database.write("DELETE FROM pins WHERE member_uid = ?", (uid,))

    def uids(self) -> list[str]:
        """List who has a PIN."""
        return [uid for (uid,) in self._database.each("SELECT member_uid FROM pins ORDER BY member_uid")]
