"""The configured shifts: as the rules of attendance take them, and as they are shown."""

from datetime import timedelta

from kiosk import attendance
from kiosk.attendance import Phase, Shift
from kiosk.clock import Clock
from kiosk.config import DAYS, Settings
from kiosk.control.server import Method
from kiosk.daemon.reports import report
from kiosk.models import Member
from kiosk.store import Store
from kiosk.views import ShiftView

_WORDS = {Phase.COMING: "coming", Phase.ON: "on"}


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


def shifts_report(shifts: tuple[Shift, ...], store: Store, clock: Clock) -> Method:
    """The control method that lists `shifts`, and what they come to with the roster and the hour as they are."""

    def views() -> list[ShiftView]:
        members = [member for member in store.members.all() if member.active]
        on_now = dict(attendance.running(shifts, clock.now()))
        return [_view(shift, members, on_now.get(shift)) for shift in shifts]

    return report(views, page=1)  # one shift may name two thousand members that are unknown


def _view(shift: Shift, members: list[Member], phase: Phase | None) -> ShiftView:
    return ShiftView(
        name=shift.name,
        days=[DAYS[day] for day in sorted(shift.days)],
        starts=f"{shift.starts:%H:%M}",
        ends=f"{shift.ends:%H:%M}",
        margin_minutes=shift.margin // timedelta(minutes=1),
        now="" if phase is None else _WORDS[phase],
        everybody=shift.everybody,
        members=len(shift.whose(members)),
        unmatched=shift.unmatched(members),
    )
