"""What a listener is told: everything once, then only what has changed."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.sandbox import SandboxMember, SandboxServer
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.traffic import KEPT, Exchange
from kiosk.sandbox.view import View
from tests.support.platform import Hands, ask, client, sandbox, scan, sms


def view_of(platform: SandboxServer) -> View:
    made = Platform(platform.state, Hands(), None)  # type: ignore[arg-type]
    made.outcomes = platform.outcomes
    return View(made, platform.faults)


def told(view: View) -> Any:
    news = view.news()
    return None if news is None else json.loads(msgspec.json.encode(news))


def test_everything_once_and_then_only_changes(platform: SandboxServer) -> None:
    view = view_of(platform)
    first = told(view)
    assert first["whole"]
    assert [each["uid"] for each in first["rows"]["members"]["put"]] == ["20170", "20171", "20172"]
    assert set(first["rows"]) == {"requests", "messages", "members", "attendance", "orders", "notices"}
    assert told(view) is None
    with client(platform) as kemru:
        kemru.report(scan())
    news = told(view)
    assert not news["whole"]
    assert {name: len(change["put"]) for name, change in news["rows"].items()} == {"requests": 1, "attendance": 1}
    assert set(news["values"]) == {"counts"}
    platform.state.people.put_member(SandboxMember("20170", "AKINYI O."))
    platform.state.people.drop_member("20172")
    change = told(view)["rows"]
    assert [each["name"] for each in change["members"]["put"]] == ["AKINYI O."]
    assert change["members"]["drop"] == ["20172"]
    platform.fault("slow", seconds=0)
    assert [each["kind"] for each in told(view)["values"]["faults"]] == ["slow"]
    platform.state.clear()
    platform.populate()
    gone = told(view)["rows"]
    assert (gone["requests"]["drop"], gone["requests"]["put"]) == ([1], [])


def test_messages_and_orders_are_apart_and_a_line_says_how_the_check_went(platform: SandboxServer) -> None:
    view = view_of(platform)
    with client(platform) as kemru:
        kemru.send_sms(sms())
    rows = told(view)["rows"]
    assert [each["fields"]["message"] for each in rows["messages"]["put"]] == ["AKINYI arrived at 07:58"]
    assert rows["orders"]["put"] == []
    assert [(each["genuine"], each["code"]) for each in rows["requests"]["put"]] == [(True, "200")]
    ask(platform, "POST", "/api-link", {"MerchantID": "kemrut", "signature": "x"})
    [line] = told(view)["rows"]["requests"]["put"]
    assert (line["genuine"], line["meaning"], line["silent"]) == (False, "Signature mismatch.", False)


def test_the_oldest_requests_go_and_a_state_that_was_cleared_begins_anew(platform: SandboxServer) -> None:
    view = view_of(platform)
    keep = platform.state.traffic.keep
    with platform.state.change():
        for number in range(KEPT):
            keep(Exchange(float(number), "GET", "/", "balance"))
    assert len(told(view)["rows"]["requests"]["put"]) == KEPT
    keep(Exchange(5.0, "GET", "/", "balance"))
    change = told(view)["rows"]["requests"]
    assert (len(change["put"]), change["drop"]) == (1, [1])
    platform.state.clear()
    with platform.state.change():
        for number in range(KEPT + 1):
            keep(Exchange(1000.0 + number, "GET", "/", "balance"))
    change = told(view)["rows"]["requests"]
    assert (len(change["put"]), len(change["drop"])) == (KEPT, KEPT)


def test_the_page_and_its_news_are_for_this_machine_and_this_page_only(platform: SandboxServer) -> None:
    host = platform.url.removeprefix("http://")
    for path in ("/sandbox/view", "/sandbox/choices", "/sandbox/members", "/sandbox/conditions"):
        assert ask(platform, "GET", path, None, {})[0] == 200
        assert ask(platform, "GET", path, None, {"Origin": platform.url})[0] == 200
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "", "http://[::1"):
            assert ask(platform, "GET", path, None, {"Origin": origin})[0] == 403, origin
        for rebound in ({"Origin": "http://evil.example"}, {}):
            assert ask(platform, "GET", path, None, {"Host": "evil.example", **rebound})[0] == 403
        for name in ("localhost", host, "127.0.0.1"):
            assert ask(platform, "GET", path, None, {"Host": name})[0] == 200
    assert ask(platform, "POST", "/sandbox/ussd", {}, {"Origin": "http://evil.example", "Host": host})[0] == 403


def test_parts_of_the_page_that_are_not_there(platform: SandboxServer) -> None:
    for path in ("/sandbox/page/nothing.js", "/sandbox/page/..", "/sandbox/requests/77"):
        assert ask(platform, "GET", path, None, {})[0] == 404


def test_everything_is_served_with_a_strict_policy(platform: SandboxServer) -> None:
    connection = http.client.HTTPConnection(platform.url.removeprefix("http://"), timeout=10)
    for path, kind in (
        ("/", "text/html"),
        ("/sandbox/page/page.js", "text/javascript"),
        ("/sandbox/page/page.css", "text/css"),
    ):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.headers["Content-Type"].startswith(kind)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "'unsafe" not in answer.headers["Content-Security-Policy"]
        assert "://" not in body.replace("http://127.0.0.1:8000/", "").replace("http://www.w3.org/2000/svg", "")
    connection.close()


def test_no_text_can_become_markup() -> None:
    folder = Path(__file__).parents[2] / "kiosk" / "sandbox" / "page"
    for script in folder.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser", "srcdoc"):
            assert way not in text, script


@pytest.mark.timeout(20)
def test_a_listener_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with sandbox(tmp_path) as platform:
        host, port = platform.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(b"GET /sandbox/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            heard = b""
            while b"AKINYI" not in heard:
                heard += line.recv(65536)
            platform.stop()
            rest = line.recv(65536)
            while piece := line.recv(65536):
                rest += piece
        assert rest.endswith(b"0\r\n\r\n"), "the stream is ended, not torn off"
