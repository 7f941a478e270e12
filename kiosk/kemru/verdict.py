"""What an answer means: HTTP status and platform code together, never one alone.

Only three answers are success: a documented code of success under a 2xx status, a code of duplicate below 500, and a 2xx list, which
carries no code. A status in words beside the code must be a documented one, and not that of a failure. Everything else raises, and says
by its type whether the platform can have acted.
"""

import re
from datetime import datetime

import msgspec

from kiosk.kemru import bodies, codes, retry_after, status
from kiosk.kemru.codes import Kind
from kiosk.kemru.errors import (
    KemruError,
    NoFloat,
    Rejected,
    SignatureRefused,
    Throttled,
    Unauthorised,
    Unavailable,
    UnknownOutcome,
)
from kiosk.kemru.status import Status


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer whose body is not yet believed. `damage` says why `body` is empty, where it could not be read.

    What it holds is people's, and a voucher's PIN is money: its repr tells none of it.
    """

    status: int
    body: bytes
    content_type: str = ""
    retry_after: str | None = None
    date: str | None = None
    damage: str = ""

    def __repr__(self) -> str:
        return f"Answer(status={self.status!r}, {len(self.body)} bytes)"


class Envelope(msgspec.Struct, frozen=True):
    """The part that all of the platform's objects share. Source: the documented responses and the IPN payload."""

    status_code: str | int | None = None
    status: str | None = None
    reference: str | None = None
    merchant_reference: str | None = None
    transaction_ref: str | None = msgspec.field(default=None, name="transactionRef")

    @property
    def code(self) -> str | None:
        """The platform's code as the table writes it."""
        return None if self.status_code is None else codes.normal(self.status_code)

    @property
    def references(self) -> frozenset[str]:
        """Every reference that the object names."""
        named = (self.reference, self.merchant_reference, self.transaction_ref)
        return frozenset(each for each in named if each is not None)


class Reply(msgspec.Struct, frozen=True):
    """An answer that was judged a success: `data` is its JSON."""

    call: str
    http_status: int
    envelope: Envelope
    data: object
    duplicate: bool = False

    def __repr__(self) -> str:
        return f"Reply({self.call!r}, http_status={self.http_status!r}, code={self.envelope.code!r})"


_CODE = re.compile(r"[A-Za-z0-9_-]{1,8}")

_BY_KIND: dict[Kind, type[KemruError]] = {
    Kind.REFUSED: Rejected,
    Kind.UNAUTHORISED: Unauthorised,
    Kind.SIGNATURE: SignatureRefused,
    Kind.FLOAT: NoFloat,
    Kind.CLOSED: Unavailable,
    Kind.UNCLEAR: UnknownOutcome,
}

_BY_STATUS: dict[int, type[KemruError]] = {
    401: Unauthorised,
    403: Unauthorised,
    # Nothing behind this address knows the call: a wrong base URL or something in between. It must not cost a record its place.
    404: Unavailable,
    405: Unavailable,
    407: Unavailable,
    410: Unavailable,
    # It may have acted on an earlier copy, or on this one before it gave up.
    408: UnknownOutcome,
    409: UnknownOutcome,
}


def judge(call: str, answer: Answer, *, now: datetime) -> Reply:
    """Believe `answer` to `call`, or raise the KemruError that it amounts to."""
    if answer.status == 429:
        raise throttled(call, answer, now=now)
    data, envelope, damage = unpack(answer)
    meaning = codes.meaning(envelope.code) if envelope.code is not None else None
    if meaning is not None and meaning.kind in _BY_KIND:
        raise _refusal(_BY_KIND[meaning.kind], call, answer, envelope.code)
    if meaning is not None and meaning.kind is Kind.DUPLICATE and answer.status // 100 in {2, 4}:
        return Reply(call, answer.status, envelope, data, duplicate=True)
    if not 200 <= answer.status < 300:
        # A code of success under an HTTP error contradicts it: then nothing is certain.
        kind = _class_of(answer.status) if meaning is None or meaning.kind is Kind.UNKNOWN else UnknownOutcome
        raise _refusal(kind, call, answer, envelope.code)
    if damage:
        raise UnknownOutcome(
            f"{call}: HTTP {answer.status}, but the answer is {damage}", call=call, http_status=answer.status
        )
    if (meaning is None and isinstance(data, dict)) or (meaning is not None and meaning.kind is not Kind.DONE):
        raise _refusal(UnknownOutcome, call, answer, envelope.code)
    if envelope.status is not None and status.read(envelope.status) in {None, Status.FAILED}:
        raise UnknownOutcome(
            f"{call}: the answer says success by its code, and not by its status",
            call=call,
            http_status=answer.status,
            code=envelope.code,
        )
    return Reply(call, answer.status, envelope, data)


def throttled(call: str, answer: Answer, *, now: datetime) -> Throttled:
    """The error for HTTP 429. A date is read against the server's own clock where it shows it, else against `now`."""
    wait = retry_after.seconds(answer.retry_after, now=retry_after.date(answer.date, otherwise=now))
    return Throttled(f"{call}: too many requests (HTTP 429)", retry_after_s=wait, call=call, http_status=429)


def unpack(answer: Answer) -> tuple[object, Envelope, str]:
    """The JSON of `answer`, the envelope in it, and what is wrong with it (empty if nothing is)."""
    if answer.damage:
        return None, Envelope(), answer.damage
    if not _is_json(answer.content_type):
        return None, Envelope(), "not JSON by its content type (a captive portal's page?)"
    try:
        data = bodies.parse(answer.body)
        return data, _envelope(data), ""
    except bodies.BodyError as error:
        return None, Envelope(), str(error)


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _envelope(data: object) -> Envelope:
    if not isinstance(data, dict | list):
        raise bodies.BodyError("neither an object nor a list")
    found = [data] if isinstance(data, dict) else [each for each in data if _carries_code(each)]
    try:
        envelopes = [msgspec.convert(each, Envelope) for each in found]
    except (msgspec.ValidationError, RecursionError):
        raise bodies.BodyError("of other types than documented") from None
    said = {each.code for each in envelopes}
    if any(code is not None and not _CODE.fullmatch(code) for code in said):
        raise bodies.BodyError("without a platform code where one belongs")
    if len(said) > 1:
        raise bodies.BodyError("of two minds: its records carry different codes")
    return envelopes[0] if envelopes else Envelope()


def _carries_code(item: object) -> bool:
    # A member's record has a status_code of its own, which says nothing about the request.
    return isinstance(item, dict) and "status_code" in item and "emp_name" not in item


def _class_of(status: int) -> type[KemruError]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return Rejected if 400 <= status < 500 else UnknownOutcome


def _refusal(kind: type[KemruError], call: str, answer: Answer, code: str | None) -> KemruError:
    said = "no platform code" if code is None else f"code {code}: {codes.meaning(code).text}"
    return kind(f"{call}: HTTP {answer.status}, {said}", call=call, http_status=answer.status, code=code)
