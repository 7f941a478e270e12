"""`kiosk sandbox`: the Kemru platform on this machine, and a handset to try USSD services with."""

from pathlib import Path
from typing import NoReturn

import click

from kiosk.cli.common import plain


@click.group(invoke_without_command=True, epilog="Example: kiosk sandbox --port 3030 --state ./sandbox.db --demo")
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
    "--per-minute", type=click.IntRange(0), help="Requests a minute; 0 is unlimited.  [default: 60 in a fresh state]"
)
@click.option(
    "--per-day", type=click.IntRange(0), help="Requests a day; 0 is unlimited.  [default: 5000 in a fresh state]"
)
@click.option(
    "--pace",
    type=click.FloatRange(0, 3600),
    help="Seconds that a transaction stays in a state.  [default: 1 in a fresh state]",
)
@click.option("--scenario", type=click.Path(path_type=Path), help="TOML file with people, limits and mishaps.")
@click.pass_context
def sandbox(
    ctx: click.Context,
    host: str,
    port: int,
    state: Path,
    *,
    demo: bool,
    per_minute: int | None,
    per_day: int | None,
    pace: float | None,
    scenario: Path | None,
) -> None:
    """Run Kemru's API on this machine, with its checks, codes and limits, to develop and train against.

    Its page shows live what arrives: requests with their signatures, SMS, scans, money and callbacks. Controls on it, or
    POST /sandbox/faults, make the platform slow, down or forgetful.
    """
    if ctx.invoked_subcommand is not None:
        return
    try:
        from kiosk.sandbox import Conditions, load_scenario, serve  # noqa: PLC0415  the web server is an extra
    except ImportError as error:
        _lacks(error)
    serve(
        host=host,
        port=port,
        state=state,
        ready=lambda url: click.echo(f"Kemru sandbox on {url}. Ctrl-C stops it.\nIts page is {url}/"),
        demo=demo,
        conditions=Conditions(per_minute=per_minute, per_day=per_day, pace=pace),
        scenario=None if scenario is None else load_scenario(scenario),
    )


@sandbox.command(
    epilog="Example: kiosk sandbox ussd http://127.0.0.1:8000/ussd --phone +254711000101 --code '*860*30#'"
)
@click.argument("url")
@click.option("--phone", default="+254711000101", show_default=True, help="The subscriber's number.")
@click.option("--code", default="*860*30#", show_default=True, help="What is dialled.")
@click.option("--network", default="SAFARICOM", show_default=True, help="The subscriber's network.")
@click.option("--form", is_flag=True, help="Send requests as HTML forms instead of JSON.")
def ussd(url: str, phone: str, code: str, network: str, *, form: bool) -> None:
    """Dial CODE at the USSD service behind URL, and answer its menus until it says END.

    Every screen is one POST, as the platform makes it: the answer is text/plain, begins with CON or END, and comes within 5 seconds.
    """
    try:
        from kiosk.kemru.ussd import FORM, JSON  # noqa: PLC0415  loaded with the sandbox
        from kiosk.sandbox.ussd import Session, UssdError  # noqa: PLC0415  the web server is an extra
    except ImportError as error:
        _lacks(error)
    try:
        session = Session(url, phone=phone, code=code, network=network, form=FORM if form else JSON)
        step = session.dial()
        while not step.ends:
            _show(step.text)
            try:
                step = session.enter(click.prompt("", prompt_suffix="> ", default="", show_default=False))
            except UssdError as error:
                click.echo(f"{error}.", err=True)
    except UssdError as error:
        raise click.UsageError(f"{error}.") from None
    if step.problem:
        raise click.ClickException(step.problem)
    _show(step.text)


def _show(text: str) -> None:
    click.echo("\n".join(plain(line) for line in text.splitlines()))


def _lacks(error: ImportError) -> NoReturn:
    raise click.ClickException(
        f"the sandbox needs its extra: pip install 'kemru-kiosk[sandbox]' ({error.name} is missing)"
    ) from error
