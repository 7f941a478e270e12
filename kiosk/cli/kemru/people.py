"""`kiosk kemru user | roster | member | attendance | report`: the merchant's people, and when they came and went."""

import platform
from datetime import datetime

import click

from kiosk.cli.common import plain, print_table, unheard
from kiosk.cli.kemru.session import Session, may_rehearse, print_reply, takes_account
from kiosk.cli.kemru.words import phone
from kiosk.kemru import endpoints, forms
from kiosk.kemru.endpoints import Effect
from kiosk.kemru.messages import Roster, ScanReport
from kiosk.kemru.orders import new_reference
from kiosk.models import Direction, Member


@click.command(epilog="Example: kiosk kemru user 717445")
@click.argument("identifier")
@may_rehearse
@takes_account
def user(session: Session, identifier: str) -> None:
    """Show the user IDENTIFIER: somebody with a login at the platform."""
    found = session.call(endpoints.USER.effect, lambda kemru: kemru.user(identifier))
    if session.as_json:
        print_reply(found)
    else:
        print_table(("ID", "NAME", "PHONE", "EMAIL"), [(found.id, found.name, phone(found.phone), found.email or "")])


@click.command(epilog="Example: kiosk kemru roster --json | jq '.members | length'")
@may_rehearse
@takes_account
def roster(session: Session) -> None:
    """List everybody that the merchant has."""
    found = session.call(endpoints.ROSTER.effect, lambda kemru: kemru.roster())
    if session.as_json:
        print_reply(found)
    else:
        _show(found)


@click.command(epilog="Example: kiosk kemru member 20170")
@click.argument("identifier")
@may_rehearse
@takes_account
def member(session: Session, identifier: str) -> None:
    """Show one member, by uid, national ID or passport number."""
    found = session.call(endpoints.MEMBER.effect, lambda kemru: kemru.member(identifier))
    if session.as_json:
        print_reply(found)
        return
    left = "" if found.member.balance is None else str(found.member.balance)
    print_table((*_HEADER, "SMS LEFT", "SMS STATUS"), [(*_row(found.member), left, found.sms_status or "")])


@click.command(epilog="Example: kiosk kemru attendance 20170")
@click.argument("uid")
@may_rehearse
@takes_account
def attendance(session: Session, uid: str) -> None:
    """List the scans of the member UID that the platform holds. Reports nothing: see `kiosk kemru report`."""
    found = session.call(Effect.READS, lambda kemru: kemru.attendance(uid))
    if session.as_json:
        print_reply(found)
        return
    rows = [(each.time, each.direction or "", each.device or "", each.reference or "") for each in found]
    print_table(("TIME", "DIRECTION", "DEVICE", "REFERENCE"), rows)


@click.command(epilog="Example: kiosk kemru report 20170 --direction in --device gate")
@click.argument("uid")
@click.option(
    "--direction", type=click.Choice(forms.DIRECTION.choices), required=True, help="Whether they came or went."
)
@click.option("--time", help="When, with the offset from UTC: 2026-11-23T07:58:10+03:00. [default: now]")
@click.option("--device", default=platform.node, help="Where. [default: this machine's name]")
@click.option(
    "--reference", default=new_reference, help="Your own reference: the same one counts once. [default: a new one]"
)
@click.option("--offline", is_flag=True, help="It is reported later than it happened.")
@may_rehearse
@takes_account
def report(
    session: Session, uid: str, direction: str, time: str | None, device: str, reference: str, *, offline: bool
) -> None:
    """Report that the member UID came or went. Reporting with the same --reference again changes nothing."""
    at = time or datetime.now().astimezone().isoformat(timespec="milliseconds")
    scan = ScanReport(uid, reference, at, Direction(direction), device, offline)
    receipt = session.call(Effect.ACTS, lambda kemru: kemru.report(scan))
    with unheard():
        if session.as_json:
            print_reply(receipt)
        else:
            click.echo(plain(f"{receipt.note}: reference {reference}, {direction} at {at}."))


_HEADER = ("UID", "NAME", "TITLE", "PHONE")


def _row(found: Member) -> tuple[str, ...]:
    return (found.uid, found.name, found.title or "", phone(found.phone))


def _show(found: Roster) -> None:
    print_table(_HEADER, map(_row, found.members))
    click.echo(f"\nMembers: {len(found.members)}, users: {len(found.users)}, scans: {len(found.attendance)}.")
    if found.skipped:
        click.echo(plain(f"{found.skipped} values could not be used: {'; '.join(found.notes)}"), err=True)
