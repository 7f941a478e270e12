"""Telephone numbers: E.164 inside, the platform's ten digits outside, and never a whole one in a message."""

import re

_NOISE = re.compile(r"[\s().-]")
_KENYAN = re.compile(r"(?:\+?254|0)?([17]\d{8})")
_FOREIGN = re.compile(r"\+[1-9]\d{7,14}")


def e164(number: str) -> str | None:
    """Bring a number as people and systems write it (`0739…`, `254739…`, `+254 739…`, `0110…`) to E.164; None if it is none.

    Numbers without a country code are Kenyan mobile numbers, `07…` or the newer `01…`.
    """
    bare = _NOISE.sub("", number)
    if not bare.isascii():
        return None
    kenyan = _KENYAN.fullmatch(bare)
    if kenyan:
        return f"+254{kenyan[1]}"
    return bare if _FOREIGN.fullmatch(bare) and not bare.startswith("+254") else None


def ten_digits(number: str) -> str | None:
    """The form that the platform's SMS and payout calls document: `07…` or `01…`; None if it is not a Kenyan mobile number."""
    full = e164(number)
    return f"0{full[4:]}" if full is not None and full.startswith("+254") else None


def mask(number: str) -> str:
    """A number as it may appear in a log or a message: its last three digits."""
    return f"…{number[-3:]}" if len(number) > 6 else "…"
