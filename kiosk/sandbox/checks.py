"""What the platform checks before it acts, in its order: key, fields, account, signature, and each field's form."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from kiosk.kemru import phones
from kiosk.kemru.codes import meaning
from kiosk.kemru.endpoints import Endpoint
from kiosk.kemru.signing import genuine
from kiosk.sandbox.demo import DEMO_CREDENTIALS

Fields = Mapping[str, object]
"""A request's fields, those in the path included."""

_STATUS = {"1102": 401, "1103": 403, "1107": 200, "7001": 200, "8006": 200, "5000": 500}
"""HTTP statuses that are not 400. The documentation has one for the key and one for bad fields, and is silent on the rest."""


class RefusedError(Exception):
    """The platform says no, with a documented code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.http_status = _STATUS.get(code, 400)

    def wire(self) -> dict[str, str]:
        """The answer's body, in the form of the documented IPN payload."""
        return {"status": "Failed", "status_code": self.code, "message": meaning(self.code).text}


def check_key(key: str | None) -> str:
    """Whose request it is. Raises RefusedError(1102)."""
    if key != DEMO_CREDENTIALS.api_key.reveal():
        raise RefusedError("1102")
    return key


def check_request(endpoint: Endpoint, fields: Fields) -> None:
    """Presence, account, signature and form of `fields`. Raises RefusedError."""
    if any(fields.get(name) is None or fields[name] == "" for name in (*endpoint.required, "signature")):
        raise RefusedError("1108")
    _check_account(endpoint, fields)
    if not genuine(endpoint, fields, DEMO_CREDENTIALS.secret, str(fields["signature"])):
        raise RefusedError("1104")
    for name in (*endpoint.required, *endpoint.optional):
        if name in fields and not _FORMS.get(name, _is_text)(fields[name]):
            raise RefusedError(_CODES.get(name, "1109"))


def _check_account(endpoint: Endpoint, fields: Fields) -> None:
    if endpoint.by_token:
        if fields["access_token"] != DEMO_CREDENTIALS.access_token.reveal():
            raise RefusedError("1102")
    elif fields["MerchantID"] != DEMO_CREDENTIALS.merchant_id:
        raise RefusedError("1101")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 2000


def _is_phone(value: object) -> bool:
    # The table documents ten digits, the example shows +254…: both are taken.
    return (
        isinstance(value, str)
        and re.fullmatch(r"\+?[0-9]+", value) is not None
        and phones.ten_digits(value) is not None
    )


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_digits(shortest: int, longest: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(rf"[0-9]{{{shortest},{longest}}}", value) is not None


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value) is not None


_FORMS: dict[str, Callable[[object], bool]] = {
    "phone": _is_phone,
    "otp": _is_digits(4, 6),
    "prefix": _is_digits(3, 3),
    "time": _is_time,
    "direction": lambda value: isinstance(value, str) and value in {"in", "out"},
    "offline_mode": lambda value: isinstance(value, bool | str) and value in {True, False, "true", "false"},
    "reference": _is_reference,
}

_CODES = {"phone": "8002", "prefix": "8003"}
"""Codes for a field of the wrong form, where there is a better one than 1109."""
