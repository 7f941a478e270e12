"""What each kind of value must look like on the wire, told once: to the client before anything is sent, to the sandbox, to its OpenAPI.

A form spells a Python value for the wire, and says what is wrong with a spelling: the platform's code, and the end of a plain sentence
that begins with the field's name.
"""

import enum
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from kiosk.kemru import codes, phones, urls
from kiosk.kemru.catalogue import BANKS, BUNDLES, VOUCHER_TELCOS, BillChannel, BusinessChannel, Channel, Telco


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a value: the platform's code for it, and the end of a sentence such as "must be …"."""

    code: str
    text: str


class Form(msgspec.Struct, frozen=True):
    """One kind of value.

    `pattern` is a regular expression of the whole spelling, in the part of the language that Python and ECMAScript share; `problem`
    says what a pattern cannot. `choices` lists all spellings where they are few. A `flag` is a JSON boolean, everything else a string.
    """

    code: str
    must: str
    pattern: str
    example: str
    choices: tuple[str, ...] = ()
    flag: bool = False
    spelling: Callable[[object], object] = str
    further: Callable[[str], Problem | None] | None = None

    def spell(self, value: object) -> object:
        """The value as it goes over the wire; it may still be wrong, which `problem` tells."""
        return self.spelling(value)

    def problem(self, spelt: object) -> Problem | None:
        """What the platform has against `spelt`; None if it takes it."""
        if self.flag:
            return None if isinstance(spelt, bool) or spelt in ("true", "false") else Problem(self.code, self.must)
        if not isinstance(spelt, str) or re.fullmatch(self.pattern, spelt) is None:
            return Problem(self.code, self.must)
        return self.further(spelt) if self.further is not None else None


def _choice(code: str, choices: Iterable[str], must: str = "") -> Form:
    listed = tuple(str(each) for each in choices)
    return Form(
        code,
        must or f"must be one of {', '.join(listed)}",
        "|".join(re.escape(each) for each in listed),
        listed[0],
        choices=listed,
        spelling=_plain,
    )


def _plain(value: object) -> object:
    return value.value if isinstance(value, enum.Enum) else value


def _amount(value: object) -> object:
    """Shillings without an exponent; cents only where there are any. What is no exact number stays wrong."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return "" if isinstance(value, float) else value
    amount = Decimal(value)
    if not amount.is_finite() or amount.adjusted() > _MOST_DIGITS:
        return ""
    return f"{amount:.0f}" if amount == amount.to_integral_value() else f"{amount:f}"


def _ten_digits(value: object) -> object:
    return phones.ten_digits(str(value)) or str(value)


def _e164(value: object) -> object:
    return phones.e164(str(value)) or str(value)


def _time(spelt: str) -> Problem | None:
    try:
        aware = datetime.fromisoformat(spelt).tzinfo is not None
    except ValueError:
        aware = False
    return None if aware else Problem(_INVALID, "must be a time with its offset from UTC, as in RFC 3339")


def _address(spelt: str) -> Problem | None:
    why = urls.objection(spelt, production=False)
    return None if why is None else Problem(codes.URL_REFUSED, why)


_INVALID = codes.INVALID_PARAMETER
_MOST_DIGITS = 30
_PHONE_MUST = "must be a Kenyan mobile number, such as 0739117883"
_PHONE = r"(?:\+?254|0)[17][0-9]{8}"
# No control characters: they would move the cursor of whoever reads it.
_WORDS = r"[^\x00-\x1f\x7f-\x9f]"

TEXT = Form(_INVALID, "must be 1 to 200 printable characters", _WORDS + "{1,200}", "John Doe", spelling=_plain)

MESSAGE = Form(
    _INVALID, "must be a text of 1 to 2,000 characters", r"[\s\S]{1,2000}", "AKINYI arrived at 07:58", spelling=_plain
)

IDENTIFIER = Form(_INVALID, "must be 1 to 64 printable characters", _WORDS + "{1,64}", "20170", spelling=_plain)

REFERENCE = Form(
    _INVALID,
    "must be 1 to 64 letters, digits, hyphens and underscores",
    r"[A-Za-z0-9_-]{1,64}",
    "KT677833",
    spelling=_plain,
)

LOCAL_PHONE = Form(codes.INVALID_PHONE, _PHONE_MUST, _PHONE, "0739117883", spelling=_ten_digits)
"""A mobile number that the documentation wants in ten digits. Its own examples show `+254…`, which the platform takes as well."""

FULL_PHONE = Form(codes.INVALID_PHONE, _PHONE_MUST, _PHONE, "+254739117883", spelling=_e164)
"""A mobile number that the documentation shows with its country code."""

AMOUNT = Form(
    codes.INVALID_AMOUNT,
    "must be shillings as an exact number above 0, with at most two decimals",
    r"[1-9][0-9]{0,8}(?:\.[0-9]{1,2})?|0\.(?:[1-9][0-9]?|0[1-9])",
    "1500",
    spelling=_amount,
)

OTP = Form(_INVALID, "must be 4 to 6 digits", r"[0-9]{4,6}", "4823", spelling=_plain)

PREFIX = Form(
    codes.INVALID_TELCO, "must be the three digits after the first 0, such as 722", r"[0-9]{3}", "722", spelling=_plain
)

CHANNEL = _choice(codes.INVALID_CHANNEL, Channel)
BILL_CHANNEL = _choice(codes.INVALID_CHANNEL, BillChannel)
BUSINESS_CHANNEL = _choice(codes.INVALID_CHANNEL, BusinessChannel)
TELCO = _choice(codes.INVALID_TELCO, Telco)
VOUCHER_TELCO = _choice(codes.INVALID_TELCO, VOUCHER_TELCOS)
BANK = _choice(codes.INVALID_BANK, BANKS, "must be a bank code of the documentation, such as 103 for Equity Bank")
PRODUCT = _choice(_INVALID, BUNDLES)

INSTITUTION = Form(
    codes.INVALID_BANK,
    "must be an institution code: banks from 101, fintechs from 201, saccos from 301",
    r"[1-3](?:0[1-9]|[1-9][0-9])",
    "103",
    spelling=_plain,
)

ACCOUNT = Form(_INVALID, "must be 1 to 34 letters and digits", r"[A-Za-z0-9]{1,34}", "0123456789", spelling=_plain)

SHORT_CODE = Form(
    _INVALID, "must be a paybill or till number of 5 to 7 digits", r"[0-9]{5,7}", "4079491", spelling=_plain
)

EMAIL = Form(
    _INVALID,
    "must be an e-mail address",
    r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,60}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,60}[A-Za-z0-9])?){1,4}",
    "system@kemrut.com",
    spelling=_plain,
)

DOMAIN = Form(
    _INVALID,
    "must be the name of a host, such as developer.kemrut.com",
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,60}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,60}[A-Za-z0-9])?){1,4}",
    "developer.kemrut.com",
    spelling=_plain,
)

URL = Form(
    codes.INVALID_URL,
    "must be an http(s) address",
    urls.SHAPE,
    "https://yoursite.com/ipn",
    spelling=_plain,
    further=_address,
)

TIME = Form(
    _INVALID,
    "must be a time with its offset from UTC, as in RFC 3339",
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})",
    "2026-11-23T07:58:10.250+03:00",
    spelling=_plain,
    further=_time,
)

DIRECTION = _choice(_INVALID, ("in", "out"))

FLAG = Form(_INVALID, "must be true or false", "true|false", "true", flag=True, spelling=_plain)
