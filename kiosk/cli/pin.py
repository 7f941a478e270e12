"""`kiosk pin`: who may punch without a finger."""

from pathlib import Path

import click

from kiosk.cli.common import REPORT_S, json_option, print_json, print_table, socket_option
from kiosk.control.client import ControlClient
from kiosk.views import PinHolder


@click.group()
def pin() -> None:
    """Let members punch by number and PIN, who cannot or will not give a finger."""


@pin.command("list", epilog="Example: kiosk pin list")
@socket_option
@json_option
def list_(socket: Path, *, as_json: bool) -> None:
    """List who may punch by PIN, and how many of their latest punches were: a PIN can be lent, a finger cannot."""
    with ControlClient(socket, timeout=REPORT_S) as kiosk:
        found = kiosk.rows(list[PinHolder], "pins")
    if as_json:
        print_json(found)
        return
    rows = [(each.uid, each.name, f"{each.by_pin} of {each.punches}", str(each.failures)) for each in found]
    print_table(("UID", "NAME", "BY PIN", "WRONG NOW"), rows)


@pin.command("set", epilog="Example: kiosk pin set 20170")
@click.argument("uid")
@click.option(
    "--pin",
    prompt="PIN (the member types it)",
    hide_input=True,
    confirmation_prompt=True,
    help="4 to 12 digits. Asked for if not given, which keeps it out of the shell's history.",
)
@socket_option
def set_(uid: str, pin: str, socket: Path) -> None:
    """Give the member UID a PIN, in place of any earlier one. Their punches by it are marked as such."""
    with ControlClient(socket) as kiosk:
        kiosk.call("set_pin", uid=uid, pin=pin)
    click.echo("Set.")


@pin.command(epilog="Example: kiosk pin remove 20170")
@click.argument("uid")
@socket_option
def remove(uid: str, socket: Path) -> None:
    """Take the PIN of the member UID away."""
    with ControlClient(socket) as kiosk:
        kiosk.call("remove_pin", uid=uid)
    click.echo("Removed.")
