"""The signature that every request carries: HMAC-SHA256 over its fields, without separator, as lower-case hex.

Source: "Generating the Signature" of the vendor's API documentation; the order is the endpoint's.
"""

import hmac
from collections.abc import Mapping

from kiosk.kemru.endpoints import Endpoint
from kiosk.secret import Secret


def payload(endpoint: Endpoint, values: Mapping[str, object]) -> str:
    """The text that is signed: `values`, by Python's names, in the endpoint's order. Raises KeyError for a missing required one."""
    absent = {each.name for each in endpoint.fields if not each.required and values.get(each.name) is None}
    return "".join(str(values[name]) for name in endpoint.signed if name not in absent)


def signature(endpoint: Endpoint, values: Mapping[str, object], secret: Secret) -> str:
    """Sign `values` for `endpoint`: 64 lower-case hex digits. Raises KeyError for a missing required one."""
    return sign(payload(endpoint, values), secret)


def sign(text: str, secret: Secret) -> str:
    """The signature of `text`, which `payload` made. Raises UnicodeEncodeError for what UTF-8 cannot hold."""
    return hmac.digest(secret.reveal().encode(), text.encode(), "sha256").hex()


def genuine(endpoint: Endpoint, values: Mapping[str, object], secret: Secret, claimed: str) -> bool:
    """Whether `claimed` is the signature of `values`, compared in constant time."""
    return hmac.compare_digest(signature(endpoint, values, secret).encode(), claimed.encode(errors="replace"))
