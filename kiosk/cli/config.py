"""`kiosk config`: checks a configuration before anything depends on it."""

from pathlib import Path

import click

from kiosk.cli.common import DEFAULT_CONFIG, counted, json_option, print_json
from kiosk.cli.shifts import hours
from kiosk.config import ShiftSettings, describe, load


@click.group()
def config() -> None:
    """Check the configuration."""


@config.command(epilog="Example: kiosk config check /etc/kiosk/kiosk.toml")
@click.argument("path", type=click.Path(path_type=Path), default=DEFAULT_CONFIG)
@json_option
def check(path: Path, *, as_json: bool) -> None:
    """List everything that is wrong with a configuration file, each with its line; exit 78 if anything is."""
    settings = load(path)
    if as_json:
        print_json(describe(settings))
    else:
        stations = ", ".join(f"{station.name} on {station.scanner}" for station in settings.station)
        click.echo(f"{path}: good. {settings.site.name}: {stations}.")
        for shift in settings.shift:
            click.echo(
                f"Shift {shift.name}: {' '.join(shift.days)}, {hours(shift.starts, shift.ends)}, for {_whom(shift)}."
            )


def _whom(shift: ShiftSettings) -> str:
    uids = [counted(len(shift.members), "member by uid", "members by uid")] if shift.members else []
    return ", ".join([*shift.titles, *uids]) or "everybody"
