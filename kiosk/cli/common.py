"""What several commands share: where the daemon is, and how things are printed."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click
import msgspec

DEFAULT_SOCKET = "/run/kiosk/control.sock"
DEFAULT_CONFIG = "/etc/kiosk/kiosk.toml"
REPORT_S = 60.0
"""Seconds to wait for a report over the latest part of the log."""

F = TypeVar("F", bound=Callable[..., Any])


def socket_option(command: F) -> F:
    """`--socket`, or KIOSK_SOCKET: the daemon to talk to."""
    return click.option(
        "--socket",
        type=click.Path(path_type=Path),
        default=DEFAULT_SOCKET,
        envvar="KIOSK_SOCKET",
        show_default=True,
        show_envvar=True,
        help="The daemon's control socket.",
    )(command)


def json_option(command: F) -> F:
    """`--json`: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)


def print_json(value: object) -> None:
    """Print anything msgspec can encode, indented."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print aligned columns; control characters in values are shown, not obeyed."""
    table = [list(header), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def plain(text: str) -> str:
    """Show control characters instead of letting a terminal obey them: names and messages come from outside."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


@contextmanager
def unheard() -> Iterator[None]:
    """Let what is printed inside fall silent where its reader has gone: what was done stays done, and the exit code says what."""
    try:
        yield
    except BrokenPipeError:
        for stream in (sys.stdout, sys.stderr):
            _silence_if_broken(stream)


def _silence_if_broken(stream: TextIO) -> None:
    # What could not be written is still in the stream's memory, and would fail again when the interpreter ends.
    try:
        stream.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def counted(count: int, one: str, many: str) -> str:
    """Say how many of what: "1 punch", "2 punches"."""
    return f"{count} {one if count == 1 else many}"
