import json
from pathlib import Path
from typing import Any

import pytest

from kiosk.sandbox import DEMO_MERCHANT, SandboxServer
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
