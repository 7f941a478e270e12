"""`kiosk kemru balance | verify | reverse`: the wallet, and what became of a transaction."""

import click

from kiosk.cli.common import plain, unheard
from kiosk.cli.kemru.session import Session, asks_first, may_rehearse, print_reply, takes_account
from kiosk.cli.kemru.words import shillings
from kiosk.errors import Exit, KioskError
from kiosk.kemru import endpoints


class NotFoundError(KioskError):
    """The platform never heard of the reference."""

    exit_code = Exit.DATA


@click.command(epilog="Example: kiosk kemru balance --json | jq -r .amount")
@may_rehearse
@takes_account
def balance(session: Session) -> None:
    """Tell what is left in the merchant's wallet."""
    found = session.call(endpoints.BALANCE.effect, lambda kemru: kemru.balance())
    if session.as_json:
        print_reply(found)
    else:
        click.echo(plain(f"{found.currency} {shillings(found.amount)}"))


@click.command(epilog="Example: kiosk kemru verify KT677833")
@click.argument("reference")
@may_rehearse
@takes_account
def verify(session: Session, reference: str) -> None:
    """Tell what became of the transaction REFERENCE: yours, or the platform's own. Exit 65 if the platform never heard of it."""
    found = session.call(endpoints.VERIFY.effect, lambda kemru: kemru.verify(reference))
    if session.as_json:
        print_reply(found)
    elif found.found:
        click.echo(plain(f"{found.status} (code {found.code or 'none'})"))
    if not found.found:
        raise NotFoundError(f"the platform never heard of {reference}")


@click.command(epilog="Example: kiosk kemru reverse KT677833")
@click.argument("reference")
@may_rehearse
@asks_first
@takes_account
def reverse(session: Session, reference: str) -> None:
    """Bring the money of the completed transaction REFERENCE back into the wallet. Asking again changes nothing."""
    if not session.dry_run:
        session.confirm(f"Bring back the whole amount of transaction {reference}")
    receipt = session.call(endpoints.REVERSE.effect, lambda kemru: kemru.reverse(reference))
    with unheard():
        if session.as_json:
            print_reply(receipt)
        else:
            status = f", {receipt.status}" if receipt.status else ""
            click.echo(plain(f"{receipt.note}: the reversal of {reference}{status}."))
