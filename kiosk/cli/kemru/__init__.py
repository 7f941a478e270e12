"""`kiosk kemru`: every call of the platform as a command, each module loaded only when one of its commands is called for."""

import click

from kiosk.cli.lazy import LazyGroup

COMMANDS = {
    "balance": "kiosk.cli.kemru.wallet:balance",
    "user": "kiosk.cli.kemru.people:user",
    "roster": "kiosk.cli.kemru.people:roster",
    "member": "kiosk.cli.kemru.people:member",
    "attendance": "kiosk.cli.kemru.people:attendance",
    "report": "kiosk.cli.kemru.people:report",
    "mobile-payout": "kiosk.cli.kemru.orders:mobile_payout",
    "bank-payout": "kiosk.cli.kemru.orders:bank_payout",
    "checkout": "kiosk.cli.kemru.orders:checkout",
    "transfer": "kiosk.cli.kemru.orders:transfer",
    "b2b": "kiosk.cli.kemru.orders:b2b",
    "airtime": "kiosk.cli.kemru.orders:airtime",
    "bill": "kiosk.cli.kemru.orders:bill",
    "pin-airtime": "kiosk.cli.kemru.orders:pin_airtime",
    "sms": "kiosk.cli.kemru.orders:sms",
    "verify": "kiosk.cli.kemru.wallet:verify",
    "reverse": "kiosk.cli.kemru.wallet:reverse",
    "settle": "kiosk.cli.kemru.settling:settle",
    "orders": "kiosk.cli.kemru.settling:orders",
    "callback": "kiosk.cli.kemru.registration:callback",
    "business-register": "kiosk.cli.kemru.registration:business_register",
    "business-find": "kiosk.cli.kemru.registration:business_find",
    "telco": "kiosk.cli.kemru.registration:telco",
    "banks": "kiosk.cli.kemru.tables:banks",
    "bundles": "kiosk.cli.kemru.tables:bundles",
}
"""Command to where it is. Every row of the endpoint table is one, under the same name."""


class _Kemru(LazyGroup):
    places = COMMANDS


@click.group(cls=_Kemru)
def kemru() -> None:
    """Use the Kemru platform: people, money, airtime, bills, messages.

    The account is that of --config, or of --url, --merchant and --credentials, or of the environment: KEMRU_URL, KEMRU_MERCHANT_ID,
    KEMRU_API_KEY, KEMRU_SECRET and KEMRU_ACCESS_TOKEN. Secrets are never given on the command line, where everybody can see them.

    Payments, airtime, bills and messages are written down before they are sent, and happen once: after a crash or a lost answer, `kiosk
    kemru settle` finds out what became of them.
    """
