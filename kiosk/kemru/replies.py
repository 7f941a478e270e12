"""From believed answers to typed values, with one last doubt: whether the answer speaks of what was asked."""

import re
from datetime import datetime
from decimal import Decimal

import msgspec

from kiosk.kemru import codes, records, status
from kiosk.kemru.errors import UnknownOutcome
from kiosk.kemru.messages import (
    AttendanceRecord,
    Balance,
    Business,
    BusinessRecord,
    MemberReply,
    Receipt,
    Roster,
    User,
    Verification,
    Voucher,
)
from kiosk.kemru.status import Status
from kiosk.kemru.verdict import Answer, Envelope, Reply, judge, unpack
from kiosk.secret import Secret

_AMOUNT = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?")
"""An exponent can stand for more digits than there is memory."""


class _Balance(msgspec.Struct, frozen=True):
    balance: str | int | float
    currency: str = "KES"


class _Voucher(msgspec.Struct, frozen=True):
    pin: str
    serial: str | None = None


class _Details(msgspec.Struct, frozen=True):
    """What some receipts hold beside the envelope. *Decision*: the documentation promises both and names neither."""

    provisional_receipt: str | None = None
    voucher: _Voucher | None = None


class _Business(msgspec.Struct, frozen=True):
    """Source: the documented request of /api-business."""

    name: str
    contact: str
    link: str
    email: str
    merchant_id: str | int | None = msgspec.field(default=None, name="MerchantID")


class _Telco(msgspec.Struct, frozen=True):
    telco: str


def roster(reply: Reply) -> Roster:
    """Sort the mixed list of /api-biometric."""
    return records.read(_items(reply))


def member(reply: Reply) -> MemberReply:
    """The one member of /api-memberc."""
    found = records.read_member(_told(reply))
    if found is None:
        raise _mistyped(reply)
    return found


def attendance(reply: Reply, uid: str) -> list[AttendanceRecord]:
    """The scans of `uid` in an answer of /api-single; anything else in it is left out."""
    return [each for each in records.read(_items(reply)).attendance if each.uid == uid]


def scan_receipt(reply: Reply, uid: str, reference: str) -> Receipt:
    """Whether `reference` is delivered: it is in the answer, or the platform says duplicate. A success for others is no success."""
    _check_about(reply, reference)
    if not reply.duplicate and all(each.reference != reference for each in attendance(reply, uid)):
        raise _about_another(reply)
    return Receipt(reference, delivered=True, duplicate=reply.duplicate, code=reply.envelope.code)


def receipt(reply: Reply, reference: str) -> Receipt:
    """Whether the order of `reference` was accepted. An answer that names another reference is no success."""
    if not isinstance(reply.data, dict):
        raise _mistyped(reply)
    _check_about(reply, reference)
    try:
        details = msgspec.convert(reply.data, _Details)
    except msgspec.ValidationError as error:
        raise _mistyped(reply) from error
    return Receipt(
        reference,
        delivered=True,
        duplicate=reply.duplicate,
        code=reply.envelope.code,
        platform_reference=records.text(reply.envelope.merchant_reference),
        status=records.text(reply.envelope.status),
        provisional=records.text(details.provisional_receipt),
        voucher=_voucher(details.voucher),
    )


def business(reply: Reply, asked: Business | None) -> BusinessRecord:
    """The business of /api-business and /api-confirm; `asked` is what a platform that answers with a code alone already has."""
    try:
        record = msgspec.convert(reply.data if asked is not None else _told(reply), _Business)
        found = Business(
            *(records.text(each) or "" for each in (record.name, record.contact, record.link, record.email))
        )
    except msgspec.ValidationError as error:
        if asked is None or not isinstance(reply.data, dict) or "email" in reply.data:
            raise _mistyped(reply) from error
        return BusinessRecord(asked)
    if asked is not None and found.email.casefold() != asked.email.casefold():
        raise _about_another(reply)
    return BusinessRecord(found, None if record.merchant_id is None else records.text(str(record.merchant_id)))


def callback(reply: Reply) -> bool:
    """Whether the address of /billing/v1/callback-url/create is new, and not one that the platform had."""
    if not isinstance(reply.data, dict):
        raise _mistyped(reply)
    return not reply.duplicate


def verification(call: str, answer: Answer, reference: str, *, now: datetime) -> Verification:
    """What `answer` to /transactions/{ref}/verify says of `reference`. Raises what `judge` raises, and UnknownOutcome.

    Here `status` and `status_code` speak of the transaction if the answer names one, else of the request. What callers
    act on (it never came, it succeeded, it failed) is not believed of an answer that also says something else.
    """
    data, envelope, _ = unpack(answer)
    told, named = status.read(envelope.status or ""), envelope.references
    if isinstance(data, dict):
        if envelope.code == codes.NOT_FOUND and named <= {reference} and told in {None, Status.FAILED}:
            return Verification("", envelope.code, found=False)
        about = reference in named or (not named and _is_done(envelope))
        well = envelope.code in codes.SUCCESSES
        contradicted = (told is Status.SUCCESS and not well) or (told is Status.FAILED and well)
        if 200 <= answer.status < 300 and told is not None and about and not contradicted:
            return Verification(told.value, envelope.code, found=True)
    if not named:
        judge(call, answer, now=now)
    raise UnknownOutcome(
        f"{call}: the answer is about another reference, without a status, or contradicts itself",
        call=call,
        http_status=answer.status,
        code=envelope.code,
    )


def balance(reply: Reply) -> Balance:
    """The wallet of /api-link."""
    try:
        record = msgspec.convert(_told(reply), _Balance)
    except msgspec.ValidationError as error:
        raise _mistyped(reply) from error
    spelt = str(record.balance).strip()
    if not _AMOUNT.fullmatch(spelt):
        raise _mistyped(reply)
    return Balance(Decimal(spelt), records.text(record.currency) or "KES")


def telco(reply: Reply) -> str:
    """The network of /api-telco-check, as the platform spells it."""
    try:
        found = records.text(msgspec.convert(_told(reply), _Telco).telco)
    except msgspec.ValidationError as error:
        raise _mistyped(reply) from error
    if found is None:
        raise _mistyped(reply)
    return found


def user(reply: Reply) -> User:
    """The one user of /api-user, behind the header that comes with it."""
    users = records.read(_items(reply)).users
    if len(users) != 1:
        raise _mistyped(reply)
    return users[0]


def _voucher(found: _Voucher | None) -> Voucher | None:
    return None if found is None else Voucher(Secret(found.pin), records.text(found.serial))


def _told(reply: Reply) -> object:
    """What was asked for; "duplicate" answers no question."""
    if reply.duplicate:
        raise _mistyped(reply)
    return reply.data


def _items(reply: Reply) -> list[object]:
    told = _told(reply)
    if not isinstance(told, list):
        raise _mistyped(reply)
    return told


def _is_done(envelope: Envelope) -> bool:
    return envelope.code is not None and codes.meaning(envelope.code).kind is codes.Kind.DONE


def _check_about(reply: Reply, reference: str) -> None:
    if reply.envelope.reference not in {None, reference}:
        raise _about_another(reply)


def _about_another(reply: Reply) -> UnknownOutcome:
    return UnknownOutcome(
        f"{reply.call}: the answer does not speak of what was sent", call=reply.call, http_status=reply.http_status
    )


def _mistyped(reply: Reply) -> UnknownOutcome:
    return UnknownOutcome(
        f"{reply.call}: the answer is of other types than documented", call=reply.call, http_status=reply.http_status
    )
