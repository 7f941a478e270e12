"""Golden values were made with `openssl dgst -sha256 -hmac sandbox-secret`; where openssl is there, it is asked again."""

import shutil
import string
import subprocess

import pytest

from kiosk.kemru import endpoints
from kiosk.kemru.endpoints import ENDPOINTS, Endpoint
from kiosk.kemru.signing import genuine, signature, signed_body
from kiosk.sandbox import DEMO_CREDENTIALS
from kiosk.secret import Secret

SECRET = Secret("sandbox-secret")

VALUES = {
    "MerchantID": "kemrut",
    "access_token": "301-565-660-353/1953",
    "uid": "12345",
    "phone": "0739000001",
    "otp": "4823",
    "prefix": "722",
    "ref": "KT677833",
    "message": "not signed",
    "offline_mode": True,
}

PAYLOADS = {
    endpoints.BALANCE: "kemrut",
    endpoints.USER: "301-565-660-353/195312345",
    endpoints.ROSTER: "301-565-660-353/1953",
    endpoints.MEMBER: "301-565-660-353/195312345",
    endpoints.ATTENDANCE: "301-565-660-353/195312345",
    endpoints.SEND_SMS: "07390000014823kemrut",
    endpoints.TELCO_CHECK: "kemrut722",
    endpoints.VERIFY: "KT677833kemrut",
}

GOLDEN = {
    endpoints.BALANCE: "d3013d5e4c917823f5d4a676b0c2ab0c8e6b17391cbd16b30fcb121f66ffe54c",
    endpoints.SEND_SMS: "2cd72cd97ba33518bd67eb1dc8b61e4a409507c3e847ccd7487c723121857692",
    endpoints.ROSTER: "bd486ba3d014ba60db797034b48c68f9bd14f010d78ef10cc0c4e9c9ced35485",
    endpoints.ATTENDANCE: "15881e8ab6cd8e2a3191f2b65dd7b9cb63d85ede87e142c850b3d986f0e969ae",
    endpoints.TELCO_CHECK: "a449db126eb2ab6bec6c74a9083f50966d14bea01f5320a2e8c2ce56d38308ae",
    endpoints.VERIFY: "5adcd9f73e51144bf410b705a3fbf7840d8f458e73fe0965c3cbde8e7ec71806",
}


@pytest.mark.parametrize("endpoint", GOLDEN, ids=lambda each: each.path)
def test_golden_signatures(endpoint: Endpoint) -> None:
    assert signature(endpoint, VALUES, SECRET) == GOLDEN[endpoint]


def test_every_endpoint_has_a_known_order() -> None:
    assert set(PAYLOADS) == set(ENDPOINTS)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.path)
def test_signatures_against_openssl(endpoint: Endpoint) -> None:
    asked = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", SECRET.reveal()],
        input=PAYLOADS[endpoint].encode(),
        capture_output=True,
        check=True,
    )
    assert asked.stdout.split()[-1].decode() == signature(endpoint, VALUES, SECRET)


def test_a_signature_is_lower_case_hex_over_utf8() -> None:
    made = signature(endpoints.BALANCE, {"MerchantID": "Ünïcødé kemrut"}, SECRET)
    assert made == "698fcbb92500df5dc58d58f659c0e101ac51127261afba6e5c00b5f3a61375ad"
    assert set(made) <= set(string.hexdigits.lower())


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.path)
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
    by_token = signed_body(endpoints.ATTENDANCE, DEMO_CREDENTIALS, {"uid": "1", "offline_mode": True}, {})
    assert by_token == {
        "access_token": "301-565-660-353/1953",
        "uid": "1",
        "offline_mode": True,
        "signature": signature(endpoints.ATTENDANCE, {"access_token": "301-565-660-353/1953", "uid": "1"}, SECRET),
    }
    by_path = signed_body(endpoints.VERIFY, DEMO_CREDENTIALS, {}, {"ref": "KT677833"})
    assert by_path == {"MerchantID": "kemrut", "signature": GOLDEN[endpoints.VERIFY]}


def test_a_missing_field_cannot_be_signed() -> None:
    with pytest.raises(KeyError):
        signature(endpoints.SEND_SMS, {"phone": "0739000001"}, SECRET)
