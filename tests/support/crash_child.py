"""A process that punches through the real store and says what it was promised, for the power to be cut under it.

    python -m tests.support.crash_child STORE COUNT SYNCHRONOUS CHECKPOINT

Prints `ack punch ID`, `ack claim ID` and `ack settle ID` only after the store has returned; `unknown ID` or `refused ID` when it
raised, and ends there with the error's exit code.
"""

import os
import sys
from pathlib import Path

from kiosk.clock import FakeClock
from kiosk.models import DeliveryState, Lane
from kiosk.store import SaveUnknown, Store, StoreError
from kiosk.store.database import PRAGMAS
from tests.support.store import delivery, punch

MEMBERS = 5
REOPEN_EVERY = 13


def say(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


def deliver(store: Store) -> None:
    claimed = store.outbox.claim(Lane.ATTENDANCE)
    if claimed is None:
        return
    say("ack", "claim", claimed.id)
    store.outbox.settle(claimed.seq, DeliveryState.CONFIRMED, "accepted", 1)
    say("ack", "settle", claimed.id)


def main() -> int:
    path, count, synchronous, checkpoint = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    pragmas = PRAGMAS | {"synchronous": synchronous, "wal_autocheckpoint": checkpoint}
    try:
        store = Store.open(path, pragmas=pragmas)
    except StoreError as error:
        say("refused", "to-open")
        return int(error.exit_code)
    clock = FakeClock()
    for number in range(count):
        new = punch(clock, f"M{number % MEMBERS:05}")
        try:
            store.punches.record(new, [delivery(new), delivery(new, Lane.SMS, b"{}")])
        except StoreError as error:
            say("unknown" if isinstance(error, SaveUnknown) else "refused", new.id)
            return int(error.exit_code)
        say("ack", "punch", new.id)
        if number % 3 == 2:
            deliver(store)
        if number % REOPEN_EVERY == REOPEN_EVERY - 1:
            store.close()
            store = Store.open(path, pragmas=pragmas)
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
