"""Golden values were made with `openssl dgst -sha256 -hmac sandbox-secret`; where openssl is there, it is asked again."""

import shutil
import string
import subprocess

import pytest

from kiosk.kemru import endpoints
from kiosk.kemru.endpoints import ENDPOINTS, Endpoint
from kiosk.kemru.signing import genuine, payload, signature
from kiosk.kemru.wire import prepare
from kiosk.sandbox import DEMO_CREDENTIALS
from kiosk.secret import Secret

SECRET = Secret("sandbox-secret")

TOKEN = "301-565-660-353/1953"

VALUES = {
    "merchant_id": "kemrut",
    "access_token": TOKEN,
    "uid": "12345",
    "phone": "0739000001",
    "otp": "4823",
    "prefix": "722",
    "reference": "KT677833",
    "message": "not signed",
    "offline": True,
    "amount": "1500",
    "channel": "MPESA",
    "initiator_name": "John Doe",
    "initiator_country": "Kenya",
    "account_number": "0123456789",
    "bank": "103",
    "reason": "Invoice #1234",
    "from_institution": "101",
    "from_account": "111",
    "to_institution": "301",
    "to_account": "222",
    "remarks": "Settlement",
    "short_code": "4079491",
    "identifier": "acc-7",
    "result_url": "https://yoursite.com/cb",
    "telco": "FAIBA_B",
    "initiator_phone": "+254739000002",
    "product_code": "DailyData1GB",
    "url": "https://yoursite.com/ipn",
    "name": "Kemru Technologies",
    "contact": "+254739000003",
    "link": "developer.kemrut.com",
    "email": "system@kemrut.com",
    "search": "system@kemrut.com",
}

PAYLOADS = {
    endpoints.BALANCE: "kemrut",
    endpoints.USER: f"{TOKEN}12345",
    endpoints.ROSTER: TOKEN,
    endpoints.MEMBER: f"{TOKEN}12345",
    endpoints.ATTENDANCE: f"{TOKEN}12345",
    endpoints.MOBILE_PAYOUT: "15000739000001John DoeKenyaMPESAkemrut",
    endpoints.BANK_PAYOUT: "150001234567890739000001103John DoeKenyakemrut",
    endpoints.CHECKOUT: "kemrut07390000011500MPESAInvoice #1234",
    endpoints.TRANSFER: "kemrut1011113012221500Settlement",
    endpoints.BUSINESS_PAYMENT: "kemrutMPESAhttps://yoursite.com/cb4079491acc-71500Settlement",
    endpoints.AIRTIME: "kemrut07390000011500FAIBA_B+254739000002DailyData1GB",
    endpoints.PIN_AIRTIME: "kemrut07390000011500FAIBA_B",
    endpoints.BILL: "kemrut01234567891500MPESA0739000001",
    endpoints.SEND_SMS: "07390000014823kemrut",
    endpoints.CALLBACK: "kemruthttps://yoursite.com/ipn",
    endpoints.VERIFY: "KT677833kemrut",
    endpoints.REVERSE: "KT677833kemrut",
    endpoints.BUSINESS: "Kemru Technologies+254739000003developer.kemrut.comsystem@kemrut.com",
    endpoints.CONFIRM: "system@kemrut.com",
    endpoints.TELCO_CHECK: "kemrut722",
}
"""What is signed, written out by hand from the documentation."""

GOLDEN = {
    endpoints.BALANCE: "d3013d5e4c917823f5d4a676b0c2ab0c8e6b17391cbd16b30fcb121f66ffe54c",
    endpoints.SEND_SMS: "2cd72cd97ba33518bd67eb1dc8b61e4a409507c3e847ccd7487c723121857692",
    endpoints.ROSTER: "bd486ba3d014ba60db797034b48c68f9bd14f010d78ef10cc0c4e9c9ced35485",
    endpoints.ATTENDANCE: "15881e8ab6cd8e2a3191f2b65dd7b9cb63d85ede87e142c850b3d986f0e969ae",
    endpoints.TELCO_CHECK: "a449db126eb2ab6bec6c74a9083f50966d14bea01f5320a2e8c2ce56d38308ae",
    endpoints.VERIFY: "5adcd9f73e51144bf410b705a3fbf7840d8f458e73fe0965c3cbde8e7ec71806",
}


@pytest.mark.parametrize("endpoint", GOLDEN, ids=lambda each: each.name)
def test_golden_signatures(endpoint: Endpoint) -> None:
    assert signature(endpoint, VALUES, SECRET) == GOLDEN[endpoint]


def test_every_endpoint_has_a_known_order() -> None:
    assert set(PAYLOADS) == set(ENDPOINTS)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_signatures_against_openssl(endpoint: Endpoint) -> None:
    asked = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", SECRET.reveal()],
        input=PAYLOADS[endpoint].encode(),
        capture_output=True,
        check=True,
    )
    assert asked.stdout.split()[-1].decode() == signature(endpoint, VALUES, SECRET)


def test_a_signature_is_lower_case_hex_over_utf8() -> None:
    made = signature(endpoints.BALANCE, {"merchant_id": "Ünïcødé kemrut"}, SECRET)
    assert made == "698fcbb92500df5dc58d58f659c0e101ac51127261afba6e5c00b5f3a61375ad"
    assert set(made) <= set(string.hexdigits.lower())


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_any_changed_byte_changes_the_signature(endpoint: Endpoint) -> None:
    made = signature(endpoint, VALUES, SECRET)
    for name in endpoint.signed:
        value = str(VALUES[name])
        for position in range(len(value)):
            changed = value[:position] + chr(ord(value[position]) ^ 1) + value[position + 1 :]
            assert not genuine(endpoint, {**VALUES, name: changed}, SECRET, made)
    assert genuine(endpoint, VALUES, SECRET, made)
    assert not genuine(endpoint, VALUES, Secret("sandbox-secreT"), made)
    assert not genuine(endpoint, VALUES, SECRET, made.upper())
    assert not genuine(endpoint, VALUES, SECRET, "ü")


def test_bodies_name_who_asks_and_carry_the_signature() -> None:
    by_token = prepare(endpoints.ATTENDANCE, DEMO_CREDENTIALS, {"uid": "1", "offline": True})
    assert by_token.body == {
        "access_token": TOKEN,
        "uid": "1",
        "offline_mode": True,
        "signature": signature(endpoints.ATTENDANCE, {"access_token": TOKEN, "uid": "1"}, SECRET),
    }
    assert by_token.signed == f"{TOKEN}1"
    by_path = prepare(endpoints.VERIFY, DEMO_CREDENTIALS, {"reference": "KT677833"})
    assert by_path.body == {"MerchantID": "kemrut", "signature": GOLDEN[endpoints.VERIFY]}
    assert by_path.target == "/transactions/KT677833/verify"


def test_what_is_absent_and_optional_is_not_signed() -> None:
    without = {name: value for name, value in VALUES.items() if name not in {"result_url", "remarks"}}
    assert payload(endpoints.BUSINESS_PAYMENT, without) == "kemrutMPESA4079491acc-71500"


def test_a_missing_field_cannot_be_signed() -> None:
    with pytest.raises(KeyError):
        signature(endpoints.SEND_SMS, {"phone": "0739000001"}, SECRET)
