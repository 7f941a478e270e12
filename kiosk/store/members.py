"""Everybody who may punch, by the platform's last roster. Whoever leaves it becomes inactive; nobody is deleted."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import msgspec

from kiosk.models import Member
from kiosk.store.database import Database

BATCH = 500
"""Rows a transaction when a roster is taken over: a punch never waits longer than one of these."""

_SELECT = "SELECT uid, name, phone, title, gender, balance, active FROM members "


class RosterChange(msgspec.Struct, frozen=True):
    """What a new roster did: how many members are new, differ, and were active and are not on it any more."""

    added: int
    changed: int
    gone: int


class Members:
    """The table of that name. `revision` changes whenever it is told anew who may punch, or by which title, in this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.revision = 0

    def put(self, member: Member) -> None:
        """Add or replace one member."""
        self._write([member], None)
        self.revision += 1

    def replace_all(self, members: list[Member], now_us: int) -> RosterChange:
        """Make `members` the roster, as of `now_us`. Of several with the same uid the last one counts.

        Only rows that differ are written, in batches: after a power cut in the middle, the next roster does the rest.
        An empty list makes everybody inactive; whether to believe one is for the caller to decide.
        """
        old = {member.uid: member for member in self.all()}
        new = {member.uid: member for member in members}
        added = [member for uid, member in new.items() if uid not in old]
        changed = [member for uid, member in new.items() if uid in old and old[uid] != member]
        gone = [
            msgspec.structs.replace(member, active=False)
            for uid, member in old.items()
            if member.active and uid not in new
        ]
        rest = iter([*added, *changed, *gone])
        while batch := list(islice(rest, BATCH)):
            self._write(batch, now_us)
        # Credits for SMS change at every pull, and make nobody come or go.
        if added or gone or any(_standing(member) != _standing(old[member.uid]) for member in changed):
            self.revision += 1
        return RosterChange(added=len(added), changed=len(changed), gone=len(gone))

    def get(self, uid: str) -> Member | None:
        """Return the member with this uid, active or not."""
        row = self._database.row(_SELECT + "WHERE uid = ?", (uid,))
        return None if row is None else _member(row)

    def all(self) -> list[Member]:
        """List everybody, active or not, by name."""
        return [_member(row) for row in self._database.each(_SELECT + "ORDER BY name, uid")]

    def count(self) -> int:
        """Count the active ones."""
        return int(self._database.cached_row("SELECT count(*) FROM members WHERE active = 1")[0])

    def _write(self, members: Iterable[Member], now_us: int | None) -> None:
        records = [msgspec.structs.asdict(member) | {"changed_us": now_us} for member in members]
        with self._database.atomic():
            self._database.utils().table("members").upsert_all(records, pk="uid")


def _standing(member: Member) -> tuple[bool, str | None]:
    return member.active, member.title


def _member(row: tuple[Any, ...]) -> Member:
    uid, name, phone, title, gender, balance, active = row
    return Member(uid, name, phone, title, gender, balance, bool(active))
