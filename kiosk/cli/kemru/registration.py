"""`kiosk kemru callback | business-register | business-find | telco`: the account, and what the platform knows of others."""

import click

from kiosk.cli.common import plain, print_json, print_table, unheard
from kiosk.cli.kemru.session import Session, asks_first, may_rehearse, print_reply, takes_account
from kiosk.cli.kemru.wallet import NotFoundError
from kiosk.cli.kemru.words import phone
from kiosk.kemru import endpoints
from kiosk.kemru.messages import Business, BusinessRecord


@click.command(epilog="Example: kiosk kemru callback https://school.example/ipn")
@click.argument("address", metavar="URL")
@may_rehearse
@asks_first
@takes_account
def callback(session: Session, address: str) -> None:
    """Register URL as the place where the platform reports each change of a transaction.

    Once for each environment: afterwards only Kemru's support can change it.
    """
    if not session.dry_run:
        session.confirm(f"Report every transaction to {address} (only Kemru's support can change it later)")
    new = session.call(endpoints.CALLBACK.effect, lambda kemru: kemru.register_callback(address))
    with unheard():
        if session.as_json:
            print_json({"url": address, "new": new})
        else:
            click.echo("Registered." if new else "It was registered already.")


@click.command(
    epilog="Example: kiosk kemru business-register --name 'Mwangaza School' --contact 0739117883 "
    "--link school.example --email office@school.example"
)
@click.option("--name", required=True, help="What it is called.")
@click.option("--contact", required=True, help="Its telephone.")
@click.option("--link", required=True, help="The name of its host, such as school.example.")
@click.option("--email", required=True, help="Its e-mail address.")
@may_rehearse
@takes_account
def business_register(session: Session, name: str, contact: str, link: str, email: str) -> None:
    """Register a business with the platform, or learn what it has of it."""
    business = Business(name, contact, link, email)
    found = session.call(endpoints.BUSINESS.effect, lambda kemru: kemru.register_business(business))
    with unheard():
        _show(session, found)


@click.command(epilog="Example: kiosk kemru business-find office@school.example")
@click.argument("search")
@may_rehearse
@takes_account
def business_find(session: Session, search: str) -> None:
    """Show a registered business, by its e-mail address, name or telephone."""
    _show(session, session.call(endpoints.CONFIRM.effect, lambda kemru: kemru.find_business(search)))


@click.command(epilog="Example: kiosk kemru telco 722")
@click.argument("prefix")
@may_rehearse
@takes_account
def telco(session: Session, prefix: str) -> None:
    """Tell the network of a telephone PREFIX: the three digits after the first 0. Exit 65 if there is none."""
    found = session.call(endpoints.TELCO_CHECK.effect, lambda kemru: kemru.telco(prefix))
    if session.as_json:
        print_json({"prefix": prefix, "telco": found})
    elif found is not None:
        click.echo(plain(found))
    if found is None:
        raise NotFoundError(f"no network has the prefix {prefix}")


def _show(session: Session, found: BusinessRecord) -> None:
    if session.as_json:
        print_reply(found)
        return
    business = found.business
    row = (business.name, phone(business.contact), business.link, business.email, found.merchant_id or "")
    print_table(("NAME", "CONTACT", "LINK", "EMAIL", "MERCHANT"), [row])
