"""The screen's process: a clean environment, then the application."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kiosk.errors import Exit, KioskError
from kiosk.screen.keys import DemoKey

_OTHERS = ("COLUMNS", "LINES", "ESCDELAY")
"""Variables besides TEXTUAL_* that bend Textual: two sizes that a resize would not change, and a delay."""


class NoTerminalError(KioskError):
    """There is nothing to draw on."""

    exit_code = Exit.USAGE
    cure = "Run it on a terminal; systemd/kiosk-screen.service gives it tty1."


def run(socket: Path, *, keys: Sequence[DemoKey] = (), language: str = "en") -> int:
    """Show the kiosk whose daemon listens on `socket`, until the process is told to end; returns an exit code.

    `keys` are the demo's. Nobody has to be listening yet. Raises NoTerminalError when standard input or error is none.
    """
    # Textual draws on standard error, and leaves standard output to others.
    if not (sys.stdin.isatty() and sys.__stderr__ is not None and sys.__stderr__.isatty()):
        raise NoTerminalError("the screen needs a terminal")
    clean_environment()
    from kiosk.screen.app import KioskApp  # noqa: PLC0415  Textual reads its variables when it is imported

    app = KioskApp(socket, keys=keys, language=language)
    app.run(mouse=False)
    return app.return_code or 0


def clean_environment() -> None:
    """Remove every variable that opens Textual's back doors: keys to press, drivers, log files, a debugger's port."""
    for name in list(os.environ):
        if name.startswith("TEXTUAL") or name in _OTHERS:
            del os.environ[name]
    # The kitty keyboard protocol is nothing for a Linux console, and would tell more kinds of keys apart than are wanted.
    os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
