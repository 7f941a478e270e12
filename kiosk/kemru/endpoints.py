"""Every call of the platform in one table: where it goes, its fields, the order in which they are signed, and what it costs.

A field's `name` is Python's, its `wire` the platform's, with dots for the objects it is nested in; nothing else knows the wire's
spelling. Orders marked *documented* are the vendor's. The documentation leaves the others open; they are the request's own scalar
fields in the order in which it lists them, nested objects flattened in place, without `signature`, `offline_mode` and our `reference`,
and for calls by access token exactly `access_token` and `uid`. Nothing else, on either side of the wire, knows an order.
"""

import enum
from typing import Literal

import msgspec

from kiosk.kemru import forms
from kiosk.kemru.forms import Form


class Effect(enum.Enum):
    """What sending a call twice does."""

    READS = "reads"
    """Nothing: it only asks."""
    ACTS = "acts"
    """Its `reference` lets the platform tell a repetition, and lets us ask what became of it."""
    SETTLES = "settles"
    """Nothing more than once: it ends in the same state, however often it is sent."""


class Charge(enum.Enum):
    """What a call costs the merchant's wallet."""

    FREE = "free"
    MESSAGE = "message"
    """The price of one SMS."""
    PAYS = "pays"
    """Its amount leaves the wallet."""
    COLLECTS = "collects"
    """Its amount comes into the wallet, once the other side agrees."""
    RETURNS = "returns"
    """The amount of an earlier transaction comes back."""


class Field(msgspec.Struct, frozen=True):
    """One value of a request. `wire` is its place in the body, or its name in the path's braces."""

    name: str
    wire: str
    form: Form
    required: bool = True


class Endpoint(msgspec.Struct, frozen=True):
    """One call. `name` is how the command line calls it; `fields` are in the documentation's order; `signed` are names in signing order.

    `destination` names what says where an order goes: first what the platform calls its destination, then what that needs to be unique.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    fields: tuple[Field, ...]
    signed: tuple[str, ...]
    effect: Effect = Effect.READS
    charge: Charge = Charge.FREE
    destination: tuple[str, ...] = ()

    @property
    def by_token(self) -> bool:
        """Whether the caller shows an access token instead of a merchant id."""
        return self.fields[0].name == "access_token"

    @property
    def by_merchant(self) -> bool:
        """Whether the caller names the merchant; the registration of a business has nobody to name yet."""
        return any(each.name == "merchant_id" for each in self.fields)

    def in_path(self, field: Field) -> bool:
        """Whether `field` stands in the path instead of the body."""
        return f"{{{field.wire}}}" in self.path


_MERCHANT = Field("merchant_id", "MerchantID", forms.TEXT)
_TOKEN = Field("access_token", "access_token", forms.TEXT)
_UID = Field("uid", "uid", forms.IDENTIFIER)
_REF = Field("reference", "ref", forms.REFERENCE)
_TAIL = (
    Field("reference", "reference", forms.REFERENCE, required=False),
    Field("offline", "offline_mode", forms.FLAG, required=False),
)
"""What every call that acts may carry beside its documented fields: our own reference, and the wish to be queued."""
_SOURCE = (
    Field("initiator_name", "source.initiatorName", forms.TEXT),
    Field("initiator_country", "source.initiatorCountry", forms.TEXT),
)

BALANCE = Endpoint("balance", "POST", "/api-link", (_MERCHANT,), signed=("merchant_id",))
"""Order documented."""

USER = Endpoint("user", "GET", "/api-user", (_TOKEN, _UID), signed=("access_token", "uid"))

ROSTER = Endpoint("roster", "GET", "/api-biometric", (_TOKEN,), signed=("access_token",))

MEMBER = Endpoint("member", "GET", "/api-memberc", (_TOKEN, _UID), signed=("access_token", "uid"))

ATTENDANCE = Endpoint(
    "attendance",
    "GET",
    "/api-single",
    (
        _TOKEN,
        _UID,
        Field("reference", "reference", forms.REFERENCE, required=False),
        Field("time", "time", forms.TIME, required=False),
        Field("direction", "direction", forms.DIRECTION, required=False),
        Field("device", "device", forms.TEXT, required=False),
        Field("offline", "offline_mode", forms.FLAG, required=False),
    ),
    signed=("access_token", "uid"),
    effect=Effect.ACTS,
)
"""With `reference` it reports one scan, without it only reads."""

MOBILE_PAYOUT = Endpoint(
    "mobile-payout",
    "POST",
    "/billing/v3/mobile-payout/create",
    (
        _MERCHANT,
        *_SOURCE,
        Field("phone", "destination.destinationPhone", forms.LOCAL_PHONE),
        Field("amount", "destination.amount", forms.AMOUNT),
        Field("channel", "destination.channel", forms.CHANNEL),
        *_TAIL,
    ),
    signed=("amount", "phone", "initiator_name", "initiator_country", "channel", "merchant_id"),
    effect=Effect.ACTS,
    charge=Charge.PAYS,
    destination=("phone",),
)
"""Order documented."""

BANK_PAYOUT = Endpoint(
    "bank-payout",
    "POST",
    "/billing/v3/bank-payout/create",
    (
        _MERCHANT,
        *_SOURCE,
        Field("account_number", "destination.accountNumber", forms.ACCOUNT),
        Field("phone", "destination.phoneNumber", forms.LOCAL_PHONE),
        Field("bank", "destination.bankCode", forms.BANK),
        Field("amount", "destination.amount", forms.AMOUNT),
        *_TAIL,
    ),
    signed=("amount", "account_number", "phone", "bank", "initiator_name", "initiator_country", "merchant_id"),
    effect=Effect.ACTS,
    charge=Charge.PAYS,
    destination=("account_number", "bank"),
)
"""Order documented; *decision*: nested as in the mobile payout, by the names in the documented order."""

CHECKOUT = Endpoint(
    "checkout",
    "POST",
    "/billing/v1/checkout/create",
    (
        _MERCHANT,
        Field("phone", "phoneNumber", forms.FULL_PHONE),
        Field("amount", "amount", forms.AMOUNT),
        Field("channel", "channel", forms.CHANNEL),
        Field("reason", "metadata.reason", forms.TEXT, required=False),
        *_TAIL,
    ),
    signed=("merchant_id", "phone", "amount", "channel", "reason"),
    effect=Effect.ACTS,
    charge=Charge.COLLECTS,
    destination=("phone",),
)

TRANSFER = Endpoint(
    "transfer",
    "POST",
    "/v1/transaction/transact-link",
    (
        _MERCHANT,
        Field("from_institution", "source.institutionCode", forms.INSTITUTION),
        Field("from_account", "source.accountNumber", forms.ACCOUNT),
        Field("to_institution", "destination.institutionCode", forms.INSTITUTION),
        Field("to_account", "destination.accountNumber", forms.ACCOUNT),
        Field("amount", "destination.amount", forms.AMOUNT),
        Field("remarks", "destination.remarks", forms.TEXT, required=False),
        *_TAIL,
    ),
    signed=("merchant_id", "from_institution", "from_account", "to_institution", "to_account", "amount", "remarks"),
    effect=Effect.ACTS,
    charge=Charge.PAYS,
    destination=("to_account", "to_institution"),
)
"""*Decision*: the documentation names the codes and no field; these are shaped like its other transfers."""

BUSINESS_PAYMENT = Endpoint(
    "b2b",
    "POST",
    "/billing/v3/b2b/create",
    (
        _MERCHANT,
        Field("channel", "channel", forms.BUSINESS_CHANNEL),
        Field("result_url", "resultUrl", forms.URL, required=False),
        Field("short_code", "destination.shortCode", forms.SHORT_CODE),
        Field("identifier", "destination.identifier", forms.IDENTIFIER),
        Field("amount", "destination.amount", forms.AMOUNT),
        Field("remarks", "destination.remarks", forms.TEXT, required=False),
        *_TAIL,
    ),
    signed=("merchant_id", "channel", "result_url", "short_code", "identifier", "amount", "remarks"),
    effect=Effect.ACTS,
    charge=Charge.PAYS,
    destination=("short_code", "identifier"),
)

AIRTIME = Endpoint(
    "airtime",
    "POST",
    "/billing/v1/airtime/create",
    (
        _MERCHANT,
        Field("phone", "phone", forms.FULL_PHONE),
        Field("amount", "amount", forms.AMOUNT),
        Field("telco", "telco", forms.TELCO),
        Field("initiator_phone", "initiatorPhone", forms.FULL_PHONE),
        Field("product_code", "productCode", forms.PRODUCT, required=False),
        *_TAIL,
    ),
    signed=("merchant_id", "phone", "amount", "telco", "initiator_phone", "product_code"),
    effect=Effect.ACTS,
    charge=Charge.PAYS,
    destination=("phone", "product_code"),
)
"""`productCode` is the documentation's column; it is needed for FAIBA_B and for nothing else."""

PIN_AIRTIME = Endpoint(
    "pin-airtime",
    "POST",
    "/billing/v1/pin-airtime/create",
    (
        _MERCHANT,
        Field("phone", "phone", forms.FULL_PHONE),
        Field("amount", "amount", forms.AMOUNT),
        Field("telco", "telco", forms.VOUCHER_TELCO),
        *_TAIL,
    ),
    signed=("merchant_id", "phone", "amount", "telco"),
    effect=Effect.ACTS,
    charge=Charge.PAYS,
    destination=("phone",),
)
"""*Decision*: the documentation names no field; these are those of pinless airtime."""

BILL = Endpoint(
    "bill",
    "POST",
    "/billing/v1/bill/create",
    (
        _MERCHANT,
        Field("account_number", "accountNumber", forms.ACCOUNT),
        Field("amount", "amount", forms.AMOUNT),
        Field("channel", "channel", forms.BILL_CHANNEL),
        Field("phone", "phone", forms.FULL_PHONE, required=False),
        *_TAIL,
    ),
    signed=("merchant_id", "account_number", "amount", "channel", "phone"),
    effect=Effect.ACTS,
    charge=Charge.PAYS,
    destination=("account_number", "channel"),
)
"""*Decision*: the documentation names the channel codes and no field."""

SEND_SMS = Endpoint(
    "sms",
    "POST",
    "/billing/v1/sms/send",
    (
        _MERCHANT,
        Field("phone", "phone", forms.LOCAL_PHONE),
        Field("otp", "otp", forms.OTP),
        Field("message", "message", forms.MESSAGE, required=False),
        *_TAIL,
    ),
    signed=("phone", "otp", "merchant_id"),
    effect=Effect.ACTS,
    charge=Charge.MESSAGE,
    destination=("phone",),
)
"""Order documented. `reference` is made before the first byte leaves, so that VERIFY can find what became of it."""

CALLBACK = Endpoint(
    "callback",
    "POST",
    "/billing/v1/callback-url/create",
    (_MERCHANT, Field("url", "callbackURL", forms.URL)),
    signed=("merchant_id", "url"),
    effect=Effect.SETTLES,
)

BUSINESS = Endpoint(
    "business-register",
    "POST",
    "/api-business",
    (
        Field("name", "name", forms.TEXT),
        Field("contact", "contact", forms.FULL_PHONE),
        Field("link", "link", forms.DOMAIN),
        Field("email", "email", forms.EMAIL),
    ),
    signed=("name", "contact", "link", "email"),
    effect=Effect.SETTLES,
)

CONFIRM = Endpoint("business-find", "GET", "/api-confirm", (Field("search", "search", forms.TEXT),), signed=("search",))

TELCO_CHECK = Endpoint(
    "telco",
    "POST",
    "/api-telco-check",
    (_MERCHANT, Field("prefix", "prefix", forms.PREFIX)),
    signed=("merchant_id", "prefix"),
)

VERIFY = Endpoint("verify", "GET", "/transactions/{ref}/verify", (_REF, _MERCHANT), signed=("reference", "merchant_id"))

REVERSE = Endpoint(
    "reverse",
    "POST",
    "/transactions/{ref}/reverse",
    (_REF, _MERCHANT),
    signed=("reference", "merchant_id"),
    effect=Effect.SETTLES,
    charge=Charge.RETURNS,
)
"""*Decision*: the documentation promises it and names no path."""

ENDPOINTS = (
    BALANCE,
    USER,
    ROSTER,
    MEMBER,
    ATTENDANCE,
    MOBILE_PAYOUT,
    BANK_PAYOUT,
    CHECKOUT,
    TRANSFER,
    BUSINESS_PAYMENT,
    AIRTIME,
    BILL,
    PIN_AIRTIME,
    SEND_SMS,
    CALLBACK,
    VERIFY,
    REVERSE,
    BUSINESS,
    CONFIRM,
    TELCO_CHECK,
)
"""The whole table, in the documentation's order."""
