"""What the platform checks before it acts, in its order: key, fields, account, signature, and each field's form."""

from collections.abc import Mapping

from kiosk.kemru import codes
from kiosk.kemru.endpoints import Endpoint
from kiosk.kemru.signing import genuine
from kiosk.sandbox.demo import DEMO_CREDENTIALS
from kiosk.sandbox.refusals import RefusedError

Fields = Mapping[str, object]
"""A request's values by Python's names, those in the path included."""


def check_key(key: str | None) -> str:
    """Whose request it is. Raises RefusedError(1102)."""
    if key != DEMO_CREDENTIALS.api_key.reveal():
        raise RefusedError("1102")
    return key


def check_request(endpoint: Endpoint, fields: Fields, signature: object) -> None:
    """Presence, account, signature and form of `fields`, by Python's names. Raises RefusedError."""
    if _is_absent(signature) or any(each.required and _is_absent(fields.get(each.name)) for each in endpoint.fields):
        raise RefusedError(codes.MISSING_PARAMETER)
    _check_account(endpoint, fields)
    if not genuine(endpoint, fields, DEMO_CREDENTIALS.secret, str(signature)):
        raise RefusedError("1104")
    for field in endpoint.fields:
        problem = field.form.problem(fields[field.name]) if field.name in fields else None
        if problem is not None:
            raise RefusedError(problem.code)


def _is_absent(value: object) -> bool:
    return value is None or value == ""


def _check_account(endpoint: Endpoint, fields: Fields) -> None:
    if endpoint.by_token:
        if fields["access_token"] != DEMO_CREDENTIALS.access_token.reveal():
            raise RefusedError("1102")
    elif endpoint.by_merchant and fields["merchant_id"] != DEMO_CREDENTIALS.merchant_id:
        raise RefusedError("1101")
