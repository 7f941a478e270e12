"""`kiosk scanner backup | restore | adopt`: what lies in the scanners, asked of the running kiosk."""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from kiosk import disk
from kiosk.cli.common import counted, json_option, plain, print_json, socket_option
from kiosk.control.client import ControlClient
from kiosk.errors import Exit, KioskError
from kiosk.views import Restored, SealedFinger

FORMAT = 1
PAGE = 100
"""Fingers in one request."""

PATIENCE_S = 60.0

_COPY, _COPIES = "copy of a finger", "copies of fingers"


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a backup."""

    kiosk_fingers: int
    site: str


class BackupError(KioskError):
    """A file that is no backup, or not a whole one."""

    exit_code = Exit.DATA
    cure = "Give a file that `kiosk scanner backup` wrote."


class LeftOutError(KioskError):
    """Not everything of a backup could be taken in."""

    exit_code = Exit.DATA


@click.command(epilog="Example: kiosk scanner backup fingers.jsonl")
@click.argument("file", type=click.Path(path_type=Path))
@socket_option
def backup(file: Path, socket: Path) -> None:
    """Write all enrolled fingers to FILE: one line of JSON each, readable by nobody without the kiosk's template key.

    Fingers of before this kiosk kept copies are read from the scanner first, in its free moments: see `kiosk fingers list`.
    """
    with ControlClient(socket, timeout=PATIENCE_S) as kiosk:
        header = Header(kiosk_fingers=FORMAT, site=kiosk.status().site)
        lines = [_line(header), *map(_line, _all(kiosk))]
    disk.replace(file, b"".join(lines))
    click.echo(f"{counted(len(lines) - 1, _COPY, _COPIES)} written to {file}.")


@click.command(epilog="Example: kiosk scanner restore fingers.jsonl")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@socket_option
@json_option
def restore(file: Path, socket: Path, *, as_json: bool) -> None:
    """Take in the fingers of FILE that are not known here; the scanners of the same model get them by themselves.

    The backup may be another kiosk's, if both have the same template key.
    """
    fingers = list(_read(file))
    total = Restored(0, 0, [])
    with ControlClient(socket, timeout=PATIENCE_S) as kiosk:
        for start in range(0, len(fingers), PAGE):
            batch = msgspec.to_builtins(fingers[start : start + PAGE])
            done = kiosk.ask(Restored, "restore", fingers=batch)
            total = Restored(total.added + done.added, total.known + done.known, total.refused + done.refused)
    if as_json:
        print_json(total)
    else:
        click.echo(f"{counted(total.added, _COPY, _COPIES)} taken in, {total.known} known already.")
    for why in total.refused:
        click.echo(plain(why), err=True)
    if total.refused:
        raise LeftOutError(f"{counted(len(total.refused), 'copy was', 'copies were')} left out")


@click.command(epilog="Example: kiosk scanner adopt main")
@click.argument("station")
@click.option("--yes", is_flag=True, help="Do not ask.")
@socket_option
def adopt(station: str, socket: Path, *, yes: bool) -> None:
    """Make the scanner at STATION this kiosk's, whatever it holds: it is ERASED, and filled with this kiosk's fingers."""
    if not yes:
        click.confirm(f"Erase everything that the scanner at {station} holds?", abort=True)
    with ControlClient(socket) as kiosk:
        kiosk.call("adopt", station=station)
    click.echo("It will be taken over within seconds; `kiosk status` tells how it goes.")


def _all(kiosk: ControlClient) -> Iterator[SealedFinger]:
    after = ""
    while page := kiosk.ask(list[SealedFinger], "backup", after=after):
        yield from page
        after = page[-1].place


def _read(file: Path) -> Iterator[SealedFinger]:
    with file.open("rb") as lines:
        try:
            header = msgspec.json.decode(next(lines, b""), type=Header)
            if header.kiosk_fingers != FORMAT:
                raise BackupError(f"{file} was written by another version (format {header.kiosk_fingers})")
            for number, line in enumerate(lines, 2):
                yield _finger(file, number, line)
        except msgspec.DecodeError as error:
            raise BackupError(f"{file} is not a backup of fingers: {error}") from error


def _finger(file: Path, number: int, line: bytes) -> SealedFinger:
    try:
        return msgspec.json.decode(line, type=SealedFinger)
    except msgspec.DecodeError as error:
        raise BackupError(f"{file}, line {number}: {error}") from error


def _line(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value) + b"\n"
