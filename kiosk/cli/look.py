"""`kiosk status | members | punches | sync`: looking in through the control socket."""

from datetime import datetime
from pathlib import Path

import click
import msgspec

from kiosk.cli.common import counted, json_option, print_json, print_table, socket_option
from kiosk.control.client import ControlClient
from kiosk.errors import Exit, KioskError
from kiosk.models import Lane
from kiosk.views import DeliveryView, LaneStatus, ScannerHealth, StationStatus, Status

VERIFY_S = 900.0
"""Seconds to wait for the whole log to be checked: a small machine does some 40,000 punches a second."""

ON_SCANNERS = "as configured: what the scanners hold is lost with them"


class UnhealthyError(KioskError):
    """`kiosk status` found something that needs a person."""

    exit_code = Exit.UNAVAILABLE


@click.command(epilog="Example: kiosk status --json | jq .lanes")
@socket_option
@json_option
def status(socket: Path, *, as_json: bool) -> None:
    """Tell how the kiosk is: scanners, storage, clock, and what waits for delivery. Exit 69 if the kiosk cannot take fingers."""
    with ControlClient(socket) as kiosk:
        found = kiosk.status()
    if as_json:
        print_json(found)
    else:
        _print_status(found)
    faults = [
        f"{station.name}: {station.detail}" for station in found.stations if station.health is not ScannerHealth.READY
    ]
    if found.storage != "ok":
        faults.append(f"storage: {found.storage}")
    if faults:
        raise UnhealthyError("; ".join(faults))


@click.command(epilog="Example: kiosk members --json")
@socket_option
@json_option
def members(socket: Path, *, as_json: bool) -> None:
    """List everybody the kiosk knows, with the end of their phone number."""
    with ControlClient(socket) as kiosk:
        found = kiosk.members()
    if as_json:
        print_json(found)
        return
    rows = [
        (
            member.uid,
            member.name,
            member.title or "",
            f"…{member.phone[-3:]}" if member.phone else "",
            "yes" if member.active else "no",
        )
        for member in found
    ]
    print_table(("UID", "NAME", "TITLE", "PHONE", "ACTIVE"), rows)


class ChainReport(msgspec.Struct, frozen=True):
    """What `verify_log` answers."""

    rows: int
    ok: bool
    broken_at: int | None


class TamperedError(KioskError):
    """The attendance log does not verify."""

    exit_code = Exit.DATA


@click.command(epilog="Example: kiosk punches --member 20170 --limit 5")
@socket_option
@json_option
@click.option("--member", help="Only this member's, by uid.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@click.option("--verify", is_flag=True, help="Check the log's chain of hashes instead; exit 65 if it is broken.")
def punches(socket: Path, *, as_json: bool, member: str | None, limit: int, verify: bool) -> None:
    """List the latest punches, newest first, and what became of each."""
    with ControlClient(socket, timeout=VERIFY_S if verify else 60.0) as kiosk:
        if verify:
            _report_chain(kiosk.ask(ChainReport, "verify_log"), as_json=as_json)
            return
        found = kiosk.punches(member=member, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            datetime.fromisoformat(view.local).strftime("%Y-%m-%d %H:%M:%S"),
            view.name,
            view.punch.direction,
            view.punch.station,
            view.punch.method,
            _lane_word(view.deliveries.get(Lane.ATTENDANCE)),
            _lane_word(view.deliveries.get(Lane.SMS)),
        )
        for view in found
    ]
    print_table(("TIME", "NAME", "DIRECTION", "STATION", "BY", "KEMRU", "SMS"), rows)


@click.command(epilog="Example: kiosk sync")
@socket_option
def sync(socket: Path) -> None:
    """Pull the roster and send what waits, now, whatever the back-off says."""
    with ControlClient(socket) as kiosk:
        kiosk.call("sync")
    click.echo("Asked. `kiosk status` tells how it goes.")


def _report_chain(report: ChainReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
    elif report.ok:
        click.echo(f"{counted(report.rows, 'punch', 'punches')}, chain intact.")
    if not report.ok:
        raise TamperedError(
            f"the log was changed outside the kiosk: row {report.broken_at} does not fit the one before it"
        )


def _lane_word(delivery: DeliveryView | None) -> str:
    return "-" if delivery is None else delivery.state.replace("_", " ")


def _print_status(found: Status) -> None:
    click.echo(f"{found.site}, kiosk {found.version}, up {found.up_s / 60:.0f} min, {found.now}")
    rows = [("storage", found.storage, ""), ("clock", found.clock, "")]
    rows += [(f"scanner {station.name}", station.health, _scanner_detail(station)) for station in found.stations]
    rows.append(
        ("copies", "kept" if found.copies else "none", found.templates_trouble or ("" if found.copies else ON_SCANNERS))
    )
    rows += [(f"lane {lane.lane}", f"{lane.waiting} waiting", _lane_detail(lane)) for lane in found.lanes]
    known = counted(found.members, "member", "members")
    rows.append(("roster", known, found.sync_trouble or f"pulled {found.last_roster or 'never'}"))
    today = counted(found.punches_today, "punch", "punches")
    rows.append(("today", today, f"{counted(found.fingers, 'finger', 'fingers')} enrolled"))
    print_table(("PART", "STATE", "DETAIL"), rows)


def _scanner_detail(station: StationStatus) -> str:
    parts = [station.detail] if station.detail else []
    if station.health is ScannerHealth.READY:
        parts.append(f"{station.model} at {station.port}, {station.used} of {station.capacity} slots used")
    if station.waiting:
        parts.append(f"{counted(station.waiting, 'finger', 'fingers')} still to be written into it")
    if station.absent:
        parts.append(f"{counted(station.absent, 'person', 'people')} to be enrolled on it: kiosk fingers absent")
    return "; ".join(parts)


def _lane_detail(lane: LaneStatus) -> str:
    parts = [lane.trouble] if lane.trouble else []
    if lane.oldest_age_s is not None:
        parts.append(f"oldest {lane.oldest_age_s:.0f} s")
    if lane.failed:
        parts.append(f"{lane.failed} refused for good")
    parts.append(f"last delivered {lane.last_delivered or 'never'}")
    return ", ".join(parts)
