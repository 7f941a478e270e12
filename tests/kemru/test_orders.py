"""What is checked before anything is sent: by the platform's own codes, in plain sentences, without what was wrong in them."""

import re
import traceback
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from kiosk.kemru import (
    BANKS,
    BUNDLES,
    Airtime,
    BankPayout,
    Bill,
    BillChannel,
    Business,
    BusinessChannel,
    BusinessPayment,
    Channel,
    Checkout,
    Credentials,
    DidNotHappen,
    Kemru,
    MobilePayout,
    Order,
    PinAirtime,
    Receipt,
    Rejected,
    Sms,
    Telco,
    Transfer,
    Unauthorised,
    UnknownOutcome,
    Voucher,
)
from kiosk.kemru.orders import ORDERS
from kiosk.kemru.wire import Prepared, flattened
from kiosk.sandbox import DEMO_CREDENTIALS
from kiosk.secret import Secret

PHONE = "+254739117883"

SOUND: dict[type[Order], dict[str, Any]] = {
    MobilePayout: {"phone": PHONE, "amount": 1500, "channel": Channel.MPESA, "initiator_name": "John Doe"},
    BankPayout: {
        "account_number": "0123456789",
        "phone": PHONE,
        "bank": "103",
        "amount": Decimal("1500.50"),
        "initiator_name": "John Doe",
    },
    Checkout: {"phone": PHONE, "amount": 1500, "channel": Channel.AIRTEL, "reason": "Invoice #1234"},
    Transfer: {
        "from_institution": "103",
        "from_account": "111",
        "to_institution": "301",
        "to_account": "222",
        "amount": 1500,
        "remarks": "Shares",
    },
    BusinessPayment: {
        "short_code": "4079491",
        "identifier": "acc-7",
        "amount": 5000,
        "remarks": "Settlement",
        "result_url": "https://yoursite.com/cb",
    },
    Airtime: {"phone": PHONE, "amount": 100, "telco": Telco.SAFARICOM, "initiator_phone": PHONE},
    Bill: {"account_number": "70123", "amount": 1500, "channel": BillChannel.GOTV, "phone": PHONE},
    PinAirtime: {"phone": PHONE, "amount": 100, "telco": Telco.AIRTEL},
    Sms: {"phone": PHONE, "otp": "4823", "message": "AKINYI arrived at 07:58"},
}


def order(kind: type[Order], **changes: Any) -> Order:
    return kind(**{**SOUND[kind], **changes})


class Wire:
    """A client that nothing leaves unnoticed."""

    def __init__(self, url: str = "http://127.0.0.1:9", credentials: Credentials = DEMO_CREDENTIALS) -> None:
        self.sent = 0
        self.kemru = Kemru(url, credentials, transport=httpx.MockTransport(self._take))

    def _take(self, _request: httpx.Request) -> httpx.Response:
        self.sent += 1
        raise httpx.ReadError("gone")

    def refusal(self, asked: Order) -> DidNotHappen:
        """What is said against `asked`, before a byte leaves."""
        with pytest.raises(DidNotHappen) as caught:
            self.kemru.submit(asked)
        assert self.sent == 0
        assert caught.value.reference == asked.reference
        assert caught.value.http_status is None
        assert caught.value.call == asked.endpoint.path
        return caught.value


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    with wire.kemru:
        yield wire


def having(field: str) -> list[type[Order]]:
    return [kind for kind in ORDERS if field in SOUND[kind]]


def wrong(field: str, *values: object) -> list[Any]:
    return [
        pytest.param(kind, field, value, id=f"{kind.__name__}-{field}-{number}")
        for kind in having(field)
        for number, value in enumerate(values)
    ]


BAD_PHONES = (
    "",
    "12345",
    "+255712345678",
    "0839117883",
    "073911788",
    "07391178833",
    "0739117883 ext 5",
    "07EQUITEL1",
    "\u0660739117883",
    ["0739117883"],
)
BAD_AMOUNTS = (
    *(
        0,
        -1,
        Decimal(0),
        Decimal("-0.01"),
        Decimal("1.001"),
        Decimal("1E-3"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
    ),
    *(
        10**9,
        10**40,
        Decimal("1E+999999"),
        Decimal("1E-999999"),
        1.0,
        1500.0,
        float("nan"),
        True,
        "",
        "much",
        "1e3",
        "-5",
        "1,500",
        "+5",
        [5],
        {},
    ),
)
BAD_TEXTS = ("", "x" * 201, "a\nb", "a\x1b[2J", "\x00", 5, ["x"])
CODES = {
    "phone": "8002",
    "initiator_phone": "8002",
    "amount": "8004",
    "bank": "1201",
    "from_institution": "1201",
    "to_institution": "1201",
    "channel": "9002",
    "telco": "8003",
    "result_url": "6002",
}
"""The documented code of what is wrong with a field; 1109 for all others."""

WRONG = [
    *wrong("phone", *BAD_PHONES),
    *wrong("initiator_phone", *BAD_PHONES),
    *wrong("amount", *BAD_AMOUNTS),
    *wrong("bank", "", "100", "107", "1031", "Equity Bank", 103),
    *wrong("from_institution", "", "100", "200", "300", "401", "99", "1011", 101),
    *wrong("to_institution", "", "100", "200", "300", "401", "99", "1011", 101),
    *wrong("channel", "", "mpesa", "PAYPAL", "MPESA ", 5),
    *wrong("telco", "", "safaricom", "ORANGE", None, 5),
    *wrong("account_number", "", "a b", "x" * 35, "12/34", 5),
    *wrong("from_account", "", "a b", "x" * 35),
    *wrong("to_account", "", "a b", "x" * 35),
    *wrong("short_code", "", "1234", "12345678", "12a45", 4079491),
    *wrong("identifier", "", "x" * 65, "a\nb"),
    *wrong(
        "result_url",
        "",
        "yoursite.com",
        "ftp://yoursite.com/",
        "https://",
        "https://a b/",
        "https://user:pass@yoursite.com/",
    ),
    *wrong("initiator_name", *BAD_TEXTS),
    *wrong("reason", *BAD_TEXTS),
    *wrong("remarks", *BAD_TEXTS),
    *wrong("otp", "", "123", "1234567", "12a4", 4823),
    *wrong("message", "", "x" * 2001, 5),
]


@pytest.mark.parametrize(("kind", "field", "value"), WRONG)
def test_a_wrong_value_is_refused_with_the_platforms_code(
    wire: Wire, kind: type[Order], field: str, value: object
) -> None:
    error = wire.refusal(order(kind, **{field: value}))
    absent = value is None
    assert type(error) is Rejected
    assert error.code == ("1108" if absent else CODES.get(field, "1109"))
    sentence = f"{kind.endpoint.path}: not sent: {field.replace('_', ' ')} {'is missing' if absent else 'must be '}"
    assert str(error).startswith(sentence)
    assert error.cure
    if len(str(value)) > 5:
        assert str(value) not in re.sub("such as .*", "", str(error))


@pytest.mark.parametrize("kind", ORDERS)
def test_everything_that_is_needed_is_asked_for(wire: Wire, kind: type[Order]) -> None:
    fields = {each.name: each for each in kind.endpoint.fields if each.name != "merchant_id"}
    for name in SOUND[kind]:
        if fields[name].required:
            error = wire.refusal(order(kind, **{name: None}))
            assert (type(error), error.code) == (Rejected, "1108")
            assert str(error).endswith(f"{name.replace('_', ' ')} is missing")
    with pytest.raises(UnknownOutcome):
        wire.kemru.submit(order(kind))
    assert wire.sent == 1


@pytest.mark.parametrize("kind", ORDERS)
@pytest.mark.parametrize("reference", ["", "a b", "../x", "x" * 65, "ü", 5])
def test_a_reference_is_one_that_can_be_asked_after(wire: Wire, kind: type[Order], reference: Any) -> None:
    error = wire.refusal(order(kind, reference=reference))
    assert (type(error), error.code) == (Rejected, "1109")


@pytest.mark.parametrize(
    ("amount", "spelt"),
    [
        (1, "1"),
        (999_999_999, "999999999"),
        (Decimal("0.01"), "0.01"),
        (Decimal("0.10"), "0.10"),
        (Decimal("1500.50"), "1500.50"),
        (Decimal("1.5E3"), "1500"),
        (Decimal("1500.00"), "1500"),
        (Decimal("1E+2"), "100"),
    ],
)
def test_amounts_that_are_exact_shillings(wire: Wire, amount: Any, spelt: str) -> None:
    assert spelt_amount(wire.kemru.prepare(order(Checkout, amount=amount))) == spelt


def spelt_amount(prepared: Prepared) -> object:
    return prepared.body["amount"]


@pytest.mark.parametrize("phone", ["0739117883", "+254739117883", "254739117883", "0739 117 883", "+254 (739) 117-883"])
@pytest.mark.parametrize("kind", having("phone"))
def test_a_number_as_people_write_it_travels_as_documented(wire: Wire, kind: type[Order], phone: str) -> None:
    said = repr(wire.kemru.prepare(order(kind, phone=phone)).body)
    assert ("'0739117883'" if kind in {MobilePayout, BankPayout, Sms} else "'+254739117883'") in said


def test_numbers_that_begin_with_01(wire: Wire) -> None:
    assert wire.kemru.prepare(order(Sms, phone="+254110000101")).body["phone"] == "0110000101"


@pytest.mark.parametrize("bank", BANKS)
def test_the_documented_banks(wire: Wire, bank: str) -> None:
    assert wire.kemru.prepare(order(BankPayout, bank=bank))


@pytest.mark.parametrize("code", ["101", "146", "199", "201", "299", "301", "399"])
def test_institutions_of_all_three_kinds(wire: Wire, code: str) -> None:
    assert wire.kemru.prepare(order(Transfer, from_institution=code, to_institution=code))


@pytest.mark.parametrize(
    ("kind", "field", "choices"),
    [
        (MobilePayout, "channel", Channel),
        (Checkout, "channel", Channel),
        (Bill, "channel", BillChannel),
        (BusinessPayment, "channel", BusinessChannel),
        (Airtime, "telco", [each for each in Telco if each is not Telco.FAIBA_B]),
        (PinAirtime, "telco", [Telco.SAFARICOM, Telco.AIRTEL, Telco.TELKOM]),
    ],
)
def test_every_documented_channel_and_network(wire: Wire, kind: type[Order], field: str, choices: Any) -> None:
    for each in choices:
        for value in (each, each.value):
            assert flattened(kind.endpoint, wire.kemru.prepare(order(kind, **{field: value})).body)[field] == each.value


@pytest.mark.parametrize("telco", [Telco.EQUITEL, Telco.FAIBA, Telco.FAIBA_B])
def test_vouchers_are_sold_by_three_networks(wire: Wire, telco: Telco) -> None:
    assert wire.refusal(order(PinAirtime, telco=telco)).code == "8003"


@pytest.mark.parametrize("bundle", BUNDLES.values(), ids=lambda each: each.name)
def test_a_bundle_has_its_code_and_its_price(wire: Wire, bundle: Any) -> None:
    asked = Airtime.bundle(bundle, phone=PHONE, initiator_phone=PHONE)
    body = wire.kemru.prepare(asked).body
    assert (body["telco"], body["productCode"], body["amount"]) == ("FAIBA_B", bundle.product_code, str(bundle.price))
    for wrong, code in (
        ({"amount": bundle.price + 1}, "8004"),
        ({"amount": Decimal("sNaN")}, "8004"),
        ({"amount": Decimal("NaN")}, "8004"),
        ({"product_code": "DAILY_DATA_1TB"}, "1109"),
        ({"product_code": None}, "1109"),
        ({"telco": Telco.FAIBA}, "1109"),
    ):
        assert wire.refusal(msgspec.structs.replace(asked, **wrong)).code == code


FORBIDDEN = [
    "https://yoursite.com/exec",
    "https://yoursite.com/?CMD=1",
    "https://mysql.yoursite.com/",
    "https://abc.ngrok.io/cb",
    "https://ngrok-free.app/cb",
    "https://requestbin.com/r/1",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_addresses_that_the_platform_does_not_register(wire: Wire, url: str) -> None:
    error = wire.refusal(order(BusinessPayment, result_url=url))
    assert error.code == "6001"
    with pytest.raises(Rejected) as caught:
        wire.kemru.register_callback(url)
    assert (caught.value.code, caught.value.http_status, wire.sent) == ("6001", None, 0)


def test_https_is_for_production() -> None:
    there = Wire("https://kemrut.com/api/v2")
    with pytest.raises(Rejected) as caught:
        there.kemru.register_callback("http://yoursite.com/ipn")
    assert (caught.value.code, there.sent) == ("6001", 0)
    assert str(caught.value) == "/billing/v1/callback-url/create: not sent: url must be HTTPS in production"
    assert there.refusal(order(BusinessPayment, result_url="http://yoursite.com/cb")).code == "6001"
    there.kemru.prepare(order(BusinessPayment))
    here = Wire()
    with pytest.raises(UnknownOutcome):
        here.kemru.register_callback("http://yoursite.com/ipn")
    assert here.kemru.prepare(order(BusinessPayment, result_url="http://yoursite.com/cb"))


@pytest.mark.parametrize("field", ["merchant_id", "access_token"])
@pytest.mark.parametrize("value", ["", "a\nb", "x" * 201])
def test_a_wrong_account_costs_no_record_its_place(field: str, value: str) -> None:
    """Unauthorised stops the deliveries until it is mended; Rejected would give up each record by itself."""
    known = {name: getattr(DEMO_CREDENTIALS, name) for name in ("merchant_id", "api_key", "secret", "access_token")}
    wire = Wire(credentials=Credentials(**{**known, field: value if field == "merchant_id" else Secret(value)}))
    with wire.kemru, pytest.raises(Unauthorised) as caught:
        wire.kemru.submit(order(Sms)) if field == "merchant_id" else wire.kemru.member("20170")
    assert (wire.sent, caught.value.code) == (0, "1109")
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("contact", "12345", "8002"),
        ("email", "nobody", "1109"),
        ("email", "a@b", "1109"),
        ("link", "https://developer.kemrut.com", "1109"),
        ("link", "localhost", "1109"),
        ("name", "", "1109"),
    ],
)
def test_a_business_is_checked(wire: Wire, field: str, value: str, code: str) -> None:
    sound = {"name": "A School", "contact": PHONE, "link": "school.example", "email": "office@school.example"}
    with pytest.raises(Rejected) as caught:
        wire.kemru.register_business(Business(**{**sound, field: value}))
    assert (caught.value.code, wire.sent) == (code, 0)


@pytest.mark.parametrize("kind", ORDERS)
def test_references_are_made_with_the_order_and_are_nobody_elses(wire: Wire, kind: type[Order]) -> None:
    made = [order(kind).reference for _ in range(1000)]
    assert len({*made}) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", each) for each in made)
    # It travels: what is lost on the way can be asked after.
    asked = order(kind)
    assert wire.kemru.prepare(asked).body["reference"] == asked.reference
    with pytest.raises(UnknownOutcome) as caught:
        wire.kemru.submit(asked)
    assert caught.value.reference == asked.reference


PERSONAL = re.compile(
    "739117883|John Doe|1500|5000|0123456789|4079491|acc-7|70123|4823|AKINYI|Settlement|Shares|Invoice|yoursite|sandbox-secret|sandbox-api"
)


@pytest.mark.parametrize("kind", ORDERS)
def test_nothing_personal_is_shown(wire: Wire, kind: type[Order]) -> None:
    asked = order(kind, reference="shown")
    assert repr(asked) == str(asked) == f"{kind.__name__}(reference='shown')"
    prepared = wire.kemru.prepare(asked)
    errors = [
        wire.refusal(order(kind, **{name: f"{value}\x00"})) for name, value in SOUND[kind].items() if name != "message"
    ]
    with pytest.raises(UnknownOutcome) as caught:
        wire.kemru.submit(asked)
    shown = f"{asked!r} {prepared!r} {wire.kemru!r}"
    for error in (*errors, caught.value):
        shown += "".join(traceback.format_exception(error)) + repr(error) + repr({**vars(error), "reference": None})
    own_words = re.compile(r"/billing/\S+|/v1/\S+|such as \S+|[Ll]ine \d+|test_orders\.py|lambda|order\(kind.*")
    assert not PERSONAL.search(own_words.sub("", shown)), shown


def test_a_vouchers_pin_is_a_secret() -> None:
    receipt = Receipt("r", delivered=True, voucher=Voucher(Secret("12345678901234"), "S1"))
    assert "12345678901234" not in repr(receipt)
