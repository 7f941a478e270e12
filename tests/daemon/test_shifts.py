"""Shifts from the configuration to the answer of `kiosk shifts`, without a daemon around it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from kiosk.clock import FakeClock
from kiosk.config import parse
from kiosk.control import protocol
from kiosk.control.server import Nothing
from kiosk.daemon.shifts import report, shifts_of
from kiosk.models import ClockState, Member
from kiosk.store import Store
from kiosk.views import ShiftView

SITE = '[site]\nname = "x"\n[[station]]\n'
SHIFT = '[[shift]]\nname = "{name}"\ndays = ["sun", "mon"]\nstarts = "{starts}"\nends = "{ends}"\n'
MONDAY_NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)


def views(folder: Path, text: str, *members: Member, state: ClockState = ClockState.SYNCED) -> list[ShiftView]:
    clock = FakeClock(int(MONDAY_NOON.timestamp()) * 1_000_000, state=state)
    store = Store.open(folder / "kiosk.db")
    for member in members:
        store.members.put(member)
    found = report(shifts_of(parse(SITE + text)), store, clock).handle(Nothing())
    store.close()
    return cast("list[ShiftView]", found)


def test_each_with_its_members_and_whether_it_runs(tmp_path: Path) -> None:
    day = SHIFT.format(name="day", starts="08:00", ends="17:00") + 'titles = ["Teacher", "Gaurd"]\nmembers = ["3"]\n'
    night = SHIFT.format(name="night", starts="18:00", ends="06:00")
    members = (
        Member(uid="1", name="A", title="TEACHER"),
        Member(uid="2", name="B", title="Teacher", active=False),
        Member(uid="3", name="C"),
        Member(uid="4", name="D"),
    )
    assert views(tmp_path, day + night, *members) == [
        ShiftView("day", ["mon", "sun"], "08:00", "17:00", running=True, members=2, unmatched=1, such_as=["Gaurd"]),
        ShiftView("night", ["mon", "sun"], "18:00", "06:00", running=False, members=3, unmatched=0, such_as=[]),
    ]
    unset = views(tmp_path, day + night, state=ClockState.UNSYNCED)
    assert [view.running for view in unset] == [False, False]


def test_no_shift(tmp_path: Path) -> None:
    assert views(tmp_path, "") == []


def test_the_longest_configuration_fits_into_one_line(tmp_path: Path) -> None:
    strange = [f'"{number:04}{"é" * 56}"' for number in range(200)]
    text = "".join(
        SHIFT.format(name=f"{number:03}{'é' * 57}", starts="08:00", ends="17:00")
        + f"members = [{', '.join(strange)}]\n"
        for number in range(100)
    )
    found = views(tmp_path, text, Member(uid="1", name="A"))
    assert found[0].unmatched == 200
    assert len(protocol.answer(1, found)) <= protocol.MAX_LINE
