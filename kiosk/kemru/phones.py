"""Telephone numbers: E.164 inside, the platform's ten digits outside, and never a whole one in a message.

Reading what people and systems write is the business of the `phonenumbers` library. Which Kenyan blocks are in use is not asked of it:
a kiosk lives for ten years, its copy of the numbering plan does not.
"""

import re

import phonenumbers

_REGION = "KE"
_COUNTRY = 254
_MOBILE = re.compile(r"[17]\d{8}")
"""A Kenyan mobile number without its country: `7…`, or the newer `1…`."""

_WRITTEN = re.compile(r"\+?[\d\s().-]{4,24}", re.ASCII)
"""What may be a number at all: letters and extensions are a mistake here, not a vanity number."""


def e164(number: str) -> str | None:
    """Bring a number as people and systems write it (`0739…`, `254739…`, `+254 739…`, `0110…`) to E.164; None if it is none.

    Numbers without a country code are Kenyan mobile numbers, `07…` or the newer `01…`.
    """
    bare = number.strip()
    if not _WRITTEN.fullmatch(bare):
        return None
    try:
        parsed = phonenumbers.parse(bare, _REGION)
    except phonenumbers.NumberParseException:
        return None
    if not _is_usable(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def ten_digits(number: str) -> str | None:
    """The form that the platform's SMS and payout calls document: `07…` or `01…`; None if it is not a Kenyan mobile number."""
    full = e164(number)
    return f"0{full[4:]}" if full is not None and full.startswith("+254") else None


def mask(number: str) -> str:
    """A number as it may appear in a log or a message: its last three digits."""
    return f"…{number[-3:]}" if len(number) > 6 else "…"


def _is_usable(parsed: phonenumbers.PhoneNumber) -> bool:
    if parsed.country_code == _COUNTRY:
        return _MOBILE.fullmatch(str(parsed.national_number)) is not None and not parsed.italian_leading_zero
    return bool(phonenumbers.is_possible_number(parsed))
