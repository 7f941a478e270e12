"""Every call of the platform in one table: where it goes, which fields it has, and in which order they are signed.

Orders marked *documented* are the vendor's ("Check Account Balance", "SMS / OTP"). The documentation leaves the others open; they are
the request's own scalar fields in the order in which it lists them, without `signature` and `offline_mode`, and for calls by
access token exactly `access_token` and `uid`. Nothing else, on either side of the wire, knows an order.
"""

import enum
from typing import Literal

import msgspec


class Effect(enum.Enum):
    """What sending a call twice does."""

    READS = "reads"
    IDEMPOTENT = "idempotent"
    """Its `reference` lets the platform tell a repetition."""


class Endpoint(msgspec.Struct, frozen=True):
    """One call. `signed` lists fields in signing order, names in `path` braces included; `required` and `optional` are the body's."""

    method: Literal["GET", "POST"]
    path: str
    required: tuple[str, ...]
    signed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    effect: Effect = Effect.READS

    @property
    def by_token(self) -> bool:
        """Whether the caller shows an access token instead of a merchant id."""
        return "access_token" in self.required


BALANCE = Endpoint("POST", "/api-link", ("MerchantID",), signed=("MerchantID",))
"""Order documented."""

USER = Endpoint("GET", "/api-user", ("access_token", "uid"), signed=("access_token", "uid"))

ROSTER = Endpoint("GET", "/api-biometric", ("access_token",), signed=("access_token",))

MEMBER = Endpoint("GET", "/api-memberc", ("access_token", "uid"), signed=("access_token", "uid"))

ATTENDANCE = Endpoint(
    "GET",
    "/api-single",
    ("access_token", "uid"),
    signed=("access_token", "uid"),
    optional=("reference", "time", "direction", "device", "offline_mode"),
    effect=Effect.IDEMPOTENT,
)
"""With `reference` it reports one scan, without it only reads."""

SEND_SMS = Endpoint(
    "POST",
    "/billing/v1/sms/send",
    ("MerchantID", "phone", "otp"),
    signed=("phone", "otp", "MerchantID"),
    optional=("message", "reference", "offline_mode"),
    effect=Effect.IDEMPOTENT,
)
"""Order documented. `reference` is made before the first byte leaves, so that VERIFY can find what became of it."""

TELCO_CHECK = Endpoint("POST", "/api-telco-check", ("MerchantID", "prefix"), signed=("MerchantID", "prefix"))

VERIFY = Endpoint("GET", "/transactions/{ref}/verify", ("MerchantID",), signed=("ref", "MerchantID"))

ENDPOINTS = (BALANCE, USER, ROSTER, MEMBER, ATTENDANCE, SEND_SMS, TELCO_CHECK, VERIFY)
"""The whole table."""
