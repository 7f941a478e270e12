"""`kiosk shifts`: whose hours they are, and who is expected now."""

from pathlib import Path

import click

from kiosk.cli.common import REPORT_S, json_option, plain, print_json, print_table, socket_option
from kiosk.control.client import ControlClient
from kiosk.views import ShiftView


@click.command(epilog="Example: kiosk shifts --json")
@socket_option
@json_option
def shifts(socket: Path, *, as_json: bool) -> None:
    """List the shifts of the configuration, how many members each has, and which of them runs now."""
    with ControlClient(socket, timeout=REPORT_S) as kiosk:
        found = kiosk.ask(list[ShiftView], "shifts")
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo("None: [[shift]] in the configuration adds one. Slots go to whoever punched lately.")
        return
    print_table(
        ("SHIFT", "DAYS", "HOURS", "MEMBERS", "NOW"),
        [
            (
                each.name,
                " ".join(each.days),
                f"{each.starts} to {each.ends}",
                str(each.members),
                "on" if each.running else "-",
            )
            for each in found
        ],
    )
    for each in found:
        if each.unmatched:
            click.echo(f"{each.name}: nobody on the roster has {_names(each)}")


def _names(shift: ShiftView) -> str:
    shown = ", ".join(plain(name) for name in shift.such_as)
    more = shift.unmatched - len(shift.such_as)
    return f"{shown}, and {more} more" if more else shown
