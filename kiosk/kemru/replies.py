"""From believed answers to typed values, with one last doubt: whether the answer speaks of what was asked."""

import re
from datetime import datetime
from decimal import Decimal

import msgspec

from kiosk.kemru import agreement, codes, records, status
from kiosk.kemru.errors import Rejected, UnknownOutcome
from kiosk.kemru.messages import (
    AttendanceRecord,
    Balance,
    Business,
    BusinessRecord,
    MemberReply,
    Receipt,
    Roster,
    ScanReport,
    User,
    Verification,
    Voucher,
)
from kiosk.kemru.status import Status
from kiosk.kemru.verdict import Answer, Envelope, Reply, judge, throttled, unpack
from kiosk.secret import Secret

_AMOUNT = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?")
"""An exponent can stand for more digits than there is memory."""

_FITTING_NOT_FOUND = frozenset({200, 404})
"""Under any other HTTP status somebody else answers, or something is wrong: then "not found" licenses nothing."""


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


class _Transaction(msgspec.Struct, frozen=True):
    """What an answer may say of a transaction beside the envelope. Source: the documented IPN, whose names the sandbox takes over."""

    category: object = None
    amount: object = msgspec.field(default=None, name="Amount")


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


def scan_receipt(reply: Reply, scan: ScanReport) -> Receipt:
    """Whether `scan` is delivered: it is in the answer, or the platform says duplicate. A success for others is no success."""
    _check_about(reply, scan.reference)
    if not reply.duplicate and not _shows(reply, scan):
        raise _about_another(reply)
    return Receipt(scan.reference, delivered=True, duplicate=reply.duplicate, code=reply.envelope.code)


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
        # A duplicate's speaks of the request that was not taken, never of what is there.
        status=None if reply.duplicate else records.text(reply.envelope.status),
        provisional=records.text(details.provisional_receipt),
        voucher=_voucher(details.voucher),
    )


def business(reply: Reply, asked: Business | None) -> BusinessRecord:
    """The business of /api-business and /api-confirm; `asked` is what a platform that answers with a code alone has taken on."""
    try:
        record = msgspec.convert(_told(reply), _Business)
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

    Here `status` and `status_code` speak of the transaction if the answer names one, else of the request. What callers act on (it never
    came, it succeeded, it failed) is not believed of an answer that also says something else, nor "it never came" under an HTTP status
    that does not go with it.
    """
    if answer.status == 429:
        raise throttled(call, answer, now=now)
    data, envelope, _ = unpack(answer)
    told = status.read(envelope.status or "")
    if isinstance(data, dict) and _never_heard(envelope, reference, told):
        if answer.status in _FITTING_NOT_FOUND:
            return Verification("", envelope.code, found=False)
    elif (
        isinstance(data, dict)
        and told is not None
        and answer.status // 100 == 2
        and _tells_of(envelope, reference, told)
    ):
        return _transaction(data, envelope, told)
    if not envelope.references and envelope.code != codes.NOT_FOUND:
        judge(call, answer, now=now)
    raise UnknownOutcome(
        f"{call}: the answer is about another reference, without a status, or contradicts itself",
        call=call,
        http_status=answer.status,
        code=envelope.code,
    )


def _never_heard(envelope: Envelope, reference: str, told: Status | None) -> bool:
    return envelope.code == codes.NOT_FOUND and envelope.references <= {reference} and told in {None, Status.FAILED}


def _tells_of(envelope: Envelope, reference: str, told: Status) -> bool:
    """Whether the answer is about the transaction, and its code and status do not contradict each other."""
    about = reference in envelope.references or (not envelope.references and _is_done(envelope))
    well = envelope.code in codes.SUCCESSES
    return about and not ((told is Status.SUCCESS and not well) or (told is Status.FAILED and well))


def _transaction(data: dict[object, object], envelope: Envelope, told: Status) -> Verification:
    more = msgspec.convert(data, _Transaction)
    return Verification(
        told.value,
        envelope.code,
        found=True,
        reference=records.text(envelope.reference),
        merchant_reference=records.text(envelope.merchant_reference),
        category=records.text(more.category) if isinstance(more.category, str) else None,
        amount=_amount(more.amount),
    )


def balance(reply: Reply) -> Balance:
    """The wallet of /api-link."""
    try:
        record = msgspec.convert(_told(reply), _Balance)
    except msgspec.ValidationError as error:
        raise _mistyped(reply) from error
    amount = _amount(record.balance)
    if amount is None:
        raise _mistyped(reply)
    return Balance(amount, records.text(record.currency) or "KES")


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


def _amount(told: object) -> Decimal | None:
    """Shillings as they were told; None for what is no amount."""
    spelt = str(told).strip()
    return Decimal(spelt) if _AMOUNT.fullmatch(spelt) else None


def _shows(reply: Reply, scan: ScanReport) -> bool:
    try:
        return agreement.is_held(scan, attendance(reply, scan.uid))
    except Rejected:
        return False


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
