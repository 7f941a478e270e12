"""`kiosk fingers`: whose fingers are enrolled, which of them read badly, and who has to come by."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from kiosk.cli.common import REPORT_S, json_option, plain, print_json, print_table, socket_option
from kiosk.control.client import ControlClient
from kiosk.models import FingerName
from kiosk.views import AbsentMember, FingerView, ScannerHealth, StationStatus, WeakFinger


@click.group()
def fingers() -> None:
    """See, remove and judge enrolled fingers."""


@fingers.command("list", epilog="Example: kiosk fingers list 20170")
@click.argument("uid")
@socket_option
@json_option
def list_(uid: str, socket: Path, *, as_json: bool) -> None:
    """List the enrolled fingers of the member UID, and to what they consented."""
    with ControlClient(socket) as kiosk:
        found = kiosk.ask(list[FingerView], "fingers", uid=uid)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            view.finger.name,
            view.finger.state,
            ", ".join(f"{station} {slot}" for station, slot in view.slots.items()) or "-",
            ", ".join(view.copies) or "-",
            _consent(view),
        )
        for view in found
    ]
    print_table(("FINGER", "STATE", "SLOTS", "COPIES", "CONSENT"), rows)


@fingers.command(epilog="Example: kiosk fingers remove 20170 --finger right-index")
@click.argument("uid")
@click.option("--finger", type=click.Choice([str(name) for name in FingerName]), required=True, help="Which finger.")
@socket_option
def remove(uid: str, finger: str, socket: Path) -> None:
    """Forget a finger of the member UID: its copy, its consent, and its slot in every scanner."""
    with ControlClient(socket) as kiosk:
        kiosk.call("remove_finger", uid=uid, finger=finger)
    click.echo("Forgotten. The scanners empty its slots within seconds, or when they are plugged in again.")


@fingers.command(epilog="Example: kiosk fingers weak --json")
@socket_option
@json_option
def weak(socket: Path, *, as_json: bool) -> None:
    """List fingers that cost their owners too many presses, or whose scores fall: enrol these again, or another finger."""
    with ControlClient(socket, timeout=REPORT_S) as kiosk:
        found = kiosk.rows(list[WeakFinger], "weak_fingers")
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo("None: every finger that punched lately reads well.")
        return
    rows = [
        (each.uid, each.name, each.finger, f"{each.tries / each.hits:.1f}", str(each.hits), _trend(each))
        for each in found
    ]
    print_table(("UID", "NAME", "FINGER", "PRESSES A PUNCH", "PUNCHES", "SCORES"), rows)


@fingers.command(epilog="Example: kiosk fingers absent")
@socket_option
@json_option
def absent(socket: Path, *, as_json: bool) -> None:
    """List who has a finger enrolled, but not for the scanner that a station has now: they have to come by once.

    Nothing can be told of a station whose scanner is not ready; which one that is, and why, is said on standard error.
    """
    with ControlClient(socket, timeout=REPORT_S) as kiosk:
        stations = kiosk.status().stations
        found = kiosk.rows(list[AbsentMember], "absent")
    untold = _untold(stations)
    if as_json:
        print_json(found)
    elif found:
        rows = [(each.station, each.model, each.uid, each.name) for each in found]
        print_table(("STATION", "SCANNER", "UID", "NAME"), rows)
    elif len(untold) < len(stations):
        click.echo(f"Nobody: every {'other ' if untold else ''}station's scanner knows everybody who is enrolled.")


def _untold(stations: Sequence[StationStatus]) -> list[StationStatus]:
    """The stations of which nobody knows whom their scanner will recognise; each is named, and why."""
    untold = [station for station in stations if station.health is not ScannerHealth.READY]
    for station in untold:
        why = plain(station.detail or station.health)
        click.echo(
            f"{plain(station.name)}: who has to come by cannot be told, its scanner is not ready. {why}", err=True
        )
    return untold


def _consent(view: FingerView) -> str:
    consent, given = view.finger.consent, datetime.fromisoformat(view.consented)
    return f"{consent.text_version}, {given:%Y-%m-%d %H:%M}, before {consent.witness}"


def _trend(weak: WeakFinger) -> str:
    if weak.first_scores is None or weak.last_scores is None:
        return "-"
    return f"{weak.first_scores:.0f} to {weak.last_scores:.0f}"
