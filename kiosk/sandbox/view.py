"""What the page shows, told once whole and from then on by what has changed."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from kiosk.kemru import codes
from kiosk.sandbox import conditions
from kiosk.sandbox.explain import SILENT
from kiosk.sandbox.faults import FaultKind, Faults
from kiosk.sandbox.limits import minute_start
from kiosk.sandbox.notices import RETRIES
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.traffic import KEPT, Glance

SHOWN = 300
"""Rows of each kind that are shown, the newest; of the requests, all whose words are kept."""

Rows = dict[str | int, bytes]
"""Encoded rows by their key."""


class Change(msgspec.Struct, frozen=True):
    """Rows that are new or different, and keys of rows that are gone."""

    put: list[msgspec.Raw]
    drop: list[str | int]


class News(msgspec.Struct, frozen=True):
    """What has changed since the last news. `whole` means: forget what you have. `now` is the platform's time, seconds since 1970."""

    now: float
    whole: bool
    rows: dict[str, Change]
    values: dict[str, msgspec.Raw]


class View:
    """The platform and its faults as one listener knows them."""

    def __init__(self, platform: Platform, faults: Faults) -> None:
        self._platform = platform
        self._faults = faults
        self._mark: object = None
        self._rows: dict[str, Rows] = {}
        self._values: dict[str, bytes] = {}
        self._requests: list[Glance] = []

    def news(self) -> News | None:
        """What has changed since this was last asked, everything the first time; None if nothing has."""
        now = self._platform.clock()
        mark = self._look(now)
        if mark == self._mark:
            return None
        whole, self._mark = self._mark is None, mark
        rows = {name: change for name, change in self._changes() if change.put or change.drop or whole}
        values = {name: value for name, value in self._encoded(now) if self._values.get(name) != value}
        self._values |= values
        if not (rows or values):
            return None
        return News(now, whole, rows, {name: msgspec.Raw(value) for name, value in values.items()})

    def _look(self, now: float) -> object:
        """Something cheap that differs when anything that is shown may differ."""
        return (
            self._platform.state.changes,
            self._faults.active(),
            self._platform.outcomes.active(),
            minute_start(now),
        )

    def _changes(self) -> list[tuple[str, Change]]:
        state = self._platform.state
        kinds: dict[str, tuple[str, Callable[[], list[Any]]]] = {
            "messages": ("n", lambda: state.transactions.latest(SHOWN, messages=True)),
            "members": ("uid", state.people.members),
            "attendance": ("n", lambda: state.people.reported(SHOWN)),
            "orders": ("n", lambda: state.transactions.latest(SHOWN, messages=False)),
            "notices": ("n", lambda: state.notices.latest(SHOWN)),
        }
        return [
            ("requests", self._asked()),
            *((name, self._changed(name, key, rows())) for name, (key, rows) in kinds.items()),
        ]

    def _asked(self) -> Change:
        """Requests only come and go; their lines never change, and there are many."""
        last = self._requests[-1] if self._requests else None
        new = self._platform.state.traffic.glances(0 if last is None else last.n - 1)
        if last is not None and (not new or new[0] != last):  # somebody has cleared the state
            gone: list[str | int] = [each.n for each in self._requests]
            self._requests = self._platform.state.traffic.glances(0)
            return Change([_line(each) for each in self._requests], gone)
        new = new if last is None else new[1:]
        everything = self._requests + new
        self._requests = everything[-KEPT:]
        dropped: list[str | int] = [each.n for each in everything[:-KEPT]]
        return Change([_line(each) for each in new], dropped)

    def _changed(self, name: str, key: str, rows: list[Any]) -> Change:
        before = self._rows.get(name, {})
        after: Rows = {_key(each, key): msgspec.json.encode(each) for each in rows}
        self._rows[name] = after
        put = [msgspec.Raw(row) for each, row in after.items() if before.get(each) != row]
        return Change(put, [each for each in before if each not in after])

    def _encoded(self, now: float) -> list[tuple[str, bytes]]:
        state = self._platform.state
        values: Mapping[str, object] = {
            "conditions": conditions.of(state),
            "counts": state.traffic.counts(now),
            "faults": self._faults.active(),
            "outcomes": self._platform.outcomes.active(),
            "webhooks": state.notices.subscriptions(),
            "retries": RETRIES,
        }
        return [(name, msgspec.json.encode(value)) for name, value in values.items()]


def _key(row: Any, key: str) -> str | int:  # noqa: ANN401  a struct or a row of the file
    found: str | int = row[key] if isinstance(row, dict) else getattr(row, key)
    return found


def _line(seen: Glance) -> msgspec.Raw:
    said = msgspec.structs.asdict(seen)
    said["meaning"] = codes.meaning(seen.code).text if seen.code is not None else ""
    said["silent"] = bool(seen.fault) and FaultKind(seen.fault) in SILENT
    return msgspec.Raw(msgspec.json.encode(said))
