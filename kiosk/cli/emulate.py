"""`kiosk emulate` and `kiosk finger`: scanners and fingers for training, development and tests."""

import signal
import threading
from pathlib import Path

import click

import drivers


class _Model(click.ParamType[str]):
    """The name of an installed emulator; whether it is one is found out when it is started."""

    name = "model"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:  # noqa: ARG002  click's signature
        """What click adds when no model was given."""
        return f"Choose one of: {', '.join(drivers.emulator_models())}."


class _ListsModels(click.Command):
    """Looks the installed emulators up when somebody asks for help, and not before."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The docstring, and the models."""
        super().format_help_text(ctx, formatter)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(f"Installed models: {', '.join(drivers.emulator_models())}.")


@click.command(cls=_ListsModels, epilog="Example: kiosk emulate r307 --link ./scanner --instant")
@click.argument("model", type=_Model())
@click.option(
    "--link", type=click.Path(path_type=Path), required=True, help="Where to put the link to the scanner's port."
)
@click.option("--instant", is_flag=True, help="Answer at once, instead of at the pace of the real sensor and line.")
@click.option("--state", type=click.Path(path_type=Path), help="Keep the sensor's flash memory in this file.")
@click.option("--seed", type=int, help="Make the noise of captures repeatable.")
def emulate(model: str, link: Path, *, instant: bool, state: Path | None, seed: int | None) -> None:
    """Run a scanner that is not there, byte for byte, on a pseudo-terminal.

    Any program that speaks the sensor's protocol can open LINK as a serial port. MODEL is one of the installed emulators.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with drivers.start_emulator(model, link=link, instant=instant, state=state, seed=seed) as emulator:
        click.echo(f"{model} on {emulator.port}, linked from {link}. Ctrl-C stops it.")
        stop.wait()


@click.group()
def finger() -> None:
    """Put fingers on an emulated scanner. Any NAME is a finger; the same name is always the same finger."""


@finger.command(epilog="Example: kiosk finger place amina --at ./scanner")
@click.argument("name")
@click.option("--at", type=click.Path(path_type=Path), required=True, help="The emulator's --link.")
@click.option(
    "--quality",
    type=click.Choice(["good", "smudged", "partial", "dry", "wet", "imaging", "residual"]),
    default="good",
    show_default=True,
    help="How well it lies.",
)
def place(name: str, at: Path, quality: str) -> None:
    """Put the finger NAME on the glass, and leave it there."""
    drivers.place_finger(at, name, quality=quality)


@finger.command(epilog="Example: kiosk finger lift --at ./scanner")
@click.option("--at", type=click.Path(path_type=Path), required=True, help="The emulator's --link.")
def lift(at: Path) -> None:
    """Take the finger off the glass."""
    drivers.lift_finger(at)
