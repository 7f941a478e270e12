"""What the readers of all that the platform sends have in common: bounds, types, and words that can be shown."""

from typing import TypeVar

import msgspec

from kiosk.kemru import bodies
from kiosk.kemru.errors import Malformed

_LONGEST_WORD = 64

Shape = TypeVar("Shape", bound=msgspec.Struct)


def capped(body: bytes, what: str) -> bytes:
    """`body`, unless it is longer than any answer may be. Raises Malformed."""
    try:
        return bodies.read([body], "")
    except bodies.BodyError as error:
        raise Malformed(f"{what}: {error}") from None


def value(body: bytes, what: str) -> object:
    """The JSON of `body`, with exact numbers. Raises Malformed, which calls it `what`."""
    try:
        return bodies.parse(capped(body, what), exact=True)
    except bodies.BodyError as error:
        raise Malformed(f"{what}: {error}") from None


def shaped(data: object, shape: type[Shape], what: str) -> Shape:
    """`data` as `shape`: strict as to type, lenient as to extra fields. Raises Malformed.

    `shape` holds no dict, enum or literal: then msgspec's own words name our fields and types, and nothing that arrived.
    """
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {error}") from None
    except UnicodeEncodeError:
        # msgspec cannot even refuse one half of a surrogate pair, which JSON can escape.
        raise Malformed(f"{what}: holds half a character") from None


def word(said: str | int | None, name: str) -> str | None:
    """A reference, code or name as it came, of 64 printable characters at most; None where it is missing or empty. Raises Malformed."""
    text = "" if said is None else str(said).strip()
    if len(text) > _LONGEST_WORD or not text.isprintable():
        raise Malformed(f"{name} is not a word of {_LONGEST_WORD} printable characters at most")
    return text or None


def needed(said: str | int | None, name: str) -> str:
    """A word without which the message says nothing. Raises Malformed."""
    found = word(said, name)
    if found is None:
        raise Malformed(f"{name} is empty")
    return found
