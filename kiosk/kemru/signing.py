"""The signature that every request carries: HMAC-SHA256 over its fields, without separator, as lower-case hex.

Source: "Generating the Signature" of the vendor's API documentation; the order is the endpoint's.
"""

import hashlib
import hmac
from collections.abc import Mapping

from kiosk.kemru.endpoints import Endpoint
from kiosk.kemru.messages import Credentials
from kiosk.secret import Secret


def signature(endpoint: Endpoint, values: Mapping[str, object], secret: Secret) -> str:
    """Sign `values` (the body's fields and the path's) for `endpoint`: 64 lower-case hex digits. Raises KeyError for a missing one."""
    payload = "".join(str(values[name]) for name in endpoint.signed)
    return hmac.new(secret.reveal().encode(), payload.encode(), hashlib.sha256).hexdigest()


def genuine(endpoint: Endpoint, values: Mapping[str, object], secret: Secret, claimed: str) -> bool:
    """Whether `claimed` is the signature of `values`, compared in constant time."""
    return hmac.compare_digest(signature(endpoint, values, secret).encode(), claimed.encode(errors="replace"))


def signed_body(
    endpoint: Endpoint, credentials: Credentials, fields: Mapping[str, object], path: Mapping[str, str]
) -> dict[str, object]:
    """The whole body of a request: who asks, `fields`, and the signature over them and the `path`'s own fields."""
    if endpoint.by_token:
        body = {"access_token": credentials.access_token.reveal(), **fields}
    else:
        body = {"MerchantID": credentials.merchant_id, **fields}
    return {**body, "signature": signature(endpoint, {**body, **path}, credentials.secret)}
