"""`kiosk run`: the daemon."""

import logging
import sys
from pathlib import Path

import click

from kiosk.cli.common import DEFAULT_CONFIG


@click.command(epilog="Example: kiosk run --config /etc/kiosk/kiosk.toml")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=DEFAULT_CONFIG,
    envvar="KIOSK_CONFIG",
    show_default=True,
    help="Configuration file.",
)
@click.option("--verbose", "-v", is_flag=True, help="Log more.")
def run(config: Path, *, verbose: bool) -> None:
    """Run the kiosk's daemon until it is stopped.

    Ends with 78 if the configuration is wrong (systemd then does not try again), 1 if another daemon has the data folder,
    74 if the disk failed in a way that only a fresh start can clear.
    """
    from kiosk.config import load  # noqa: PLC0415  each command loads only what it needs
    from kiosk.daemon import run as run_daemon  # noqa: PLC0415

    settings = load(config)
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",  # the journal adds the time
        stream=sys.stderr,
    )
    for noisy in ("httpx", "httpcore", "schedule"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.exit(run_daemon(settings))
