import json
from pathlib import Path
from typing import Any

import pytest

from kiosk.sandbox import DEMO_API_KEY, DEMO_MERCHANT, SandboxServer
from tests.support.platform import Hands, ask, sandbox, signed

FIELDS = {"MerchantID": DEMO_MERCHANT, "signature": signed(DEMO_MERCHANT)}


def control(platform: SandboxServer, method: str, path: str, body: object = None) -> Any:
    status, _, answer = ask(platform, method, f"/sandbox/{path}", body, {})
    assert status == 200, answer
    return answer


def test_looking_in_needs_no_key_and_counts_nothing(platform: SandboxServer) -> None:
    assert control(platform, "GET", "ledger") == {"attendance": [], "sms": [], "orders": []}
    assert [each["uid"] for each in control(platform, "GET", "members")] == ["20170", "20171", "20172"]
    assert control(platform, "GET", "conditions") == {
        "per_minute": 0,
        "per_day": 0,
        "balance": "100000.00",
        "pace": 0,
        "online": True,
        "callback_url": "",
    }
    assert control(platform, "GET", "requests")["total"] == 0


def test_a_new_member(platform: SandboxServer) -> None:
    control(platform, "POST", "members", {"uid": "7", "name": "NEEMA ACHIENG", "phone": "+254712000107"})
    control(platform, "POST", "members", {"uid": "7", "name": "NEEMA ACHIENG OUMA"})
    assert [each.name for each in platform.state.people.members() if each.uid == "7"] == ["NEEMA ACHIENG OUMA"]
    platform.state.people.drop_member("7")
    assert all(each.uid != "7" for each in platform.state.people.members())


def test_limits_change_one_by_one(tmp_path: Path) -> None:
    with sandbox(tmp_path, clock=Hands()) as platform:
        assert control(platform, "POST", "conditions", {"per_minute": 2})["per_day"] == 0
        assert control(platform, "POST", "conditions", {"balance": "0"})["per_minute"] == 2
        assert [ask(platform, "POST", "/api-link", FIELDS)[0] for _ in range(3)] == [200, 200, 429]
        assert control(platform, "GET", "requests")["refused"] == 1


def test_faults_by_path_and_count(platform: SandboxServer) -> None:
    control(platform, "POST", "faults", {"kind": "status", "status": 503, "path": "/api-li", "count": 2, "body": "{}"})
    active = control(
        platform, "POST", "faults", {"kind": "status", "status": 502, "path": "/transactions", "body": "{}"}
    )
    assert [each["count"] for each in active] == [2, None]
    assert [ask(platform, "POST", "/api-link", FIELDS)[0] for _ in range(3)] == [503, 503, 200]
    verify = {"MerchantID": DEMO_MERCHANT, "signature": signed("x", DEMO_MERCHANT)}
    assert ask(platform, "GET", "/transactions/x/verify", verify)[0] == 502
    assert control(platform, "POST", "faults", {"kind": "none"}) == []
    assert ask(platform, "GET", "/transactions/x/verify", verify)[2]["status_code"] == "7001"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"kind": "sulk"}),
        ("faults", {"kind": "down", "cuont": 1}),
        ("faults", b"{"),
        ("conditions", {"per_minute": "many"}),
        ("conditions", {"perminute": 1}),
        ("conditions", {"balance": "1e9"}),
        ("conditions", {"pace": -1}),
        ("outcomes", {"code": "4711"}),
        ("outcomes", {"code": "1100"}),
        ("outcomes", {"code": "1105", "chance": 2}),
        ("webhooks", {"url": "http://127.0.0.1/", "events": ["payment.maybe"]}),
        ("faults", {"kind": "code", "code": "4711"}),
        ("faults", {"kind": "status", "charset": "nope"}),
        ("faults", {"kind": "status", "charset": "base64", "body": "x"}),
        ("faults", {"kind": "status", "headers": {"a": "b\r\nc: d"}}),
        ("faults", {"kind": "status", "headers": {"a b": "c"}}),
        ("faults", {"kind": "status", "content_type": "té"}),
        ("faults", {"kind": "status", "status": 99}),
        ("faults", {"kind": "slow", "seconds": -1}),
        ("faults", {"kind": "cut", "at": -1}),
        ("members", {"uid": "1", "name": "A", "bal": 2**63}),
        ("members", {"name": "nobody"}),
        ("members", b""),
    ],
)
def test_mistakes_are_told_and_change_nothing(platform: SandboxServer, path: str, body: object) -> None:
    status, _, answer = ask(platform, "POST", f"/sandbox/{path}", body, {})
    assert status == 400
    assert answer["error"]
    assert platform.faults.active() == []
    assert len(platform.state.people.members()) == 3


def test_the_reprs_hold_no_numbers(platform: SandboxServer) -> None:
    shown = f"{platform.state.people.members()} {platform.state.people.users()}"
    assert "+254" not in shown
    assert json.dumps(control(platform, "GET", "members")).count("+2547") == 3


def test_a_body_without_end_is_not_kept(platform: SandboxServer) -> None:
    status, _, answer = ask(platform, "POST", "/sandbox/members", b" " * 70_000, {})
    assert status == 413
    assert "longer than 65536 bytes" in answer["error"]


def test_an_exchange_that_cannot_be(platform: SandboxServer) -> None:
    assert ask(platform, "GET", f"/sandbox/requests/{10**20}", None, {})[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:3030", "Sec-Fetch-Site": "same-origin"},
        {"Host": "evil.example:3030", "Origin": "http://evil.example:3030"},
    ],
)
def test_a_page_of_another_site_gets_nothing(platform: SandboxServer, headers: dict[str, str]) -> None:
    known = {"Content-Type": "application/json", "apiKey": DEMO_API_KEY}
    status, _, answer = ask(platform, "POST", "/api-link", FIELDS, {**known, **headers})
    assert (status, answer["status_code"]) == (403, "1103")
    assert ask(platform, "GET", "/sandbox/ledger", None, headers)[0] == 403


def test_programs_may_call_it_by_any_name(platform: SandboxServer) -> None:
    headers = {"Content-Type": "application/json", "apiKey": DEMO_API_KEY, "Host": "sandbox.kemrut.com:3030"}
    assert ask(platform, "POST", "/api-link", FIELDS, headers)[0] == 200
