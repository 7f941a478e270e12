"""The command line: one file a command group, each loaded only when it is called for."""

import io
import sys

import click

from kiosk import __version__
from kiosk.cli.common import plain, unheard
from kiosk.cli.lazy import LazyGroup
from kiosk.errors import Exit, KioskError

COMMANDS = {
    "run": "kiosk.cli.run:run",
    "screen": "kiosk.cli.screen:screen",
    "demo": "kiosk.cli.demo:demo",
    "sandbox": "kiosk.cli.sandbox:sandbox",
    "emulate": "kiosk.cli.emulate:emulate",
    "finger": "kiosk.cli.emulate:finger",
    "enrol": "kiosk.cli.enrol:enrol",
    "fingers": "kiosk.cli.fingers:fingers",
    "pin": "kiosk.cli.pin:pin",
    "key": "kiosk.cli.key:key",
    "members": "kiosk.cli.look:members",
    "shifts": "kiosk.cli.shifts:shifts",
    "punches": "kiosk.cli.look:punches",
    "status": "kiosk.cli.look:status",
    "sync": "kiosk.cli.look:sync",
    "scanner": "kiosk.cli.scanner:scanner",
    "config": "kiosk.cli.config:config",
    "kemru": "kiosk.cli.kemru:kemru",
    "completion": "kiosk.cli.completion:completion",
}
"""Command to where it is, so that `kiosk run` never loads a screen and `kiosk screen` never a database."""


class _Kiosk(LazyGroup):
    places = COMMANDS


@click.group(cls=_Kiosk, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="kiosk")
def cli() -> None:
    """Fingerprint attendance kiosk.

    \b
    Try it:      kiosk demo
    Run it:      kiosk run --config /etc/kiosk/kiosk.toml
    Look in:     kiosk status
    """  # noqa: D301  click reads the backspace character itself


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error of ours becomes one plain message and an exit code by its kind."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="replace"
            )  # a terminal that lacks a letter of somebody's name gets "?" in its place
    try:
        cli.main(args=arguments, prog_name="kiosk", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(Exit.FAILURE)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE if isinstance(error, click.UsageError) else Exit.FAILURE)
    except KioskError as error:
        _complain(str(error), error.cure)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; there is nobody to tell
        sys.exit(Exit.OK)
    except OSError as error:
        _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error), "")
        sys.exit(Exit.NO_PERMISSION if isinstance(error, PermissionError) else Exit.IO)
    except Exception as error:
        from drivers import ScannerError  # noqa: PLC0415  only when something went wrong

        if not isinstance(error, ScannerError):
            raise
        _complain(str(error), error.cure)
        sys.exit(Exit.UNAVAILABLE)


def _complain(message: str, cure: str) -> None:
    with unheard():
        for number, line in enumerate([*message.splitlines(), cure] if cure else message.splitlines()):
            click.echo(f"{'       ' if number else 'kiosk: '}{plain(line)}", err=True)
