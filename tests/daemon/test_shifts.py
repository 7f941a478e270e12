"""Shifts from the configuration to the answer of `kiosk shifts`, without a daemon around it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from kiosk.clock import FakeClock
from kiosk.config import parse
from kiosk.control import protocol
from kiosk.daemon.reports import RowsParams
from kiosk.daemon.shifts import shifts_of, shifts_report
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
    listed = shifts_report(shifts_of(parse(SITE + text)), store, clock)
    found: list[ShiftView] = []
    while page := cast("list[ShiftView]", listed.handle(RowsParams(len(found)))):
        assert len(protocol.answer(1, page)) <= protocol.MAX_LINE
        found += page
    store.close()
    return found


def test_each_with_its_members_and_where_it_stands(tmp_path: Path) -> None:
    day = SHIFT.format(name="day", starts="08:00", ends="17:00") + 'titles = ["Teacher", "Gaurd"]\nmembers = ["3"]\n'
    noon = SHIFT.format(name="afternoon", starts="13:29", ends="06:00") + "margin_minutes = 90\n"
    night = SHIFT.format(name="night", starts="13:29", ends="06:00") + "margin_minutes = 80\n"
    members = (
        Member(uid="1", name="A", title="TEACHER"),
        Member(uid="2", name="B", title="Teacher", active=False),
        Member(uid="3", name="C"),
        Member(uid="4", name="D"),
    )
    first, second, third = views(tmp_path, day + noon + night, *members)
    assert first == ShiftView("day", ["mon", "sun"], "08:00", "17:00", 60, "on", False, 2, ["Gaurd"])
    assert second == ShiftView("afternoon", ["mon", "sun"], "13:29", "06:00", 90, "coming", True, 3, [])
    assert (third.margin_minutes, third.now) == (80, "")
    unset = views(tmp_path, day + noon, state=ClockState.UNSYNCED)
    assert [view.now for view in unset] == ["", ""]


def test_no_shift(tmp_path: Path) -> None:
    assert views(tmp_path, "") == []


def test_the_longest_configuration_fits_into_the_lines_of_the_socket(tmp_path: Path) -> None:
    strange = [f'"{number:04}{chr(0x1F418) * 56}"' for number in range(2000)]
    text = "".join(
        SHIFT.format(name=f"{number:03}{'é' * 57}", starts="08:00", ends="17:00")
        + f"members = [{', '.join(strange)}]\n"
        for number in range(3)
    )
    found = views(tmp_path, text, Member(uid="1", name="A"))
    assert [len(view.unmatched) for view in found] == [2000] * 3
