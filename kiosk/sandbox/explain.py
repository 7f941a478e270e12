"""One exchange explained to the developer who caused it: what was signed, where the signature differs, and why it was refused."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from urllib.parse import parse_qsl

import msgspec

from kiosk.kemru import codes
from kiosk.kemru.endpoints import ENDPOINTS, Endpoint
from kiosk.kemru.wire import flattened
from kiosk.sandbox.demo import DEMO_ACCESS_TOKEN, DEMO_API_KEY, DEMO_MERCHANT, DEMO_SECRET
from kiosk.sandbox.faults import FaultKind
from kiosk.sandbox.hints import hint
from kiosk.sandbox.orders import MOST
from kiosk.sandbox.traffic import Exchange

FAULTS = {
    FaultKind.DOWN: "The connection was closed without an answer; the request was not acted on.",
    FaultKind.SLOW: "The answer was held back.",
    FaultKind.DROP_AFTER: "The request was acted on, and the connection closed without an answer.",
    FaultKind.CUT: "The request was acted on, and the answer cut short.",
    FaultKind.TRICKLE: "The request was acted on, and the answer sent one byte at a time.",
    FaultKind.STATUS: "A made-up status was answered; the request was not acted on.",
    FaultKind.CODE: "A made-up refusal was answered; the request was not acted on.",
    FaultKind.HTML: "A captive portal's page was answered; the request was not acted on.",
    FaultKind.HUGE: "A huge answer was sent; the request was not acted on.",
    FaultKind.MISTYPED: "The request was acted on, and the answer has the wrong types.",
    FaultKind.OTHER_REFERENCE: "Success was answered for another reference; the request was not acted on.",
}
"""What each way to misbehave did to a request."""

SILENT = frozenset({FaultKind.DOWN, FaultKind.DROP_AFTER})
"""Faults after which there is no answer."""

_CALLS = {each.name: each for each in ENDPOINTS}


class Piece(msgspec.Struct, frozen=True):
    """One field under the signature: its place on the wire, and its text; None where the request does not have it."""

    wire: str
    value: str | None
    required: bool


class Explanation(msgspec.Struct, frozen=True):
    """`why` is what became of the request, in plain sentences; `hint` what was probably signed instead.

    `pieces` are in signing order. `differs_at` is the first digit at which the signature that came is not the expected one; None where
    they are equal or were not compared.
    """

    why: str
    hint: str
    pieces: tuple[Piece, ...]
    differs_at: int | None


class _Case(msgspec.Struct, frozen=True):
    """What the sentences are made from. `fields` are by Python's names; None where the request could not be read."""

    exchange: Exchange
    endpoint: Endpoint
    fields: Mapping[str, object] | None


def explain(exchange: Exchange) -> Explanation:
    """Tell what happened to `exchange`."""
    endpoint = _CALLS.get(exchange.call)
    if endpoint is None:
        return Explanation(_lost(exchange), "", (), None)
    case = _Case(exchange, endpoint, _fields(exchange, endpoint))
    expected, claimed = exchange.expected, exchange.claimed
    differs = expected is not None and claimed is not None and expected != claimed
    return Explanation(
        why=_why(case),
        hint=_hint(case) if differs else "",
        pieces=_pieces(case),
        differs_at=_same(expected or "", claimed or "") if differs else None,
    )


def _fields(exchange: Exchange, endpoint: Endpoint) -> Mapping[str, object] | None:
    path, _, query = exchange.target.partition("?")
    place = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(endpoint.path)), path)
    try:
        said = json.loads(exchange.body) if exchange.body or endpoint.method != "GET" else dict(parse_qsl(query))
        json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    return {**flattened(endpoint, {**said, **(place.groupdict() if place else {})}), _SIGNATURE: said.get("signature")}


_SIGNATURE = "signature"


def _same(one: str, other: str) -> int:
    """How many characters `one` and `other` begin with in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _pieces(case: _Case) -> tuple[Piece, ...]:
    if case.fields is None:
        return ()
    by_name = {each.name: each for each in case.endpoint.fields}
    return tuple(
        Piece(by_name[name].wire, str(case.fields[name]) if name in case.fields else None, by_name[name].required)
        for name in case.endpoint.signed
    )


def _hint(case: _Case) -> str:
    pieces = [each for each in _pieces(case) if each.value is not None]
    names, values = [each.wire for each in pieces], [each.value or "" for each in pieces]
    return hint(names, values, case.exchange.body, case.exchange.claimed or "", DEMO_SECRET)


def _why(case: _Case) -> str:
    said = case.exchange
    if said.fault:
        return f"The sandbox was told to misbehave ({said.fault}). {FAULTS.get(FaultKind(said.fault), '')}".strip()
    if said.status == 429:
        return (
            "Too many requests: the limits count per key, in the running minute and in the day in Nairobi. Nothing was done. "
            "Retry-After in the answer says how many seconds to wait."
        )
    if said.status == 200 and said.code not in _WHY:
        return "Taken. The signature fits." if said.code in {None, *_DONE} else codes.meaning(said.code or "").text
    tell = _WHY.get(said.code or "")
    return tell(case) if tell is not None else _form(case) or codes.meaning(said.code or "").text


_DONE = frozenset({"0000", "200", "1100"})


def _merchant(case: _Case) -> str:
    return f"MerchantID is {_quoted(case, 'merchant_id')}; this sandbox's merchant is {DEMO_MERCHANT}."


def _authentication(case: _Case) -> str:
    if case.exchange.expected is None:
        return f"The header apiKey is missing, or is not this sandbox's key ({DEMO_API_KEY}). The fields were not looked at."
    return f"access_token is {_quoted(case, 'access_token')}; this sandbox's is {DEMO_ACCESS_TOKEN}."


def _mismatch(case: _Case) -> str:
    return (
        "The signature does not fit. It has to be the lower-case hex HMAC-SHA256, keyed with the merchant's secret, of the values "
        f"of {_listed([each.wire for each in _pieces(case) if each.value is not None])}, in this order and without separators."
    )


def _missing(case: _Case) -> str:
    fields = case.fields or {}
    absent = [each.wire for each in case.endpoint.fields if each.required and fields.get(each.name) in (None, "")]
    if fields.get(_SIGNATURE) in (None, ""):
        absent.append(_SIGNATURE)
    if absent:
        return f"{_listed(absent)} {'is' if len(absent) == 1 else 'are'} missing or empty."
    return "A scan with a reference also needs time, direction and device."


def _invalid(case: _Case) -> str:
    if case.fields is None:
        return _unreadable(case.exchange)
    if case.exchange.expected is None:
        return "The body was not read: its header Content-Type has to be application/json, and its text valid UTF-8."
    return _form(case) or _UNFIT.get(case.endpoint.name, codes.meaning("1109").text)


_UNFIT = {
    "user": "No user has this identifier.",
    "member": "No member has this uid, national ID or passport.",
    "attendance": "No member has this uid.",
    "business-find": "No business has this e-mail address, name, telephone or link.",
    "reverse": "Only a payment that has ended well can be brought back.",
    "airtime": "FAIBA_B needs the productCode of a bundle; no other network takes one.",
}
"""What 1109 means where every field has its form."""


def _unreadable(exchange: Exchange) -> str:
    if not exchange.body:
        return "There is no body: it was empty, longer than 65,536 bytes, or never came whole."
    try:
        json.loads(exchange.body)
    except RecursionError:
        return "The body is nested too deeply."
    except json.JSONDecodeError as error:
        return f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
    except ValueError:
        return "The body is not JSON that can be read: a number in it has thousands of digits."
    return "The body is JSON, but not an object of fields, or a text in it holds half a character."


def _form(case: _Case) -> str:
    """The first field whose form is wrong, in the order of the checks."""
    for field in case.endpoint.fields:
        if case.fields is not None and field.name in case.fields:
            problem = field.form.problem(case.fields[field.name])
            if problem is not None:
                return f"{field.wire} {problem.text}; it is {_quoted(case, field.name)}."
    return ""


def _too_much(case: _Case) -> str:
    most = MOST.get(case.endpoint, Decimal(0))
    return f"The amount is {_quoted(case, 'amount')}; one such order may move {most:,} shillings at the most."


def _callback(case: _Case) -> str:
    return (
        _form(case) or "Another callback URL is registered, and it can be registered once only. Controls can change it."
    )


def _fixed(text: str) -> Callable[[_Case], str]:
    return lambda _case: text


_WHY: dict[str, Callable[[_Case], str]] = {
    "1101": _merchant,
    "1102": _authentication,
    "1104": _mismatch,
    "1107": _fixed("The wallet holds less than this order costs. Nothing was done; Controls can fill it."),
    "1108": _missing,
    "1109": _invalid,
    "6001": _callback,
    "7001": _fixed("No transaction has this reference, neither the merchant's nor the platform's."),
    "8003": lambda case: _form(case) or "No Kenyan network has numbers with this prefix.",
    "8004": lambda case: _form(case) or "The amount has to be the price of the bundle.",
    "8005": _too_much,
    "8006": _fixed(
        "The platform has this already and did nothing again. For whoever repeats a request, that is success."
    ),
    "9004": _too_much,
}
"""Codes that can be explained better than by their documented words."""


def _lost(exchange: Exchange) -> str:
    path = exchange.target.partition("?")[0]
    for endpoint in ENDPOINTS:
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(endpoint.path)), path):
            return f"{path} is a call of the platform, but by {endpoint.method}, not by {exchange.method}."
    return f"The platform has no call at {path}."


def _quoted(case: _Case, name: str) -> str:
    value = None if case.fields is None else case.fields.get(name)
    return json.dumps(value, ensure_ascii=False)[:200]


def _listed(names: list[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
