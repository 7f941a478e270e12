"""What each call does once it has passed the checks: one function a call, from fields to the answer's JSON."""

from collections.abc import Callable
from datetime import UTC, datetime

from kiosk.kemru import endpoints, phones
from kiosk.kemru.endpoints import Endpoint
from kiosk.sandbox.checks import Fields, RefusedError
from kiosk.sandbox.limits import NAIROBI
from kiosk.sandbox.records import Message, Scan
from kiosk.sandbox.state import State

Call = Callable[[State, Fields, float], object]
"""Acts on the state for these fields at this time (seconds since 1970); returns the answer's JSON or raises RefusedError."""

BULK_SCANS = 1000
"""Scans that one /api-biometric shows: the last that came. A year of them would not fit into any answer."""

PERSON_SCANS = 200
"""Scans that one /api-single shows: the last that came, so that the one just reported is always there."""

_NETWORKS = {
    "SAFARICOM": ("70", "71", "72", "74", "757", "758", "759", "768", "769", "79", "11"),
    "AIRTEL": ("73", "75", "78", "10"),
    "EQUITEL": ("763", "764", "765"),
    "TELKOM": ("77",),
    "FAIBA": ("747",),
}
"""Kenyan mobile prefixes without the leading 0; the longest that fits decides."""


def balance(state: State, _fields: Fields, _now: float) -> object:
    """POST /api-link: the wallet, one shilling a message."""
    return {"status": "Success", "status_code": "200", "balance": f"{state.sms_float}.00", "currency": "KES"}


def user(state: State, fields: Fields, _now: float) -> object:
    """GET /api-user."""
    found = next((each for each in state.users() if each.id == fields["uid"]), None)
    if found is None:
        raise RefusedError("1109")
    return [_header(fields), found.wire()]


def roster(state: State, fields: Fields, _now: float) -> object:
    """GET /api-biometric: documented as all users, as all members and as all attendance, so it is all three."""
    return [
        _header(fields),
        *(each.wire() for each in state.users()),
        *(each.wire() for each in state.members()),
        *(each.wire() for each in state.scans(limit=BULK_SCANS)),
    ]


def member(state: State, fields: Fields, _now: float) -> object:
    """GET /api-memberc: by national ID, passport or uid."""
    found = state.find_member(str(fields["uid"]))
    if found is None:
        raise RefusedError("1109")
    return {"status_code": "200", **found.wire()}


def attendance(state: State, fields: Fields, now: float) -> object:
    """GET /api-single: keep a scan if there is a reference, then list the person's."""
    uid = str(fields["uid"])
    if state.find_member(uid) is None:
        raise RefusedError("1109")
    if "reference" in fields and not state.add_scan(_scan(fields), now):
        raise RefusedError("8006")
    return [_header(fields), *(each.wire() for each in state.scans(uid, limit=PERSON_SCANS))]


def send_sms(state: State, fields: Fields, now: float) -> object:
    """POST /billing/v1/sms/send."""
    reference = str(fields.get("reference", ""))
    sms = Message(
        reference, phones.ten_digits(str(fields["phone"])) or "", str(fields["otp"]), str(fields.get("message", ""))
    )
    if state.sms_float <= 0 and state.find_sms(reference) is None:
        raise RefusedError("1107")
    kept = state.add_sms(sms, now)
    if kept is None:
        raise RefusedError("8006")
    return {
        "status": "Pending",
        "status_code": "200",
        "merchant_reference": kept.merchant_reference,
        "reference": kept.reference,
        "transactiontxt": "Request accepted for processing!",
    }


def telco(_state: State, fields: Fields, _now: float) -> object:
    """POST /api-telco-check."""
    prefix = str(fields["prefix"])
    fitting = [
        (len(each), name) for name, prefixes in _NETWORKS.items() for each in prefixes if prefix.startswith(each)
    ]
    if not fitting:
        raise RefusedError("8003")
    return {"status": "Success", "status_code": "0000", "prefix": prefix, "telco": max(fitting)[1]}


def verify(state: State, fields: Fields, now: float) -> object:
    """GET /transactions/{ref}/verify."""
    found = state.find_sms(str(fields["reference"]))
    if found is None:
        raise RefusedError("7001")
    return {
        "category": "SMS",
        "status": found.status,
        "status_code": found.status_code,
        "transactionRef": found.merchant_reference,
        "reference": found.reference,
        "transactionDate": datetime.fromtimestamp(now, UTC).astimezone(NAIROBI).strftime("%Y-%m-%d %I:%M%p"),
    }


CALLS: dict[Endpoint, Call] = {
    endpoints.BALANCE: balance,
    endpoints.USER: user,
    endpoints.ROSTER: roster,
    endpoints.MEMBER: member,
    endpoints.ATTENDANCE: attendance,
    endpoints.SEND_SMS: send_sms,
    endpoints.TELCO_CHECK: telco,
    endpoints.VERIFY: verify,
}
"""What stands behind each row of the endpoint table."""


def _header(fields: Fields) -> dict[str, object]:
    return {"access_token": fields["access_token"]}


def _scan(fields: Fields) -> Scan:
    if any(name not in fields for name in ("time", "direction", "device")):
        raise RefusedError("1108")
    return Scan(
        reference=str(fields["reference"]),
        uid=str(fields["uid"]),
        time=str(fields["time"]),
        direction=str(fields["direction"]),
        device=str(fields["device"]),
        offline_mode=fields.get("offline") in {True, "true"},
    )
