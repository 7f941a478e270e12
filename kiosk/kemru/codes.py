"""The platform's own codes, in the documentation's words, and what each means for somebody who waits for an outcome.

Source: "Platform Codes" and "Error Codes" of the vendor's API documentation.
"""

import enum

import msgspec


class Kind(enum.Enum):
    """What a code says about the request that it answers."""

    DONE = "done"
    """It happened, or is on its way and will be reported."""
    DUPLICATE = "duplicate"
    """The platform already has it: for an outbox that is success."""
    REFUSED = "refused"
    """It did not happen, and the same request will never do."""
    UNAUTHORISED = "unauthorised"
    """It did not happen: the account is wrong, not the request."""
    SIGNATURE = "signature"
    """It did not happen: the signature does not fit."""
    FLOAT = "float"
    """It did not happen: the wallet is empty."""
    CLOSED = "closed"
    """It did not happen: the service behind is down; later it may work."""
    UNCLEAR = "unclear"
    """Nobody knows, the platform included."""
    UNKNOWN = "unknown"
    """Not a documented code: the HTTP status decides, and success is never guessed."""


class Meaning(msgspec.Struct, frozen=True):
    """A code's kind and its documented description."""

    kind: Kind
    text: str


CODES = {
    "0000": Meaning(Kind.DONE, "Request processed successfully."),
    "200": Meaning(Kind.DONE, "Success"),
    "1100": Meaning(Kind.DONE, "Transaction created - pending processing."),
    "1101": Meaning(Kind.UNAUTHORISED, "Invalid Merchant ID."),
    "1102": Meaning(Kind.UNAUTHORISED, "Authentication failed."),
    "1103": Meaning(Kind.UNAUTHORISED, "Forbidden access."),
    "1104": Meaning(Kind.SIGNATURE, "Signature mismatch."),
    "1105": Meaning(Kind.CLOSED, "Payment services unavailable."),
    "1106": Meaning(Kind.CLOSED, "Airtime service unavailable."),
    "1107": Meaning(Kind.FLOAT, "Insufficient float balance."),
    "1108": Meaning(Kind.REFUSED, "Missing parameter."),
    "1109": Meaning(Kind.REFUSED, "Parameter validation error."),
    "1201": Meaning(Kind.REFUSED, "Invalid bank code."),
    "5000": Meaning(Kind.UNCLEAR, "Unexpected error - contact support with transaction ref."),
    "6001": Meaning(Kind.REFUSED, "Cannot register URL."),
    "6002": Meaning(Kind.REFUSED, "Invalid URL format."),
    "7001": Meaning(Kind.REFUSED, "Transaction not found."),
    "8002": Meaning(Kind.REFUSED, "Invalid phone number format."),
    "8003": Meaning(Kind.REFUSED, "Invalid Telco."),
    "8004": Meaning(Kind.REFUSED, "Invalid amount format."),
    "8005": Meaning(Kind.REFUSED, "Amount limit exceeded."),
    "8006": Meaning(Kind.DUPLICATE, "Duplicate transmission."),
    "9002": Meaning(Kind.REFUSED, "Invalid transaction channel."),
    "9004": Meaning(Kind.REFUSED, "Amount limit exceeded."),
    "9005": Meaning(Kind.DUPLICATE, "Duplicate transmission."),
}
"""Every documented code. `200` is what `status_code` holds in the documented examples of success."""

SUCCESSES = frozenset({"0000", "200"})
"""The codes that say that a transaction succeeded. 1100 only says that it will be tried."""

MISSING_PARAMETER = "1108"
INVALID_PARAMETER = "1109"
INVALID_BANK = "1201"
URL_REFUSED = "6001"
INVALID_URL = "6002"
NOT_FOUND = "7001"
INVALID_PHONE = "8002"
INVALID_TELCO = "8003"
INVALID_AMOUNT = "8004"
INVALID_CHANNEL = "9002"

_UNKNOWN = Meaning(Kind.UNKNOWN, "not a documented code")


def meaning(code: str) -> Meaning:
    """What `code` means; codes that are not documented are never guessed to be success."""
    return CODES.get(code, _UNKNOWN)


def normal(code: str | int) -> str:
    """A code as the table writes it: the platform sends strings and numbers, and a JSON number cannot spell `0000`."""
    if isinstance(code, str):
        return code.strip()
    return "0000" if code == 0 else str(code)
