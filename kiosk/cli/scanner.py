"""`kiosk scanner`: finding scanners, and finding out what is wrong with one."""

from pathlib import Path

import click
import msgspec

import drivers
from kiosk import hexadecimal
from kiosk.cli import library
from kiosk.cli.common import json_option, plain, print_json, print_table
from kiosk.credentials import read_password_file
from kiosk.errors import Exit, KioskError

NOTHING_FOUND = (
    "Check that the scanner has power and its cable is in. On a board's own pins, serial must be on and the login shell off "
    "(sudo raspi-config, Interface Options, Serial Port). Then: kiosk scanner diagnose PORT"
)


class ScannerFaultError(KioskError):
    """No scanner was found, or the one that was asked for does not work."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


class ProbeRow(msgspec.Struct, frozen=True):
    """What was seen at one port; only `port` and `trouble` are set where no scanner answered."""

    port: str
    family: str | None = None
    model: str | None = None
    dialect: str | None = None
    baud: int | None = None
    slots: int | None = None
    serial: str | None = None
    trouble: str | None = None


class DiagnosisView(msgspec.Struct, frozen=True):
    """What `kiosk scanner diagnose --json` prints."""

    port: str
    finding: str
    cure: str
    evidence: tuple[str, ...]
    model: str | None
    remarks: tuple[str, ...]


@click.group()
def scanner() -> None:
    """Find scanners, and find out what is wrong with one."""


for command in (library.backup, library.restore, library.adopt):
    scanner.add_command(command)


@scanner.command(epilog="Example: kiosk scanner probe /dev/ttyUSB0")
@click.argument("ports", metavar="[PORT...]", nargs=-1)
@json_option
def probe(ports: tuple[str, ...], *, as_json: bool) -> None:
    """List the scanners that answer, at PORT or at any serial port of this machine. Exit 69 if there is none.

    The running kiosk's own scanners are held by it, and are listed as such.
    """
    rows = [_row(look) for look in drivers.discover(ports or None)]
    if as_json:
        print_json(rows)
    else:
        _print_rows(rows)
    if not any(row.family for row in rows):
        where = ", ".join(row.port for row in rows) or "any serial port: this machine has none"
        raise ScannerFaultError(f"no scanner answers at {where}", NOTHING_FOUND)


def _address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    address = hexadecimal.word(value)
    if address is None:
        raise click.BadParameter(f"{value!r} is not 8 hex digits, as in 12345678.")
    return address


@scanner.command(epilog="Example: kiosk scanner diagnose /dev/ttyUSB0")
@click.argument("port")
@click.option("--family", help="The driver that the scanner should answer to.  [default: whichever does]")
@click.option(
    "--baud", type=click.IntRange(1200, 921600), help="The speed that is configured.  [default: the family's]"
)
@click.option(
    "--address", callback=_address, metavar="HEX", help="The address of a zfm module that has one of its own."
)
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file with the password of a zfm module that has one: 8 hex digits.",
)
@json_option
def diagnose(
    port: str,
    *,
    family: str | None,
    baud: int | None,
    address: int | None,
    password_file: Path | None,
    as_json: bool,
) -> None:
    """Find out what is wrong with the scanner at PORT, and what to do. Exit 0 if nothing is, 69 otherwise.

    Stop the kiosk first: a port has one user. Keep the glass empty. Takes up to half a minute. The fingers on the scanner are left
    alone; what its driver sets each time is set here too: a GT's speed until it loses its power, how long a Waveshare waits for a finger,
    and that it refuses one it knows.
    """
    own: dict[str, object] = {} if address is None else {"address": address}
    if password_file is not None:
        own["password"] = hexadecimal.word(read_password_file(password_file).reveal())
    found = drivers.diagnose(
        port,
        family=family,
        baud=baud,
        own={"zfm": own},
        on_step=lambda step: click.echo(plain(f"{step} …"), err=as_json),
    )
    if as_json:
        model, remarks = (found.info.model, found.info.remarks) if found.info else (None, ())
        print_json(DiagnosisView(port, found.finding.value, found.cure, found.evidence, model, remarks))
    else:
        _print_diagnosis(found)
    if found.finding is not drivers.Finding.OK:
        raise ScannerFaultError(f"{port}: {found.finding}", found.cure)


def _print_rows(rows: list[ProbeRow]) -> None:
    found = [_cells(row) for row in rows if row.family]
    if found:
        print_table(("PORT", "FAMILY", "MODEL", "DIALECT", "BAUD", "SLOTS", "SERIAL"), found)
    for row in rows:
        if row.trouble:
            click.echo(plain(f"{row.port}: {row.trouble}"), err=True)


def _print_diagnosis(found: "drivers.Diagnosis") -> None:
    for sight in (*found.evidence, *(found.info.remarks if found.info else ())):
        click.echo(plain(f"  {sight}"))
    if found.finding is drivers.Finding.OK:
        click.echo("Nothing is wrong with it.")


def _row(look: "drivers.Look") -> ProbeRow:
    if look.trouble is not None:
        return ProbeRow(look.url, trouble=f"{look.trouble}. {look.trouble.cure}")
    if look.found is None:
        return ProbeRow(look.url)
    info = look.found.info
    return ProbeRow(look.url, look.found.family, info.model, info.dialect, info.baud, info.capacity, info.serial)


def _cells(row: ProbeRow) -> tuple[str, ...]:
    fields = (row.family, row.model, row.dialect, row.baud, row.slots, row.serial)
    return (row.port, *("-" if field is None else str(field) for field in fields))
