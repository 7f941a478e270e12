"""What the platform is asked to do and does once: payments, airtime, bills and messages, as frozen values.

Each order carries a `reference` of our own, made with the order and so before the first byte leaves: the platform tells a repetition by
it, and `Kemru.verify` finds out what became of it. `offline` asks to be queued where the network behind is down. Amounts are shillings,
exact (`Decimal` or `int`, never float). Wrong values are refused when the order is submitted, with the platform's own code.
"""

import re
import uuid
from decimal import Decimal
from typing import ClassVar

import msgspec

from kiosk.kemru import codes, endpoints
from kiosk.kemru.catalogue import BUNDLES, BillChannel, Bundle, BusinessChannel, Channel, Telco
from kiosk.kemru.endpoints import Endpoint
from kiosk.kemru.forms import Problem

Amount = Decimal | int
"""Shillings. Two decimals at most."""


_PLATFORMS_OWN = re.compile(r"(?:KT|KYA)[0-9]+", re.IGNORECASE)
"""References that the platform gives. Source: the documented answers."""


def new_reference() -> str:
    """A reference that nobody else has."""
    return str(uuid.uuid4())


def bundle_objection(telco: str, product_code: str | None, amount: Amount) -> Problem | None:
    """What is wrong with airtime of `telco` with that product code at that price."""
    if telco != Telco.FAIBA_B:
        return None if product_code is None else Problem(codes.INVALID_PARAMETER, "product code is for FAIBA_B only")
    if product_code is None or product_code not in BUNDLES:
        return Problem(codes.INVALID_PARAMETER, "product code must be that of a Faiba bundle")
    price = BUNDLES[product_code].price
    return None if amount == price else Problem(codes.INVALID_AMOUNT, f"amount must be the bundle's price, {price}")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What all orders share. `endpoint` is the row of the table that it goes to."""

    endpoint: ClassVar[Endpoint]

    reference: str = msgspec.field(default_factory=new_reference)
    offline: bool = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}(reference={self.reference!r})"  # the rest is telephone numbers, accounts and amounts

    def values(self) -> dict[str, object]:
        """What the endpoint is told, by Python's names."""
        return {**msgspec.structs.asdict(self), "offline": self.offline or None}

    def objection(self) -> Problem | None:
        """What is wrong with the values beyond the form of each, which is checked before."""
        if _PLATFORMS_OWN.fullmatch(self.reference):
            # Asked what became of it, the platform would tell of somebody else's transaction.
            return Problem(codes.INVALID_PARAMETER, "reference must not look like the platform's own, such as KT677833")
        return None


class MobilePayout(Order, frozen=True, kw_only=True):
    """From the merchant's wallet to the mobile wallet of `phone`."""

    endpoint: ClassVar[Endpoint] = endpoints.MOBILE_PAYOUT

    phone: str
    amount: Amount
    channel: Channel
    initiator_name: str
    initiator_country: str = "Kenya"


class BankPayout(Order, frozen=True, kw_only=True):
    """From the merchant's wallet to an account; `bank` is a code of `catalogue.BANKS`, `phone` the owner's."""

    endpoint: ClassVar[Endpoint] = endpoints.BANK_PAYOUT

    account_number: str
    phone: str
    bank: str
    amount: Amount
    initiator_name: str
    initiator_country: str = "Kenya"


class Checkout(Order, frozen=True, kw_only=True):
    """Ask the owner of `phone` to pay into the merchant's wallet: a prompt on the handset (STK push)."""

    endpoint: ClassVar[Endpoint] = endpoints.CHECKOUT

    phone: str
    amount: Amount
    channel: Channel
    reason: str | None = None


class Transfer(Order, frozen=True, kw_only=True):
    """Between institutions (UPI): banks have codes from 101, fintechs from 201, saccos from 301."""

    endpoint: ClassVar[Endpoint] = endpoints.TRANSFER

    from_institution: str
    from_account: str
    to_institution: str
    to_account: str
    amount: Amount
    remarks: str | None = None


class BusinessPayment(Order, frozen=True, kw_only=True):
    """To a paybill or till. `identifier` is the account at the paybill; `result_url` is called with the outcome."""

    endpoint: ClassVar[Endpoint] = endpoints.BUSINESS_PAYMENT

    short_code: str
    identifier: str
    amount: Amount
    channel: BusinessChannel = BusinessChannel.PAYBILL
    remarks: str | None = None
    result_url: str | None = None


class Airtime(Order, frozen=True, kw_only=True):
    """Airtime straight to `phone`. Data bundles have a `product_code`: see `bundle`."""

    endpoint: ClassVar[Endpoint] = endpoints.AIRTIME

    phone: str
    amount: Amount
    telco: Telco
    initiator_phone: str
    product_code: str | None = None

    def objection(self) -> Problem | None:
        """A bundle is sold by Faiba, by its product code and at its price."""
        return super().objection() or bundle_objection(self.telco, self.product_code, self.amount)

    @classmethod
    def bundle(cls, bundle: Bundle, *, phone: str, initiator_phone: str, reference: str | None = None) -> "Airtime":
        """The order for a Faiba data bundle of `catalogue.BUNDLES`, at its price."""
        return cls(
            phone=phone,
            amount=bundle.price,
            telco=Telco.FAIBA_B,
            initiator_phone=initiator_phone,
            product_code=bundle.product_code,
            reference=reference or new_reference(),
        )


class PinAirtime(Order, frozen=True, kw_only=True):
    """Airtime as a PIN voucher; of Safaricom, Airtel or Telkom."""

    endpoint: ClassVar[Endpoint] = endpoints.PIN_AIRTIME

    phone: str
    amount: Amount
    telco: Telco


class Bill(Order, frozen=True, kw_only=True):
    """A utility's or television's bill; `account_number` is the meter, smart card or customer number."""

    endpoint: ClassVar[Endpoint] = endpoints.BILL

    account_number: str
    amount: Amount
    channel: BillChannel
    phone: str | None = None


class Sms(Order, frozen=True, kw_only=True):
    """One text message to `phone`.

    An alert has its text in `message` and a numeric short code of 4 to 6 digits in `otp`; a one-time code has only `otp`.
    """

    endpoint: ClassVar[Endpoint] = endpoints.SEND_SMS

    phone: str
    otp: str
    message: str | None = None


ORDERS: tuple[type[Order], ...] = (
    MobilePayout,
    BankPayout,
    Checkout,
    Transfer,
    BusinessPayment,
    Airtime,
    Bill,
    PinAirtime,
    Sms,
)
"""Every kind of order."""
