"""Small things to remember: the time of the last roster, each scanner's tag."""

from kiosk.store.database import Database


class Notes:
    """The table of that name. Keys are dotted names that begin with the part they belong to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """Return what was last put under `key`, or None."""
        row = self._database.row("SELECT value FROM notes WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def put(self, key: str, value: str) -> None:
        """Remember `value` under `key`, instead of what was there."""
        self._database.write(
            "INSERT INTO notes VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )
