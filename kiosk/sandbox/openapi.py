"""The platform's calls as an OpenAPI document, made from the same table and forms that client and sandbox check with.

It describes the documented calls; the sandbox's own `/sandbox/…` endpoints are described in docs/sandbox.md.
"""

from functools import cache
from typing import Any

from kiosk import __version__
from kiosk.kemru import codes, endpoints
from kiosk.kemru.endpoints import ENDPOINTS, Endpoint, Field
from kiosk.kemru.forms import Form
from kiosk.kemru.status import Status
from kiosk.sandbox.demo import DEMO_ACCESS_TOKEN, DEMO_MERCHANT

Schema = dict[str, Any]

_KNOWN = {"merchant_id": DEMO_MERCHANT, "access_token": DEMO_ACCESS_TOKEN}
"""What only one value is right for in this sandbox."""

_GROUPS = {
    "/api-link": "Account",
    "/api-business": "Account",
    "/api-confirm": "Account",
    "/api-telco-check": "Account",
    "/billing/v1/callback-url/create": "Account",
    "/api-": "People",
    "/transactions/": "Transactions",
    "/billing/v1/sms": "Messages",
    "/billing/v1/airtime": "Utilities",
    "/billing/v1/pin-airtime": "Utilities",
    "/billing/v1/bill": "Utilities",
    "/": "Payments",
}
"""Tags by the first beginning of a path that fits."""


@cache
def document() -> Schema:
    """The OpenAPI 3.1 document."""
    paths: dict[str, Schema] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kemru sandbox",
            "version": __version__,
            "description": "Kemru's documented API, played on this machine. Every request is signed: `signature` is the lower-case hex "
            "HMAC-SHA256, with the merchant's secret, of the fields named in `x-signed`, in that order and without separator.",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "security": [{"apiKey": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "apiKey"}},
            "schemas": {"Refusal": _refusal(sorted(codes.CODES)), "Throttled": _THROTTLED},
        },
    }


def _operation(endpoint: Endpoint) -> Schema:
    path = [each for each in endpoint.fields if endpoint.in_path(each)]
    return {
        "operationId": endpoint.name,
        "tags": [next(tag for start, tag in _GROUPS.items() if endpoint.path.startswith(start))],
        "summary": _SUMMARIES[endpoint],
        "x-signed": [_wire(endpoint, name) for name in endpoint.signed],
        "parameters": [
            {"name": each.wire, "in": "path", "required": True, "schema": _form(each.form)} for each in path
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _body(endpoint)}}},
        "responses": _responses(endpoint),
    }


def _body(endpoint: Endpoint) -> Schema:
    """The request's schema, nested as the fields' places say."""
    body = _object()
    for field in endpoint.fields:
        if not endpoint.in_path(field):
            *places, last = field.wire.split(".")
            inner = body
            for place in places:
                inner = _inside(inner, place, required=field.required)
            inner["properties"][last] = _field(field)
            if field.required:
                inner["required"].append(last)
    body["properties"]["signature"] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    body["required"].append("signature")
    return {**body, **_FURTHER.get(endpoint, {})}


def _inside(outer: Schema, place: str, *, required: bool) -> Schema:
    inner: Schema = outer["properties"].setdefault(place, _object())
    if required and place not in outer["required"]:
        outer["required"].append(place)
    return inner


def _object() -> Schema:
    return {"type": "object", "properties": {}, "required": []}


def _field(field: Field) -> Schema:
    if field.name in _KNOWN:
        return {"type": "string", "const": _KNOWN[field.name]}
    return _form(field.form)


def _form(form: Form) -> Schema:
    if form.flag:
        return {"enum": [True, False, "true", "false"]}
    if form.choices:
        return {"type": "string", "enum": list(form.choices)}
    return {"type": "string", "pattern": f"^(?:{form.pattern})$", "examples": [form.example]}


def _responses(endpoint: Endpoint) -> Schema:
    said = [_SUCCESSES.get(endpoint, _RECEIPT)]
    refused = _REFUSED_WITH_200.get(endpoint, _ORDER_REFUSALS if endpoint not in _SUCCESSES else [])
    if refused:
        said.append(_refusal(refused))
    return {
        "200": _answer("Success, or a refusal that the documentation gives no other status.", {"anyOf": said}),
        "400": _answer("Missing or wrong fields, or a wrong signature.", {"$ref": "#/components/schemas/Refusal"}),
        "401": _answer("Missing or invalid apiKey or access token.", {"$ref": "#/components/schemas/Refusal"}),
        "403": _answer("From a page of another site.", {"$ref": "#/components/schemas/Refusal"}),
        "429": {
            **_answer("Rate limit exceeded.", {"$ref": "#/components/schemas/Throttled"}),
            "headers": {
                "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}
            },
        },
    }


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _wire(endpoint: Endpoint, name: str) -> str:
    return next(each.wire for each in endpoint.fields if each.name == name)


def _strings(*names: str, **others: Schema) -> Schema:
    properties = {**{name: {"type": "string"} for name in names}, **others}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _refusal(known: list[str]) -> Schema:
    return _strings("message", status={"const": "Failed"}, status_code={"enum": known})


def _list(*items: Schema) -> Schema:
    return {"type": "array", "items": {"anyOf": list(items)}}


_STATUS: Schema = {"enum": [each.value for each in Status]}
_DONE: Schema = {"enum": ["200", "0000"]}
_THROTTLED = _strings("message", status={"const": "Failed"})

_HEADER = {**_strings("access_token"), "additionalProperties": False}
_USER = _strings("id", "firstname", "lastname", "phone", "email", "country")
_MEMBER = _strings("id", "partnerid", "emp_name", "phone", "gender", "title", "bal", "SmsStatus")
_SCAN = _strings("reference", "uid", "time", "direction", "device", offline_mode={"type": "boolean"})
_RECEIPT = _strings("merchant_reference", "reference", "transactiontxt", status=_STATUS, status_code={"const": "200"})
_VERIFICATION = _strings(
    "category",
    "message",
    "transactionRef",
    "merchant_reference",
    "reference",
    "transactionDate",
    "Amount",
    status=_STATUS,
    status_code={"enum": sorted(codes.CODES)},
)
_BUSINESS = _strings("MerchantID", "name", "contact", "link", "email", status_code=_DONE)

_SUCCESSES: dict[Endpoint, Schema] = {
    endpoints.BALANCE: _strings("balance", "currency", status_code=_DONE),
    endpoints.USER: _list(_HEADER, _USER),
    endpoints.ROSTER: _list(_HEADER, _USER, _MEMBER, _SCAN),
    endpoints.MEMBER: {"allOf": [_MEMBER, _strings(status_code={"const": "200"})]},
    endpoints.ATTENDANCE: _list(_HEADER, _SCAN),
    endpoints.CALLBACK: _strings("callbackURL", "message", status_code=_DONE),
    endpoints.BUSINESS: _BUSINESS,
    endpoints.CONFIRM: _BUSINESS,
    endpoints.TELCO_CHECK: _strings("prefix", "telco", status_code=_DONE),
    endpoints.VERIFY: _VERIFICATION,
}
"""Answers that are no receipt."""

_FURTHER: dict[Endpoint, Schema] = {
    endpoints.ATTENDANCE: {"dependentRequired": {"reference": ["time", "direction", "device"]}},
}
"""What has to hold between fields."""

_ORDER_REFUSALS = ["1107", "8006"]

_REFUSED_WITH_200: dict[Endpoint, list[str]] = {
    endpoints.ATTENDANCE: ["8006"],
    endpoints.CALLBACK: ["8006"],
    endpoints.BUSINESS: ["8006"],
    endpoints.VERIFY: ["7001"],
    endpoints.REVERSE: ["7001", "8006"],
}

_SUMMARIES = {
    endpoints.BALANCE: "The merchant's wallet.",
    endpoints.USER: "One user by access token and identifier.",
    endpoints.ROSTER: "All users, all members, and attendance.",
    endpoints.MEMBER: "One member by uid, national ID or passport.",
    endpoints.ATTENDANCE: "Report a scan (with `reference`, `time`, `direction`, `device`), or read one person's attendance.",
    endpoints.MOBILE_PAYOUT: "Pay to a mobile wallet.",
    endpoints.BANK_PAYOUT: "Pay to a bank account.",
    endpoints.CHECKOUT: "Ask a subscriber to pay (STK push).",
    endpoints.TRANSFER: "Transfer between institutions (UPI).",
    endpoints.BUSINESS_PAYMENT: "Pay a paybill or till (B2B).",
    endpoints.AIRTIME: "Airtime without a PIN, or a data bundle.",
    endpoints.BILL: "Pay a utility's or television's bill.",
    endpoints.PIN_AIRTIME: "Airtime as a PIN voucher.",
    endpoints.SEND_SMS: "Send an SMS or a one-time code.",
    endpoints.CALLBACK: "Register the address for IPN.",
    endpoints.VERIFY: "What became of a transaction.",
    endpoints.REVERSE: "Bring a completed payment back.",
    endpoints.BUSINESS: "Register a business.",
    endpoints.CONFIRM: "Look a business up.",
    endpoints.TELCO_CHECK: "The network of a prefix.",
}
