"""What each call does once it has passed the checks: one function a call, from fields to the answer's JSON."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import msgspec

from kiosk.kemru import codes, endpoints, ipn
from kiosk.kemru.endpoints import Endpoint
from kiosk.kemru.messages import Business
from kiosk.sandbox import orders
from kiosk.sandbox.checks import Fields
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.records import Scan
from kiosk.sandbox.refusals import RefusedError
from kiosk.sandbox.wallet import shillings

Call = Callable[[Platform, Fields, float], object]
"""Acts on the platform for these fields at this time (seconds since 1970); returns the answer's JSON or raises RefusedError."""

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


def balance(platform: Platform, _fields: Fields, _now: float) -> object:
    """POST /api-link: what is left in the wallet."""
    return {
        "status": "Success",
        "status_code": "200",
        "balance": shillings(platform.state.wallet.cents),
        "currency": "KES",
    }


def user(platform: Platform, fields: Fields, _now: float) -> object:
    """GET /api-user."""
    found = next((each for each in platform.state.people.users() if each.id == fields["uid"]), None)
    if found is None:
        raise RefusedError("1109")
    return [_header(fields), found.wire()]


def roster(platform: Platform, fields: Fields, _now: float) -> object:
    """GET /api-biometric: documented as all users, as all members and as all attendance, so it is all three."""
    return [
        _header(fields),
        *(each.wire() for each in platform.state.people.users()),
        *(each.wire() for each in platform.state.people.members()),
        *(each.wire() for each in platform.state.people.scans(limit=BULK_SCANS)),
    ]


def member(platform: Platform, fields: Fields, _now: float) -> object:
    """GET /api-memberc: by national ID, passport or uid."""
    found = platform.state.people.find_member(str(fields["uid"]))
    if found is None:
        raise RefusedError("1109")
    return {"status_code": "200", **found.wire()}


def attendance(platform: Platform, fields: Fields, now: float) -> object:
    """GET /api-single: keep a scan if there is a reference, then list the person's."""
    uid = str(fields["uid"])
    if platform.state.people.find_member(uid) is None:
        raise RefusedError("1109")
    if "reference" in fields and not platform.state.people.add_scan(_scan(fields), now):
        raise RefusedError("8006")
    return [_header(fields), *(each.wire() for each in platform.state.people.scans(uid, limit=PERSON_SCANS))]


def telco(_platform: Platform, fields: Fields, _now: float) -> object:
    """POST /api-telco-check."""
    prefix = str(fields["prefix"])
    fitting = [
        (len(each), name) for name, prefixes in _NETWORKS.items() for each in prefixes if prefix.startswith(each)
    ]
    if not fitting:
        raise RefusedError("8003")
    return {"status": "Success", "status_code": "0000", "prefix": prefix, "telco": max(fitting)[1]}


def verify(platform: Platform, fields: Fields, _now: float) -> object:
    """GET /transactions/{ref}/verify: by any of a transaction's references."""
    found = platform.state.transactions.find(str(fields["reference"]))
    if found is None:
        raise RefusedError("7001")
    reversal = platform.state.transactions.reversal_of(found)
    said = {
        "category": found.category,
        "status": found.status,
        "status_code": found.status_code,
        "message": codes.meaning(found.status_code).text,
        "transactionRef": found.transaction_ref,
        "merchant_reference": found.merchant_reference,
        "reference": found.reference,
        "transactionDate": ipn.written(datetime.fromtimestamp(found.changed, UTC)),
        "Amount": shillings(found.cents),
    }
    return said if reversal is None else {**said, "reversal": reversal.status}


def register_callback(platform: Platform, fields: Fields, _now: float) -> object:
    """POST /billing/v1/callback-url/create: once; the same address again is a duplicate, another one is refused."""
    notices, url = platform.state.notices, str(fields["url"])
    with platform.state.change():
        if notices.callback_url is not None:
            raise RefusedError("8006" if notices.callback_url == url else "6001")
        notices.callback_url = url
    return {"status": "Success", "status_code": "0000", "callbackURL": url, "message": codes.meaning("0000").text}


def register_business(platform: Platform, fields: Fields, _now: float) -> object:
    """POST /api-business; the same e-mail address again is a duplicate."""
    business = Business(*(str(fields[each]) for each in ("name", "contact", "link", "email")))
    if not platform.state.people.add_business(business):
        raise RefusedError("8006")
    return _business(platform, business.email)


def find_business(platform: Platform, fields: Fields, _now: float) -> object:
    """GET /api-confirm: by e-mail address, name, telephone or link."""
    return _business(platform, str(fields["search"]))


CALLS: dict[Endpoint, Call] = {
    endpoints.BALANCE: balance,
    endpoints.USER: user,
    endpoints.ROSTER: roster,
    endpoints.MEMBER: member,
    endpoints.ATTENDANCE: attendance,
    **{
        endpoint: partial(orders.submit, endpoint)
        for endpoint in orders.CATEGORIES
        if endpoint is not endpoints.REVERSE
    },
    endpoints.REVERSE: orders.reverse,
    endpoints.CALLBACK: register_callback,
    endpoints.BUSINESS: register_business,
    endpoints.CONFIRM: find_business,
    endpoints.TELCO_CHECK: telco,
    endpoints.VERIFY: verify,
}
"""What stands behind each row of the endpoint table."""


def _header(fields: Fields) -> dict[str, object]:
    return {"access_token": fields["access_token"]}


def _business(platform: Platform, search: str) -> dict[str, object]:
    found = platform.state.people.find_business(search)
    if found is None:
        raise RefusedError("1109")
    number, business = found
    return {
        "status": "Success",
        "status_code": "200",
        "MerchantID": f"M{number:05d}",
        **msgspec.structs.asdict(business),
    }


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
