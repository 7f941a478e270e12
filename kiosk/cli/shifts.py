"""`kiosk shifts`: whose hours they are, and who is expected now."""

from collections.abc import Iterator
from pathlib import Path

import click

from kiosk.cli.common import REPORT_S, counted, json_option, plain, print_json, print_table, socket_option
from kiosk.control.client import ControlClient
from kiosk.models import ClockState
from kiosk.views import ShiftView, Status

SHOWN = 5
"""Of the names that match nobody: enough to see what is meant. `--json` has them all."""


@click.command(epilog="Example: kiosk shifts --json")
@socket_option
@json_option
def shifts(socket: Path, *, as_json: bool) -> None:
    """List the shifts that the kiosk was started with, how many members each has, and which of them runs now."""
    with ControlClient(socket, timeout=REPORT_S) as kiosk:
        found = kiosk.rows(list[ShiftView], "shifts")
        status = kiosk.status()
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo("None: [[shift]] in the configuration adds one. Slots go to whoever punched lately.")
        return
    print_table(
        ("SHIFT", "DAYS", "HOURS", "MARGIN", "MEMBERS", "NOW"),
        [
            (
                each.name,
                " ".join(each.days),
                hours(each.starts, each.ends),
                f"{each.margin_minutes} min",
                _members(each),
                each.now or "-",
            )
            for each in found
        ],
    )
    for remark in _remarks(found, status):
        click.echo(remark)


def hours(starts: str, ends: str) -> str:
    """When a shift is, in words."""
    return f"{starts} to {ends}{'' if ends > starts else ' the next day'}"


def _members(shift: ShiftView) -> str:
    return f"all {shift.members}" if shift.everybody else str(shift.members)


def _remarks(found: list[ShiftView], status: Status) -> Iterator[str]:
    if status.clock is ClockState.UNSYNCED:
        yield "Nobody has set the clock: until then, no shift is taken to run."
    for each in found:
        if each.unmatched:
            yield f"{plain(each.name)}: nobody on the roster has {_names(each.unmatched)}."
        for station in status.stations:
            if 0 < station.capacity < each.members:
                yield (
                    f"{plain(each.name)}: the scanner {plain(station.name)} has {counted(station.capacity, 'slot', 'slots')} "
                    f"for {each.members} members; those without one type their number first."
                )


def _names(names: list[str]) -> str:
    more = len(names) - SHOWN
    shown = ", ".join(plain(name) for name in names[:SHOWN])
    return f"{shown}, and {more} more" if more > 0 else shown
