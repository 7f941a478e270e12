import json
import re
import subprocess
import sys
import threading
import traceback

import httpx
import msgspec
import pytest

from kiosk.errors import Exit
from kiosk.kemru import AddressRefused, Kemru, KemruError, Unauthorised, UnknownOutcome
from kiosk.kemru.messages import Credentials
from kiosk.sandbox import DEMO_ACCESS_TOKEN, DEMO_API_KEY, DEMO_CREDENTIALS, DEMO_SECRET, SandboxServer
from kiosk.secret import Secret
from tests.support.answers import Sent
from tests.support.platform import client, scan, sms

FORBIDDEN = re.compile(
    "|".join(map(re.escape, (DEMO_API_KEY, DEMO_SECRET, DEMO_ACCESS_TOKEN, "711000101", "301-565-660-353%2F1953")))
)


def everything_shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + str(error) + repr(vars(error))


@pytest.mark.parametrize("parameters", ["body", "query"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "down"},
        {"kind": "cut", "at": 30},
        {"kind": "html"},
        {"kind": "mistyped"},
        {"kind": "other_reference"},
        {"kind": "status", "status": 302, "headers": {"location": f"http://x/?{DEMO_API_KEY}"}},
        {"kind": "status", "status": 500, "body": f'{{"message": "{DEMO_SECRET}"}}'},
        {"kind": "status", "status": 400, "body": f'{{"status_code": "{DEMO_API_KEY}"}}'},
        {"kind": "status", "status": 200, "body": '{"status_code": "0000", "reference": "+254711000101"}'},
        {"kind": "status", "status": 200, "body": '[{"emp_name": "x", "id": "1", "phone": "0711000101x"}]'},
    ],
    ids=lambda fault: fault["kind"],
)
def test_no_error_shows_a_secret_or_a_number(
    platform: SandboxServer, parameters: str, fault: dict[str, object]
) -> None:
    platform.fault(**fault)
    with client(platform, get_parameters=parameters) as kemru:
        for call in (lambda: kemru.report(scan()), lambda: kemru.send_sms(sms()), lambda: kemru.member("20170")):
            with pytest.raises(KemruError) as caught:
                call()
            assert not FORBIDDEN.search(everything_shown(caught.value))


def test_a_server_that_echoes_what_it_got() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError(f"illegal status line: {request.headers} {request.content!r}")

    with Kemru("http://127.0.0.1:9", DEMO_CREDENTIALS, transport=httpx.MockTransport(echo)) as kemru:
        with pytest.raises(KemruError) as caught:
            kemru.send_sms(sms())
        assert not FORBIDDEN.search(everything_shown(caught.value))


@pytest.mark.parametrize("place", ["https://xn--/", "https:///x", "http://[::1", "http://a:99999999/", "\x7f"])
def test_an_address_that_is_none_to_go_on_to(place: str) -> None:
    """httpx stumbles over some of them even where it is told not to follow."""
    answer = Sent(302, [(b"location", place.encode())], b"")
    transport = httpx.MockTransport(lambda _request: answer.response())
    with Kemru("http://127.0.0.1:9", DEMO_CREDENTIALS, transport=transport) as kemru:
        with pytest.raises(UnknownOutcome) as caught:
            kemru.balance()
        assert caught.value.http_status == 302


def test_nothing_prints_a_secret(kemru: Kemru) -> None:
    shown = f"{kemru!r} {DEMO_CREDENTIALS!r} {sms()!r} {kemru.user('717445')!r}"
    assert not FORBIDDEN.search(shown)
    assert "720000100" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "http://kemrut.com/api/v2",
        "http://10.0.0.1:3030",
        "http://sandbox.kemrut.com.evil.example",
        "http://127.0.0.1.evil.example",
        "http://[2001:db8::1]/",
        "ftp://localhost/",
        "https://user:pass@kemrut.com/",
        "https://kemrut.com/?x=1",
        "https://kemrut.com/#x",
        "https://",
        "http://[::1",
        "https://kemrut.com:port/",
        "kemrut.com",
        "",
    ],
)
def test_addresses_that_may_not_be_used(url: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        Kemru(url, DEMO_CREDENTIALS)
    assert caught.value.exit_code is Exit.CONFIG
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://kemrut.com/api/v2/",
        "http://sandbox.kemrut.com:3030",
        "http://localhost:1",
        "http://127.0.0.2:1",
        "http://[::1]:1",
    ],
)
def test_addresses_that_may_be_used(url: str) -> None:
    with Kemru(url, DEMO_CREDENTIALS) as kemru:
        assert repr(kemru) == f"Kemru({url.rstrip('/')!r})"


@pytest.mark.parametrize("key", ["", "key\n", "kéy", "a\r\nHost: evil", " xkcd", "\x00"])
def test_F090_a_key_that_cannot_travel(key: str) -> None:
    credentials = Credentials("kemrut", Secret(key), Secret("s"), Secret("t"))
    with pytest.raises(Unauthorised) as caught:
        Kemru("http://127.0.0.1:9", credentials)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("name", ["secret", "access_token", "merchant_id"])
def test_an_account_that_is_not_unicode_is_the_account_s_fault(name: str) -> None:
    byte = "half \udcff"
    changed = {name: byte if name == "merchant_id" else Secret(byte)}
    credentials = msgspec.structs.replace(DEMO_CREDENTIALS, **changed)
    with Kemru("http://127.0.0.1:9", credentials) as kemru, pytest.raises(Unauthorised) as caught:
        kemru.roster() if name == "access_token" else kemru.balance()
    assert name.replace("_", " ") in str(caught.value)
    assert "half" not in str(caught.value)


def test_cookies_are_forgotten(platform: SandboxServer, kemru: Kemru) -> None:
    platform.fault(
        "status", status=200, body='{"status_code": 200, "balance": 1}', headers={"set-cookie": "track=me; Path=/"}
    )
    kemru.balance()
    assert not list(kemru._exchange._client.cookies.jar)


def test_the_http_library_is_loaded_by_the_first_client_and_lean() -> None:
    program = """
import json, sys
import kiosk.kemru
before = [name for name in ("httpx", "httpcore", "ssl", "asyncio") if name in sys.modules]
from kiosk.kemru import Credentials, Kemru
from kiosk.secret import Secret
Kemru("http://127.0.0.1:9", Credentials("m", Secret("k"), Secret("s"), Secret("t"))).close()
import httpx
after = [name for name in ("rich", "pygments", "click", "httpx._main", "asyncio", "textual") if name in sys.modules]
print(json.dumps([before, after, "httpx" in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [[], [], True]


def test_threads_with_a_client_each_do_not_disturb_one_another(platform: SandboxServer) -> None:
    def work(number: int) -> None:
        with client(platform) as own:
            for turn in range(5):
                assert own.report(scan(f"t{number}-{turn}")).delivered

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(platform.state.ledger()["attendance"]) == 40
