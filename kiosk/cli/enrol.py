"""`kiosk enrol`: one finger of one member, step by step."""

from pathlib import Path

import click

from kiosk.cli.common import json_option, print_json, socket_option
from kiosk.control.client import ControlClient
from kiosk.errors import Exit, KioskError
from kiosk.models import EnrolProgress, FingerName


class NotEnrolledError(KioskError):
    """The enrolment ended without a finger."""

    exit_code = Exit.DATA


@click.command(epilog='Example: kiosk enrol 20170 --finger right-index --witness "Mrs Otieno"')
@click.argument("uid")
@click.option(
    "--finger",
    type=click.Choice([str(name) for name in FingerName]),
    default="right-index",
    show_default=True,
    help="Which finger.",
)
@click.option("--witness", required=True, help="Who saw the member consent to having a fingerprint enrolled.")
@click.option("--station", default="main", show_default=True, help="At which scanner.")
@socket_option
@json_option
def enrol(uid: str, finger: str, witness: str, station: str, socket: Path, *, as_json: bool) -> None:
    """Enrol a finger of the member UID, who has consented to it before WITNESS.

    The finger is pressed three times: two captures become the template, the third must be recognised.
    """
    with ControlClient(socket) as watcher, ControlClient(socket) as asker:
        events = watcher.watch()
        next(events)  # the greeting: from here on nothing is missed
        enrolment = asker.ask(str, "enrol", member_uid=uid, finger=finger, witness=witness, station=station)
        for event in events:
            if isinstance(event, EnrolProgress) and event.enrolment == enrolment:
                print_json(event) if as_json else click.echo(event.message)
                if event.final:
                    if not event.ok:
                        raise NotEnrolledError("not enrolled")
                    return
