"""`kiosk enrol`: one finger of one member, step by step."""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from kiosk.cli.common import json_option, plain, print_json, socket_option
from kiosk.control.client import ControlClient
from kiosk.control.protocol import ControlError, Event
from kiosk.errors import Exit, KioskError
from kiosk.models import FingerName
from kiosk.views import EnrolProgress

SILENCE_S = 90.0
"""Seconds without a step after which nothing more will come: the station gives up after 60."""


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
@click.option(
    "--consent",
    default="1",
    show_default=True,
    help="The version of the text (docs/consent.md) that the member consented to.",
)
@click.option("--station", default="main", show_default=True, help="At which scanner.")
@socket_option
@json_option
def enrol(uid: str, finger: str, witness: str, consent: str, station: str, socket: Path, *, as_json: bool) -> None:
    """Enrol a finger of the member UID, who has consented to it before WITNESS.

    The finger is pressed three times or more, as the scanner needs it: the last press must be recognised. Enrol two fingers of
    everybody: one may be hurt some day.
    """
    with ControlClient(socket) as watcher, ControlClient(socket) as asker:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(Exit.FAILURE))  # as Ctrl-C: the enrolment is cancelled below
        events = watcher.watch()
        next(events)  # the greeting: from here on nothing is missed
        enrolment = asker.ask(
            str,
            "enrol",
            member_uid=uid,
            finger=finger,
            witness=witness,
            consent_version=consent,
            station=station,
        )
        try:
            last = _follow(events, enrolment, as_json=as_json)
        except BaseException:
            with contextlib.suppress(ControlError):
                asker.call("cancel_enrolment", station=station)  # nobody would guide it on; people want to punch
            raise
    if not last.ok:
        raise NotEnrolledError("not enrolled")


def _follow(events: Iterator[Event], enrolment: str, *, as_json: bool) -> EnrolProgress:
    """Print each step; returns the last one. The daemon sends its status every second, so that silence ends too."""
    heard = time.monotonic()
    for event in events:
        if isinstance(event, EnrolProgress) and event.enrolment == enrolment:
            heard = time.monotonic()
            print_json(event) if as_json else click.echo(plain(f"{event.message} {event.private}".rstrip()))
            if event.final:
                return event
        if time.monotonic() - heard > SILENCE_S:
            break
    raise NotEnrolledError(f"the kiosk has said nothing of this enrolment for {SILENCE_S:.0f} s")
