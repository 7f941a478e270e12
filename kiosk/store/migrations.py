"""From any older store to the present one: each step is one transaction, which also records that the step was taken.

Imported only when there is something to do. The first step makes a new store; before any later one, `backup.copy` has
run.
"""

from collections.abc import Callable

import sqlite_utils
from sqlite_utils import Migrations

from kiosk.store import schema

Step = Callable[[sqlite_utils.Database], None]


def step(steps: Migrations, version: int) -> Callable[[Step], Step]:
    """Register a step that leaves the store at `version`; the number changes in the step's own transaction."""

    def register(change: Step) -> Step:
        def run(db: sqlite_utils.Database) -> None:
            change(db)
            db.execute(f"PRAGMA user_version = {version}")

        steps(name=f"{version:04}-{change.__name__}")(run)
        return change

    return register


KIOSK = Migrations("kiosk")


@step(KIOSK, 1)
def first(db: sqlite_utils.Database) -> None:
    """Everything that the first kiosk needs."""
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.executescript(schema.FIRST)


@step(KIOSK, 2)
def once_for_all_stations(db: sqlite_utils.Database) -> None:
    """Fingers apart from the slots they lie in; templates, PINs, and how a punch was made."""
    db.executescript(schema.SECOND)
