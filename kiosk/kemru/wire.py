"""Between values by Python's names and a request as the platform spells it: checked, nested and signed out, flattened in."""

import json
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote

import msgspec

from kiosk.kemru import codes
from kiosk.kemru.endpoints import Endpoint, Field
from kiosk.kemru.errors import DidNotHappen, Rejected, Unauthorised
from kiosk.kemru.forms import Problem
from kiosk.kemru.messages import Credentials
from kiosk.kemru.signing import payload, sign


class Prepared(msgspec.Struct, frozen=True):
    """A request before its first byte.

    `target` is the path with its references, `content` the JSON of `body` as it will be sent, `signed` the text under the signature.
    """

    endpoint: Endpoint
    target: str
    body: dict[str, object]
    content: bytes
    signed: str

    def __repr__(self) -> str:
        return f"Prepared({self.endpoint.name!r})"  # the rest is tokens and telephone numbers


def prepare(endpoint: Endpoint, credentials: Credentials, given: Mapping[str, object]) -> Prepared:
    """Spell, check and sign `given` for `endpoint`; None stands for an absent value.

    Raises, before anything is sent, Rejected for a value, or Unauthorised for what the credentials hold.
    """
    values = _checked(endpoint, {**_caller(endpoint, credentials), **given})
    try:
        signed = payload(endpoint, values)
        body = {**nested(endpoint, values), "signature": sign(signed, credentials.secret)}
        content = json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # The error itself would quote the whole value.
        raise _not_unicode(endpoint, credentials) from None
    places = {each.wire: quote(str(values[each.name]), safe="") for each in endpoint.fields if endpoint.in_path(each)}
    return Prepared(endpoint, endpoint.path.format_map(places), body, content, signed)


def nested(endpoint: Endpoint, values: Mapping[str, object]) -> dict[str, object]:
    """The body of `values`, without signature: objects inside objects, in the documentation's order."""
    body: dict[str, object] = {}
    for field in endpoint.fields:
        if field.name in values and not endpoint.in_path(field):
            *places, last = field.wire.split(".")
            inner = body
            for place in places:
                inner = cast("dict[str, object]", inner.setdefault(place, {}))
            inner[last] = values[field.name]
    return body


def flattened(endpoint: Endpoint, body: Mapping[str, object]) -> dict[str, object]:
    """The values of `body`, and of the path's references in it, by Python's names; what the table does not know is left out.

    Where an object should be and something else is, that something is the value: no form takes it.
    """
    values = {}
    for field in endpoint.fields:
        value = _found(body, field.wire.split("."))
        if value is not _NOTHING:
            values[field.name] = value
    return values


def _found(value: object, places: list[str]) -> object:
    for place in places:
        if not isinstance(value, Mapping):
            return value
        if place not in value:
            return _NOTHING
        value = value[place]
    return value


_NOTHING = object()


def _caller(endpoint: Endpoint, credentials: Credentials) -> dict[str, object]:
    if endpoint.by_token:
        return {"access_token": credentials.access_token.reveal()}
    return {"merchant_id": credentials.merchant_id} if endpoint.by_merchant else {}


def _checked(endpoint: Endpoint, given: Mapping[str, object]) -> dict[str, object]:
    values = {}
    for field in endpoint.fields:
        value = given.get(field.name)
        if value is not None:
            values[field.name] = field.form.spell(value)
            problem = field.form.problem(values[field.name])
        else:
            problem = Problem(codes.MISSING_PARAMETER, "is missing") if field.required else None
        if problem is not None:
            raise _refusal(endpoint, field, problem)
    return values


def _refusal(endpoint: Endpoint, field: Field, problem: Problem) -> DidNotHappen:
    # A wrong account must not cost a record its place: no request of it would do better.
    kind = Unauthorised if field.name in _ACCOUNT else Rejected
    said = f"{endpoint.path}: not sent: {field.name.replace('_', ' ')} {problem.text}"
    return kind(said, call=endpoint.path, code=problem.code)


def _not_unicode(endpoint: Endpoint, credentials: Credentials) -> DidNotHappen:
    kept = {"secret": credentials.secret.reveal(), **_caller(endpoint, credentials)}
    wrong = next((name.replace("_", " ") for name, value in kept.items() if not _is_unicode(str(value))), None)
    kind = Rejected if wrong is None else Unauthorised
    return kind(f"{endpoint.path}: not sent: {wrong or 'a value'} is not valid Unicode", call=endpoint.path)


def _is_unicode(value: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in value)


_ACCOUNT = frozenset({"merchant_id", "access_token"})
