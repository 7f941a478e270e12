"""Senseless, damaged, mutated and lying answers to every call: no uncaught error, nothing believed that the answer does not say.

The rules of what may be believed are written here a second time, from the contract, and look at nothing but the answer.
"""

import gzip
import json
import os
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import httpx
import msgspec
import pytest

from kiosk.kemru import (
    BUNDLES,
    Airtime,
    BankPayout,
    Bill,
    BillChannel,
    Business,
    BusinessPayment,
    Channel,
    Checkout,
    DidNotHappen,
    Kemru,
    KemruError,
    MobilePayout,
    Order,
    PinAirtime,
    Telco,
    Throttled,
    Transfer,
    Verification,
)
from kiosk.kemru.orders import ORDERS
from kiosk.sandbox import DEMO_ACCESS_TOKEN, DEMO_API_KEY, DEMO_CREDENTIALS, DEMO_SECRET
from tests.support import answers
from tests.support.answers import Sent
from tests.support.fuzzing import resident_kib
from tests.support.platform import scan, sms

ANSWERS, ANSWERS_SLOW = 2_000, 50_000
# What Python's allocator may keep for itself, in KiB.
GROWTH = 4096
REFERENCE = "0197-fuzz-1"
PHONE = "0739117883"
BUSINESS = Business("Kemru Technologies", "+254739117883", "developer.kemrut.com", "system@kemrut.com")

DONE = {"0000", "200", "1100"}
DUPLICATE = {"8006", "9005"}
# Codes that say that it did not happen.
REFUSED = {
    *("1101", "1102", "1103", "1104", "1105", "1106", "1107", "1108", "1109", "1201"),
    *("6001", "6002", "7001", "8002", "8003", "8004", "8005", "9002", "9004"),
}
# They are text, or the answer is not what is documented.
ENVELOPE = ("status", "reference", "merchant_reference", "transactionRef")
UNSEEN = re.compile(
    "|".join(
        map(re.escape, (DEMO_API_KEY, DEMO_SECRET, DEMO_ACCESS_TOKEN, "739117883", "711000101", "SAGINI", "Okoth"))
    )
)


class Said:
    """What an answer says, read by the rules of this file. Objects are lists of pairs, so that nothing said twice gets lost."""

    def __init__(self, sent: Sent) -> None:
        self.status = sent.status
        self.data = _data(sent)
        found = [each for each in self.data if _carries_code(each)] if isinstance(self.data, list) else [self.data]
        codes = {_code(each) for each in found}
        self.code = codes.pop() if len(codes) == 1 else "more than one" if codes else None
        self.is_list = isinstance(self.data, list)
        self.is_object = isinstance(self.data, tuple)

    def only(self, name: str) -> object:
        return _only(self.data, name)

    def tells(self, name: str) -> bool:
        return isinstance(self.data, tuple) and any(each == name for each, _ in self.data[1])

    def is_about(self, reference: str) -> bool:
        return _is_text(told := self.only("reference")) and told in {None, reference}

    def is_well(self) -> bool:
        """Whether HTTP, code and status say that it was done, or that it had been."""
        if self.code in DUPLICATE:
            return 200 <= self.status < 300 or 400 <= self.status < 500
        status = self.only("status")
        fine = status is None or (isinstance(status, str) and status.strip().lower() != "failed")
        return 200 <= self.status < 300 and fine and (self.code in DONE or (self.is_list and self.code is None))

    def shows(self, uid: str, reference: str) -> bool:
        """Whether the list holds the scan."""
        return isinstance(self.data, list) and any(
            str(_only(each, "uid")) == uid
            and _only(each, "reference") == reference
            and isinstance(_only(each, "time"), str)
            for each in self.data
        )

    def may_be_refused(self) -> bool:
        """Whether it is certain that nothing happened."""
        if self.status == 429 or self.code in REFUSED:
            return True
        return 400 <= self.status < 500 and self.status not in {408, 409} and self.code not in DONE | DUPLICATE


def _data(sent: Sent) -> object:
    kind = sent.header("content-type").partition(";")[0].strip().lower()
    if sent.breaks or not (kind == "application/json" or kind.endswith("+json")):
        return None
    body, encoding = sent.body, sent.header("content-encoding").strip().lower()
    try:
        if encoding in {"gzip", "x-gzip"}:
            body = gzip.decompress(body)
        elif encoding not in {"", "identity"}:
            return None
        if len(body) > 1 << 20:
            return None
        return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_pairs, parse_constant=_no_constant)
    except (ValueError, RecursionError, OSError, EOFError, zlib.error):
        return None


def _pairs(pairs: list[tuple[str, object]]) -> object:
    """An object; ValueError for one that says a thing twice, or whose names no text can hold."""
    names = [name for name, _ in pairs]
    "".join(names).encode()
    if len({*names}) < len(names):
        raise ValueError("a name twice")
    return "object", pairs


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _only(data: object, name: str) -> object:
    """What `data` says of `name`."""
    return dict(data[1]).get(name) if isinstance(data, tuple) else None


def _code(data: object) -> str | None:
    if any(not _is_text(_only(data, name)) for name in ENVELOPE):
        return None
    code = _only(data, "status_code")
    if isinstance(code, str):
        return code.strip()
    return None if isinstance(code, bool) or not isinstance(code, int) else "0000" if code == 0 else str(code)[:9]


def _carries_code(data: object) -> bool:
    names = {name for name, _ in data[1]} if isinstance(data, tuple) else set()
    return "status_code" in names and "emp_name" not in names


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


class Call(msgspec.Struct, frozen=True):
    """A call, sound answers to it, and whether what it returned may be believed of such an answer."""

    make: Callable[[Kemru], object]
    sound: Callable[[random.Random], object]
    believable: Callable[[Said, object], bool]
    reference: str | None = None


def order(asked: Order) -> Call:
    return Call(
        lambda kemru: kemru.submit(asked),
        lambda noise: answers.order(noise, asked.reference),
        lambda said, _: said.is_object and said.is_well() and said.is_about(asked.reference),
        asked.reference,
    )


def verified(said: Said, found: object) -> bool:
    assert isinstance(found, Verification)
    status, named = str(said.only("status")).strip().lower(), {said.only(name) for name in ENVELOPE[1:]} - {None}
    if not found.found:
        # Neither of another's transaction, nor of one that is there after all.
        return (
            said.code == "7001" and named <= {REFERENCE} and status not in {"success", "pending", "processing", "retry"}
        )
    about = REFERENCE in named or (not named and said.code in DONE)
    # Neither a success with the code of a failure, or of one that is still to be tried; nor a failure with the code of a success.
    sound = {"success": said.code in {"0000", "200"}, "failed": said.code not in {"0000", "200"}}.get(status, True)
    return said.is_object and about and found.status.lower() == status and 200 <= said.status < 300 and sound


def worth(said: Said, _found: object) -> bool:
    told = said.only("balance")
    spelt = repr(told) if isinstance(told, int | float) and not isinstance(told, bool) else told
    return said.is_object and said.is_well() and isinstance(spelt, str) and is_amount(spelt)


def is_amount(spelt: str) -> bool:
    return re.fullmatch(r"\s*[+-]?[0-9]{1,15}(\.[0-9]{1,6})?\s*", spelt) is not None


def registered(said: Said, _found: object) -> bool:
    told = said.only("email")
    about = isinstance(told, str) and told.strip().lower() == BUSINESS.email
    return said.is_object and said.is_well() and (about or not said.tells("email"))


def read(said: Said, _found: object) -> bool:
    return said.is_object and said.is_well() and said.code in DONE


def listed(said: Said, _found: object) -> bool:
    return said.is_list and said.is_well() and said.code not in DUPLICATE


def reported(said: Said, _found: object) -> bool:
    about = said.code in DUPLICATE and (said.is_list or said.is_about(REFERENCE))
    return said.is_well() and (about or said.shows("20170", REFERENCE))


PAYOUT = MobilePayout(phone=PHONE, amount=1500, channel=Channel.MPESA, initiator_name="John Doe")
ORDERED: tuple[Order, ...] = (
    PAYOUT,
    msgspec.structs.replace(PAYOUT, reference="0197-offline", offline=True),
    BankPayout(account_number="0123", phone=PHONE, bank="103", amount=Decimal("9.50"), initiator_name="John Doe"),
    Checkout(phone=PHONE, amount=1, channel=Channel.AIRTEL, reason="Invoice #1234"),
    Transfer(from_institution="103", from_account="1", to_institution="301", to_account="2", amount=10),
    BusinessPayment(short_code="4079491", identifier="acc-7", amount=5000, result_url="https://yoursite.com/cb"),
    Airtime(phone=PHONE, amount=100, telco=Telco.SAFARICOM, initiator_phone=PHONE),
    Airtime.bundle(BUNDLES["DailyData1GB"], phone=PHONE, initiator_phone=PHONE),
    Bill(account_number="70123", amount=10, channel=BillChannel.GOTV),
    PinAirtime(phone=PHONE, amount=50, telco=Telco.TELKOM),
    sms(),
)

CALLS = {
    "balance": Call(lambda kemru: kemru.balance(), answers.balance, worth),
    "user": Call(lambda kemru: kemru.user("717445"), answers.one_user, listed),
    "roster": Call(lambda kemru: kemru.roster(), lambda noise: answers.people(noise, REFERENCE), listed),
    "member": Call(lambda kemru: kemru.member("20170"), answers.member, read),
    "attendance": Call(lambda kemru: kemru.attendance("20170"), lambda noise: answers.people(noise, REFERENCE), listed),
    "report": Call(
        lambda kemru: kemru.report(scan(REFERENCE)), lambda noise: answers.people(noise, REFERENCE), reported, REFERENCE
    ),
    "verify": Call(
        lambda kemru: kemru.verify(REFERENCE), lambda noise: answers.verification(noise, REFERENCE), verified, REFERENCE
    ),
    "reverse": Call(
        lambda kemru: kemru.reverse(REFERENCE),
        lambda noise: answers.order(noise, REFERENCE),
        lambda said, _: said.is_object and said.is_well() and said.is_about(REFERENCE),
        REFERENCE,
    ),
    "callback": Call(
        lambda kemru: kemru.register_callback("https://yoursite.com/ipn"),
        answers.callback,
        lambda said, new: said.is_object and said.is_well() and new is (said.code in DONE),
    ),
    "register business": Call(lambda kemru: kemru.register_business(BUSINESS), answers.business, registered),
    "find business": Call(lambda kemru: kemru.find_business(BUSINESS.email), answers.business, read),
    "telco": Call(
        lambda kemru: kemru.telco("722"),
        answers.telco,
        lambda said, found: said.code == "8003" if found is None else read(said, found),
    ),
    **{f"{number} {type(each).__name__}": order(each) for number, each in enumerate(ORDERED)},
}


class Fuzzed:
    """One client, whose platform answers whatever was laid out for it."""

    def __init__(self) -> None:
        self.next = Sent(200, [], b"")
        transport = httpx.MockTransport(lambda _request: self.next.response())
        self.kemru = Kemru("http://127.0.0.1:9", DEMO_CREDENTIALS, transport=transport)
        self.returned: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def feed(self, name: str, sent: Sent) -> None:
        """Any error but KemruError ends the test."""
        call, said, self.next = CALLS[name], Said(sent), sent
        try:
            found = call.make(self.kemru)
        except KemruError as error:
            check_refusal(error, said, call)
            self.refused[type(error).__name__] += 1
            return
        assert call.believable(said, found), (name, sent, found)
        self.returned[name] += 1


def check_refusal(error: KemruError, said: Said, call: Call) -> None:
    assert error.cure
    assert (error.reference, bool(error.call)) == (call.reference, True), error
    assert error.http_status in {said.status, None}, error
    assert not UNSEEN.search(f"{error!r} {error}"), error
    assert not isinstance(error, DidNotHappen) or said.may_be_refused(), (said.status, said.data, error)
    assert not isinstance(error, Throttled) or error.retry_after_s is None or 1 <= error.retry_after_s <= 3600


@pytest.fixture
def noise() -> random.Random:
    seed = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    print(f"FUZZ_SEED={seed}")
    return random.Random(seed)


def fuzz(noise: random.Random, count: int) -> None:
    fuzzed, names, before = Fuzzed(), [*CALLS], 0
    with fuzzed.kemru:
        for number in range(count):
            name = names[number % len(names)]
            fuzzed.feed(name, answers.sent(noise, CALLS[name].sound(noise)))
            if number == count // 4:
                before = resident_kib()
    growth = resident_kib() - before
    print(f"{count} answers: {dict(fuzzed.returned)}, {dict(fuzzed.refused)}, {growth} KiB more")
    # Between the rubbish every call was answered well, and every kind of failure was seen, or nothing was tested.
    assert all(fuzzed.returned[name] for name in names)
    assert {
        "Rejected",
        "Unauthorised",
        "SignatureRefused",
        "Throttled",
        "NoFloat",
        "Unavailable",
        "UnknownOutcome",
    } == set(fuzzed.refused)
    assert growth < GROWTH


def test_every_kind_of_order_is_among_them() -> None:
    assert {type(each) for each in ORDERED} == set(ORDERS)


def test_the_client_survives_anything(noise: random.Random) -> None:
    fuzz(noise, ANSWERS)


@pytest.mark.slow
def test_the_client_survives_50000_of_anything(noise: random.Random) -> None:
    fuzz(noise, ANSWERS_SLOW)
