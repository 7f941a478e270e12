"""Upgrades of a store, each killed one statement later than the one before, until one gets to the end.

    python -m tests.support.upgrade_child FOLDER next|first

makes FOLDER/1/kiosk.db, FOLDER/2/kiosk.db ...: `next` from the present version to a made-up later one, `first` from the first
version to the present one. A process of its own, because it forks, and pytest has threads.
"""

import os
import signal
import sys
from pathlib import Path

from sqlite_utils import Database as Utils
from sqlite_utils import Migrations

from kiosk.store import Store, opening, schema
from kiosk.store.database import Database
from kiosk.store.migrations import KIOSK, step
from tests.support.old_store import first_version

LATEST = schema.VERSION + 2


def next_version() -> Migrations:
    """The present steps and two more, as a later kiosk would have them."""
    later = Migrations("kiosk")
    later._migrations.extend(KIOSK._migrations)

    @step(later, schema.VERSION + 1)
    def badges(db: Utils) -> None:
        db.executescript("CREATE TABLE badges (id TEXT); INSERT INTO badges VALUES ('a');")
        db.executescript("ALTER TABLE members ADD badge TEXT;")

    @step(later, LATEST)
    def fill(db: Utils) -> None:
        db.executescript("UPDATE members SET badge = uid; CREATE INDEX by_badge ON members (badge);")

    return later


def upgrade_killed_at(path: Path, statement: int, version: int, steps: Migrations) -> bool:
    """Tell whether it got to the end."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    try:
        database = Database(path)
        left = iter(range(statement))

        def count(_sql: str) -> None:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        database.utils().conn.set_trace_callback(count)
        opening.upgrade(database, version, steps)
        os._exit(0)
    finally:
        os._exit(1)


def main() -> None:
    first = sys.argv[2] == "first"
    for statement in range(1, 200):
        path = Path(sys.argv[1]) / str(statement) / "kiosk.db"
        path.parent.mkdir()
        if first:
            first_version(path)
            done = upgrade_killed_at(path, statement, 1, KIOSK)
        else:
            Store.open(path).close()
            done = upgrade_killed_at(path, statement, schema.VERSION, next_version())
        if done:
            return
    sys.exit("no upgrade got to its end")


if __name__ == "__main__":
    main()
