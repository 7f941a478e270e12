"""What somebody signed instead, where it can be told: the usual ways to get a signature wrong, tried one after the other."""

import base64
import hashlib
import hmac
import itertools
from collections.abc import Callable, Iterator, Sequence

from kiosk.kemru import phones

_MOST_ORDERED = 7
"""Fields whose every order is tried: 5,040 of them, some 20 ms."""

_BETWEEN = {
    "commas": ",",
    "spaces": " ",
    "ampersands": "&",
    "bars": "|",
    "plus signs": "+",
    "line ends": "\n",
    "hyphens": "-",
}


def hint(names: Sequence[str], values: Sequence[str], body: str, claimed: str, secret: str) -> str:
    """A sentence about how `claimed` was made from `values`, which are the signed fields `names` in order; empty if it cannot be told.

    `body` is the request's body as it came.
    """
    text = "".join(values)
    said = claimed.strip()
    return (
        _shape(text, claimed, secret)
        or next((why for signed, why in _texts(names, values, body) if _hmac(signed, secret) == said.lower()), "")
        or _length(said)
    )


def _shape(text: str, claimed: str, secret: str) -> str:
    """The right text, but another way to sign it or to write the signature down."""
    right = _hmac(text, secret)
    raw = bytes.fromhex(right)
    ways: tuple[tuple[str, str], ...] = (
        (right.upper(), "It is the right signature in capitals: write it in lower-case hex."),
        (base64.b64encode(raw).decode(), "It is the right signature in Base64: write it in lower-case hex."),
        (base64.urlsafe_b64encode(raw).decode(), "It is the right signature in Base64: write it in lower-case hex."),
        (_sha256(text), "It is the plain SHA-256 of the right text: use HMAC-SHA256 with the merchant's secret."),
        (_sha256(text + secret), "It is SHA-256 of text and secret: use HMAC-SHA256 with the secret as its key."),
        (_sha256(secret + text), "It is SHA-256 of secret and text: use HMAC-SHA256 with the secret as its key."),
        (_hmac(text, ""), "The right text was signed with an empty secret."),
        (
            _hmac(text, f"{secret}\n"),
            "The secret that signed it ends with a line end: trim what is read from the file.",
        ),
        (_other(text, secret, hashlib.sha1), "It is HMAC-SHA1 of the right text: use HMAC-SHA256."),
        (_other(text, secret, hashlib.sha512), "It is HMAC-SHA512 of the right text: use HMAC-SHA256."),
    )
    for made, why in ways:
        if claimed == made:
            return why
    if claimed.strip() == right:
        return "It is the right signature with white space around it."
    if len(claimed) >= 16 and right.startswith(claimed):
        return f"It is the right signature, cut after {len(claimed)} of 64 digits."
    return ""


def _texts(names: Sequence[str], values: Sequence[str], body: str) -> Iterator[tuple[str, str]]:
    """Other texts that people sign, and what each is."""
    yield body, "The whole body was signed: sign the fields' values alone."
    for called, sign in _BETWEEN.items():
        yield sign.join(values), f"The fields were joined with {called} between them: join them without any separator."
    for position, name in enumerate(names):
        yield "".join((*values[:position], *values[position + 1 :])), f"{name} was left out of what was signed."
    yield from _spellings(names, values)
    if len(values) <= _MOST_ORDERED:
        for order in itertools.permutations(range(len(values))):
            signed = "".join(values[each] for each in order)
            yield signed, f"The fields were signed in another order: {', '.join(names[each] for each in order)}."


def _spellings(names: Sequence[str], values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The same values, one of them in another spelling than the one that was sent."""
    for position, value in enumerate(values):
        for other in _spelt(value):
            signed = "".join((*values[:position], other, *values[position + 1 :]))
            yield signed, f"{names[position]} was signed as {other} and sent as {value}: sign what is sent."


def _spelt(value: str) -> Iterator[str]:
    full, local = phones.e164(value), phones.ten_digits(value)
    if full is not None and local is not None:
        yield from (each for each in (full, local, full[1:]) if each != value)
    if value.replace(".", "", 1).isdigit() and len(value) < 12:
        whole = value.partition(".")[0]
        yield from (each for each in (whole, f"{whole}.0", f"{whole}.00") if each != value)
    yield from {value.lower(), value.upper(), value.strip()} - {value}


def _length(said: str) -> str:
    if len(said) == 64 and set(said.lower()) <= set("0123456789abcdef"):
        return "It has the right form, so it covers another text or was made with another secret."
    return f"A signature is 64 hex digits; this one has {len(said)} characters."


def _hmac(text: str, secret: str) -> str:
    return _other(text, secret, hashlib.sha256)


def _other(text: str, secret: str, kind: Callable[..., "hashlib._Hash"]) -> str:
    return hmac.new(secret.encode(), text.encode(errors="replace"), kind).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
