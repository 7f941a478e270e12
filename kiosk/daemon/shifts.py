"""The configured shifts: as the rules of attendance take them, and as they are shown."""

from datetime import timedelta

from kiosk import attendance
from kiosk.attendance import Shift
from kiosk.clock import Clock
from kiosk.config import DAYS, Settings
from kiosk.control.server import Method, Nothing
from kiosk.models import Member
from kiosk.store import Store
from kiosk.views import ShiftView

SHOWN = 5
"""Of the names that match nobody: enough to see what is meant."""


def shifts_of(settings: Settings) -> tuple[Shift, ...]:
    """Every `[[shift]]`, in the order of the file."""
    return tuple(
        Shift(
            each.name,
            frozenset(DAYS.index(day) for day in each.days),
            *each.hours(),
            margin=timedelta(minutes=each.margin_minutes),
            titles=frozenset(each.titles),
            members=frozenset(each.members),
        )
        for each in settings.shift
    )


def report(shifts: tuple[Shift, ...], store: Store, clock: Clock) -> Method:
    """The control method that lists `shifts`, and what they come to with the roster and the hour as they are."""

    def views(_: Nothing) -> list[ShiftView]:
        members = [member for member in store.members.all() if member.active]
        on_now = attendance.running(shifts, clock.now())
        return [_view(shift, members, running=shift in on_now) for shift in shifts]

    return Method(Nothing, views, operator=True, slow="reports")


def _view(shift: Shift, members: list[Member], *, running: bool) -> ShiftView:
    idle = shift.idle(members)
    return ShiftView(
        name=shift.name,
        days=[DAYS[day] for day in sorted(shift.days)],
        starts=f"{shift.starts:%H:%M}",
        ends=f"{shift.ends:%H:%M}",
        running=running,
        members=len(shift.whose(members)),
        unmatched=len(idle),
        such_as=idle[:SHOWN],
    )
