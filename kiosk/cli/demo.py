"""`kiosk demo`: everything at once, on nothing but this machine."""

import signal
import sys

import click

from kiosk.errors import Exit


@click.command(epilog="Example: kiosk demo --headless")
@click.option(
    "--headless",
    is_flag=True,
    help="No screen: play a morning, print what became of it, exit 0 only if all arrived once.",
)
@click.option(
    "--language", type=click.Choice(["en", "sw"]), default="en", show_default=True, help="English or Swahili."
)
def demo(*, headless: bool, language: str) -> None:
    """Show a whole kiosk: an emulated R307, Kemru's sandbox, the daemon and the screen.

    Three members are enrolled; keys a to c press their fingers. Nothing is left behind.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            number, lambda *_: sys.exit(Exit.FAILURE)
        )  # an exit unwinds the stage; a signal would leave it standing
    if headless:
        from kiosk.demo.play import perform  # noqa: PLC0415  each way loads only what it needs

        sys.exit(Exit.OK if perform() else Exit.FAILURE)
    if not sys.stdout.isatty():
        raise click.UsageError("the screen needs a terminal; without one use --headless")
    from kiosk.demo.show import perform as show  # noqa: PLC0415

    sys.exit(show(language))
