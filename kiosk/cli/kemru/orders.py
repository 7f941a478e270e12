"""`kiosk kemru mobile-payout | bank-payout | checkout | …`: one command for each kind of order, its options those of the order."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import click
import msgspec
from click.shell_completion import CompletionItem

from kiosk.cli.common import plain, unheard
from kiosk.cli.kemru import words
from kiosk.cli.kemru.session import (
    Session,
    asks_first,
    interruptible,
    keeps_journal,
    may_rehearse,
    print_reply,
    takes_account,
)
from kiosk.kemru import forms
from kiosk.kemru.catalogue import BANKS, BUNDLES, Telco
from kiosk.kemru.client import Kemru
from kiosk.kemru.endpoints import Charge, Field
from kiosk.kemru.messages import Receipt
from kiosk.kemru.orders import (
    Airtime,
    BankPayout,
    Bill,
    BusinessPayment,
    Checkout,
    MobilePayout,
    Order,
    PinAirtime,
    Sms,
    Transfer,
)
from kiosk.kemru.wire import flattened

HELP = {
    "phone": "Whose telephone, such as 0739117883 or +254 739 117 883.",
    "amount": "Shillings, such as 1500 or 1500.50.",
    "channel": "How it is paid.",
    "initiator_name": "Who pays, such as 'John Doe'.",
    "initiator_country": "Where the payer is.",
    "account_number": "Account, meter, smart card or customer number.",
    "bank": "Code of the bank; `kiosk kemru banks` lists them.",
    "reason": "What it is for; the payer sees it.",
    "from_institution": "Code of the paying institution: banks from 101, fintechs from 201, saccos from 301.",
    "from_account": "Account that pays.",
    "to_institution": "Code of the receiving institution.",
    "to_account": "Account that is paid.",
    "remarks": "What it is for.",
    "result_url": "Where the platform is to report the outcome.",
    "short_code": "Paybill or till number.",
    "identifier": "Account at the paybill.",
    "telco": "Network that sells the airtime.",
    "initiator_phone": "Whose telephone orders it.",
    "product_code": "Data bundle of FAIBA_B; `kiosk kemru bundles` lists them. It brings network and amount with it.",
    "otp": "One-time code, or an alert's short code: 4 to 6 digits.",
    "message": "The text; without it the one-time code is sent alone.",
}
"""What each value of an order is."""

_DIGITS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
"""What people mean by an amount; Python's own reading takes much more for one."""

_NOT_ASKED = frozenset({"merchant_id", "reference", "offline"})


class Shillings(click.ParamType[Decimal]):
    """An amount, exact."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ANN401
        """Read digits with a point; a comma could mean thousands or cents."""
        if not _DIGITS.fullmatch(str(value)):
            self.fail(f"{value!r} is no amount in shillings, such as 1500 or 1500.50 (without commas)", param, ctx)
        return Decimal(value)


class Word(click.Choice[str]):
    """One of the platform's words, in whatever case it is typed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401
        """Bring it to the platform's case."""
        typed = str(value).casefold()
        return super().convert(next((each for each in self.choices if each.casefold() == typed), value), param, ctx)


class Coded(Word):
    """A choice of codes, whose meaning is shown when a shell completes them."""

    def __init__(self, meanings: Mapping[str, str]) -> None:
        super().__init__(list(meanings))
        self._meanings = meanings

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """The codes that begin with what was typed."""
        return [CompletionItem(code, help=name) for code, name in self._meanings.items() if code.startswith(incomplete)]


def _command(kind: type[Order], summary: str, example: str) -> click.Command:
    """The command of one kind of order."""

    @click.option("--reference", help="Your own reference: the same one is never done twice. [default: a new one]")
    @click.option("--offline", is_flag=True, help="Let the platform queue it while the network behind is down.")
    @asks_first
    @may_rehearse
    @keeps_journal
    @takes_account
    def run(session: Session, reference: str | None, *, offline: bool, **values: Any) -> None:  # noqa: ANN401  of every type
        _place(session, _order(kind, values, reference, offline=offline))

    command = click.command(
        kind.endpoint.name, help=summary, epilog=f"Example: kiosk kemru {kind.endpoint.name} {example}"
    )(run)
    command.params[:0] = list(_options(kind))
    return command


def _options(kind: type[Order]) -> Iterator[click.Option]:
    kept = {each.name: each for each in msgspec.structs.fields(kind)}
    for field in kind.endpoint.fields:
        if field.name not in _NOT_ASKED:
            default = kept[field.name].default
            required = default is msgspec.NODEFAULT and not _is_implied(kind, field)
            yield click.Option(
                [f"--{field.name.replace('_', '-')}"],
                type=_type(field),
                required=required,
                default=None if default is msgspec.NODEFAULT or default is None else str(default),
                show_default=True,
                help=HELP[field.name],
            )


def _is_implied(kind: type[Order], field: Field) -> bool:
    """A bundle's product code brings its network and its price."""
    return kind is Airtime and field.name in {"amount", "telco"}


def _type(field: Field) -> click.ParamType[Any]:
    if field.form is forms.AMOUNT:
        return Shillings()
    if field.form is forms.BANK:
        return Coded(BANKS)
    if field.form is forms.PRODUCT:
        return Coded({code: f"{each.name}, KES {words.shillings(each.price)}" for code, each in BUNDLES.items()})
    return Word(field.form.choices) if field.form.choices else click.STRING


def _order(kind: type[Order], values: dict[str, Any], reference: str | None, *, offline: bool) -> Order:
    own = {} if reference is None else {"reference": reference}
    return kind(**(_completed(values) if kind is Airtime else values), **own, offline=offline)


def _completed(values: dict[str, Any]) -> dict[str, Any]:
    bundle = BUNDLES.get(values["product_code"] or "")
    implied = {} if bundle is None else {"amount": bundle.price, "telco": Telco.FAIBA_B}
    told = {name: value for name, value in values.items() if value is not None}
    missing = [f"--{name}" for name in ("amount", "telco") if name not in implied | told]
    if missing:
        raise click.UsageError(f"give {' and '.join(missing)}, or --product-code for a data bundle")
    return {**implied, **told}


def _place(session: Session, order: Order) -> None:
    if session.dry_run:
        session.rehearse(lambda kemru: kemru.submit(order))
    with session.client() as kemru:
        values = flattened(order.endpoint, kemru.prepare(order).body)
        # One message costs a fraction of a shilling; a question for each would teach people to say yes.
        if order.endpoint.charge is not Charge.MESSAGE:
            session.confirm(words.deed(order.endpoint, values, masked=False))
        receipt = _submitted(session, kemru, order)
    with unheard():
        _show(session, order, receipt)


def _submitted(session: Session, kemru: Kemru, order: Order) -> Receipt:
    once = session.once(kemru)
    with interruptible(order.reference):
        return once.submit(order)


def _show(session: Session, order: Order, receipt: Receipt) -> None:
    if session.as_json:
        print_reply(receipt)
    else:
        _tell(session, receipt)
    lost = words.lost_pin(order, receipt)
    if lost:
        click.echo(plain(lost), err=session.as_json)


def _tell(session: Session, receipt: Receipt) -> None:
    said = [f"Kemru's {receipt.platform_reference}" if receipt.platform_reference else "", receipt.status or ""]
    click.echo(plain(", ".join([f"Accepted: reference {receipt.reference}", *filter(None, said)])) + ".")
    if receipt.duplicate:
        click.echo("The platform already had it: it was not done again.")
    if receipt.provisional:
        click.echo(f"Queued, with the provisional receipt {plain(receipt.provisional)}; the outcome comes by callback.")
    if receipt.voucher is not None:
        click.echo(plain(words.pin(receipt.voucher)))
    click.echo(plain(session.completed(f"What becomes of it: kiosk kemru verify {receipt.reference}")))


mobile_payout = _command(
    MobilePayout,
    "Pay from the merchant's wallet to somebody's mobile wallet.",
    "--phone 0739117883 --amount 1500 --channel MPESA --initiator-name 'John Doe'",
)
bank_payout = _command(
    BankPayout,
    "Pay from the merchant's wallet to a bank account. --phone is its owner's.",
    "--account-number 0123456789 --bank 103 --phone 0739117883 --amount 1500 --initiator-name 'John Doe'",
)
checkout = _command(
    Checkout,
    "Ask somebody to pay into the merchant's wallet: a prompt appears on the handset.",
    "--phone 0739117883 --amount 1500 --channel MPESA --reason 'Invoice 1234'",
)
transfer = _command(
    Transfer,
    "Move money between institutions: banks, fintechs and saccos (UPI).",
    "--from-institution 103 --from-account 0123456789 --to-institution 301 --to-account 9876543210 --amount 1500",
)
b2b = _command(
    BusinessPayment,
    "Pay a business at its paybill or till.",
    "--short-code 4079491 --identifier 0739117883 --amount 5000 --remarks Settlement",
)
airtime = _command(
    Airtime,
    "Send airtime, or a data bundle, straight to a telephone.",
    "--phone 0739117883 --amount 100 --telco SAFARICOM --initiator-phone 0739117883",
)
bill = _command(
    Bill,
    "Pay a bill for television, water or power.",
    "--channel DSTV --account-number 0123456789 --amount 1500",
)
pin_airtime = _command(
    PinAirtime,
    "Buy airtime as a voucher with a PIN.",
    "--phone 0739117883 --amount 100 --telco AIRTEL",
)
sms = _command(
    Sms,
    "Send a text message or a one-time code.",
    "--phone 0739117883 --otp 4823 --message 'School closes at noon'",
)
