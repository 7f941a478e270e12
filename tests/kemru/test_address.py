"""Base URLs: one spelling for one platform, and nothing that is no URL."""

import httpx
import pytest

from kiosk.kemru import AddressRefused, Kemru, Unavailable
from kiosk.kemru.address import checked
from kiosk.sandbox import DEMO_CREDENTIALS

PRODUCTION = "https://kemrut.com/api/v2"


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [
        ("https://kemrut.com/api/v2", PRODUCTION),
        ("HTTPS://Kemrut.COM:443/api/v2/", PRODUCTION),
        ("https://kemrut.com/API/v2//", "https://kemrut.com/API/v2"),
        ("http://Sandbox.kemrut.com:80", "http://sandbox.kemrut.com"),
        ("http://sandbox.kemrut.com:3030/", "http://sandbox.kemrut.com:3030"),
        ("https://kemrut.com:8443", "https://kemrut.com:8443"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://kemrut.com:", "https://kemrut.com"),
    ],
)
def test_one_platform_has_one_spelling(typed: str, spelt: str) -> None:
    assert checked(typed) == spelt
    assert checked(spelt) == spelt


@pytest.mark.parametrize(
    "typed",
    [
        "https://ex\u202eample.com",
        "http://localhost\t:1",
        "http://localhost\n",
        "https://exa mple.com",
        "https://kemrut.com/\udcff",
        "https://kemrut.com/\x7f",
        "https://kemrut.com/" + "a" * 2000,
        "kemrut.com",
        "https://",
        "https://user@kemrut.com",
        "https://kemrut.com/?a=b",
        "https://kemrut.com:99999",
        "ftp://kemrut.com",
        "http://kemrut.com",
        "",
    ],
)
def test_what_is_no_base_url_is_refused(typed: str) -> None:
    with pytest.raises(AddressRefused):
        checked(typed)


@pytest.mark.parametrize(
    "host", ["xn--zzzzzz", "a..b", "a" * 70 + ".com", "-", "256.256.256.256", "%00", "*.x", "ß..ß"]
)
def test_a_host_that_there_cannot_be_is_refused_at_once_or_not_reached(host: str) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no such host {request.url.raw_host!r}")

    def ask() -> None:
        with Kemru(f"https://{host}", DEMO_CREDENTIALS, transport=httpx.MockTransport(nobody)) as kemru:
            kemru.balance()

    with pytest.raises((AddressRefused, Unavailable)):
        ask()


def test_a_host_that_cannot_be_decoded_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(AddressRefused):
        Kemru("https://xn--zzzzzz", DEMO_CREDENTIALS)
