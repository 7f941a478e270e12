"""`kiosk screen`: the screen on the console."""

import sys
from pathlib import Path

import click

from kiosk.cli.common import socket_option


@click.command(epilog="Example: kiosk screen --language sw")
@socket_option
@click.option(
    "--language", type=click.Choice(["en", "sw"]), default="en", show_default=True, help="English or Swahili."
)
def screen(socket: Path, language: str) -> None:
    """Show the kiosk on this terminal. It only looks in: ending it stops nothing."""
    from kiosk.screen import run  # noqa: PLC0415  Textual is loaded by this command alone

    sys.exit(run(socket, language=language))
