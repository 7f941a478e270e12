"""`kiosk sandbox`: the Kemru platform on this machine."""

from pathlib import Path

import click


@click.command(epilog="Example: kiosk sandbox --port 3030 --state ./sandbox.db --demo")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=3030, show_default=True, help="Port; 0 takes a free one."
)
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    default=Path("sandbox.db"),
    show_default=True,
    help="File that keeps what was received.",
)
@click.option("--demo", is_flag=True, help="Begin with three members.")
@click.option(
    "--per-minute", type=click.IntRange(0), default=60, show_default=True, help="Requests a minute; 0 is unlimited."
)
@click.option(
    "--per-day", type=click.IntRange(0), default=5000, show_default=True, help="Requests a day; 0 is unlimited."
)
@click.option(
    "--pace", type=click.FloatRange(0, 3600), help="Seconds that a transaction stays in a state.  [default: 1]"
)
@click.option("--scenario", type=click.Path(path_type=Path), help="TOML file with people, limits and mishaps.")
def sandbox(
    host: str,
    port: int,
    state: Path,
    *,
    demo: bool,
    per_minute: int,
    per_day: int,
    pace: float | None,
    scenario: Path | None,
) -> None:
    """Run Kemru's API on this machine, with its checks, codes and limits, to develop and train against.

    What it received is at /sandbox/ledger; POST /sandbox/faults makes it slow, down or forgetful.
    """
    try:
        from kiosk.sandbox import Limits, load_scenario, serve  # noqa: PLC0415  the web server is an extra
    except ImportError as error:
        raise click.ClickException(
            f"the sandbox needs its extra: pip install 'kemru-kiosk[sandbox]' ({error.name} is missing)"
        ) from error
    limits = Limits(per_minute=per_minute, per_day=per_day)
    serve(
        host=host,
        port=port,
        state=state,
        ready=lambda url: click.echo(f"Kemru sandbox on {url}. Ctrl-C stops it."),
        demo=demo,
        limits=limits,
        pace=pace,
        scenario=None if scenario is None else load_scenario(scenario),
    )
