import json
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.kemru.endpoints import ENDPOINTS
from kiosk.sandbox import DEMO_API_KEY, Limits, SandboxError, SandboxMember, SandboxServer
from kiosk.sandbox.calls import CALLS
from tests.support.platform import ask, client, sandbox, scan, sms

PROGRAM = """
import sys
from pathlib import Path
from kiosk.sandbox import serve
serve(state=Path(sys.argv[1]), demo=True, ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


def test_every_endpoint_is_served() -> None:
    assert set(CALLS) <= set(ENDPOINTS)  # the payments follow


def test_an_outage_keeps_port_state_and_faults(tmp_path: Path) -> None:
    with sandbox(tmp_path) as platform, client(platform) as kemru:
        url = platform.url
        kemru.report(scan())
        platform.fault("html", path="/api-link")
        platform.stop()
        with pytest.raises(ConnectionRefusedError):
            ask(platform, "GET", "/sandbox/ledger")
        platform.stop()
        platform.start()
        assert platform.url == url
        assert kemru.report(scan()).duplicate
        assert len(platform.faults.active()) == 1


def test_state_outlives_the_server(tmp_path: Path) -> None:
    with sandbox(tmp_path, limits=Limits(7, 8)) as platform, client(platform) as kemru:
        kemru.report(scan())
        kemru.send_sms(sms())
        platform.state.people.put_member(SandboxMember("9", "NINTH"))
        platform.state.people.drop_member("20170")
    with SandboxServer(state=tmp_path / "sandbox.db", demo=True) as platform, client(platform) as kemru:
        assert [each.uid for each in kemru.roster().members] == ["20171", "20172", "9"]
        assert kemru.verify(sms().reference).found
        assert platform.state.traffic.limits == Limits(7, 8)
        assert platform.state.wallet.cents == 99_999_00


def test_without_demo_nobody_is_there(tmp_path: Path) -> None:
    with sandbox(tmp_path, demo=False) as platform, client(platform) as kemru:
        assert kemru.roster().members == []


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_the_service_ends_well_when_told(tmp_path: Path, sent: signal.Signals) -> None:
    state = tmp_path / "sandbox.db"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, state], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as idle:
                idle.sendall(
                    f"GET /sandbox/members HTTP/1.1\r\nHost: localhost\r\napiKey: {DEMO_API_KEY}\r\n\r\n".encode()
                )
                heard = b""
                while b"AKINYI" not in heard:
                    piece = idle.recv(65536)
                    assert piece, heard
                    heard += piece
                process.send_signal(sent)
                said, complained = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, said, complained) == (0, "ended\n", "")
    with sqlite3.connect(state) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "", "example.org"])  # noqa: S104  that is the point
def test_it_is_not_shown_to_others_unless_told(tmp_path: Path, host: str) -> None:
    with pytest.raises(SandboxError, match="from elsewhere"):
        SandboxServer(state=tmp_path / "sandbox.db", host=host)


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SandboxError, match="port"):
        SandboxServer(state=tmp_path / "sandbox.db", port=taken.getsockname()[1])


@pytest.mark.parametrize("kind", ["text", "folder", "nowhere"])
def test_a_state_file_of_another_kind_is_told(tmp_path: Path, kind: str) -> None:
    path = {"text": tmp_path / "notes.txt", "folder": tmp_path, "nowhere": tmp_path / "none" / "sandbox.db"}[kind]
    if kind == "text":
        path.write_text("my notes, by no means a database\n" * 100)
    with pytest.raises(SandboxError, match="state"):
        SandboxServer(state=path)
    if kind == "text":
        assert path.read_text().startswith("my notes")


def test_nothing_is_left_open(tmp_path: Path) -> None:
    with sandbox(tmp_path) as platform, client(platform) as kemru:
        kemru.balance()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with sandbox(tmp_path) as platform, client(platform) as kemru:
            kemru.balance()
            platform.stop()
            platform.start()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_an_ipv6_loopback_address(tmp_path: Path) -> None:
    try:
        server = SandboxServer(state=tmp_path / "sandbox.db", host="::1", demo=True)
    except SandboxError:
        pytest.skip("this machine has no IPv6 loopback")
    with server, client(server) as kemru:
        assert server.url.startswith("http://[::1]:")
        assert len(kemru.roster().members) == 3


def test_control_answers_only_this_machine(tmp_path: Path) -> None:
    with sandbox(tmp_path) as platform:
        from starlette.requests import Request  # noqa: PLC0415

        from kiosk.sandbox.local import is_local  # noqa: PLC0415

        assert not is_local(Request({"type": "http", "client": ("192.0.2.1", 5), "headers": [(b"host", b"localhost")]}))
        assert is_local(Request({"type": "http", "client": ("127.0.0.1", 5), "headers": [(b"host", b"localhost")]}))
        assert json.dumps(ask(platform, "GET", "/sandbox/conditions", None, {})[2])
