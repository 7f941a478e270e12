"""The control socket, both ends over a real unix socket: answers, errors, events, hostile clients."""

import contextlib
import json
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from kiosk.control import protocol
from kiosk.control.client import ControlClient
from kiosk.control.protocol import Code, ControlError, DaemonGoneError
from kiosk.control.server import MAX_CLIENTS, ControlServer, Method, Nothing, _Client
from kiosk.models import ClockState, FingerName
from kiosk.views import EnrolProgress, ScanKind, ScanResult, Status

STATUS = Status(
    site="s",
    version="0",
    pid=1,
    now="2026-01-01T00:00:00+03:00",
    clock=ClockState.SYNCED,
    storage="ok",
    members=0,
    fingers=0,
    punches_today=0,
    stations=[],
    lanes=[],
)
SCAN = ScanResult(kind=ScanKind.WELCOME, station="main", at="2026-01-01T08:00:00+03:00", name="Amina")


class Echo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


def refuse(_: Nothing) -> object:
    raise ControlError("not today", code=Code.NOT_FOUND)


METHODS = {
    "status": Method(Nothing, lambda _: STATUS),
    "echo": Method(Echo, lambda params: params.text),
    "refuse": Method(Nothing, refuse),
    "bug": Method(Nothing, lambda _: 1 / 0),
    "secret": Method(Nothing, lambda _: "for operators", operator=True),
}


class Running:
    def __init__(self, path: Path, methods: Mapping[str, Method] = METHODS) -> None:
        self.path = path
        self.server = ControlServer(path, methods, greet=lambda: STATUS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.server.step(5.0)

    def close(self) -> None:
        if self._stop.is_set():
            return
        self._stop.set()
        self.server.wake()
        self._thread.join(5)
        self.server.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    server = Running(tmp_path / "run" / "control.sock")
    yield server
    server.close()


def test_calls_are_answered(running: Running) -> None:
    with ControlClient(running.path) as kiosk:
        assert kiosk.status() == STATUS
        assert kiosk.ask(str, "echo", text="Njoroge ☺") == "Njoroge ☺"


def test_the_socket_is_private(running: Running) -> None:
    assert running.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("method", "params", "code", "words"),
    [
        ("nonsense", {}, Code.UNKNOWN_METHOD, "known are bug, echo"),
        ("echo", {"text": 5}, Code.INVALID_PARAMS, "Expected `str`"),
        ("echo", {"texxt": "x"}, Code.INVALID_PARAMS, "texxt"),
        ("refuse", {}, Code.NOT_FOUND, "not today"),
        ("bug", {}, Code.INTERNAL, "internal error"),
    ],
)
def test_refusals_carry_a_code_and_the_connection_lives_on(
    running: Running, method: str, params: dict[str, object], code: Code, words: str
) -> None:
    with ControlClient(running.path) as kiosk:
        with pytest.raises(ControlError, match=words) as caught:
            kiosk.call(method, **params)
        assert caught.value.code is code
        assert kiosk.ask(str, "echo", text="still here") == "still here"


def test_watchers_are_greeted_and_hear_every_event(running: Running) -> None:
    progress = EnrolProgress(enrolment="1", member_uid="2", finger=FingerName.LEFT_THUMB, step="place")
    with ControlClient(running.path) as kiosk:
        events = kiosk.watch()
        assert next(events) == STATUS
        running.server.publish(SCAN)
        running.server.publish(progress)
        assert [next(events), next(events)] == [SCAN, progress]
        assert kiosk.ask(str, "echo", text="in between") == "in between"


def test_an_observer_may_only_look(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.control.server.uid_of", lambda _: os.getuid() + 4711)
    with ControlClient(running.path) as kiosk:
        assert kiosk.status() == STATUS
        with pytest.raises(ControlError, match="only root") as caught:
            kiosk.call("secret")
        assert caught.value.code is Code.FORBIDDEN


def raw(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(str(path))
    return connection


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"hello\n", Code.PARSE),
        (b"[1,2]\n", Code.PARSE),
        (b'{"jsonrpc":"1.0","id":1,"method":"status"}\n', Code.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1}\n', Code.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":5}\n', Code.PARSE),
        (b"\xff\xfe\x00\n", Code.PARSE),
        (b'{"jsonrpc":"2.0","id":"\xff","method":"status"}\n', Code.PARSE),
        (b"[" * 100_000 + b"\n", Code.PARSE),
    ],
)
def test_lines_that_are_no_requests(running: Running, line: bytes, code: Code) -> None:
    with raw(running.path) as connection:
        connection.sendall(line)
        answer = json.loads(connection.makefile("rb").readline())
    assert answer["error"]["code"] == code


def test_requests_may_come_in_pieces_or_together(running: Running) -> None:
    lines = b"".join(protocol.request(number, "echo", {"text": str(number)}) for number in range(3))
    with raw(running.path) as connection:
        for byte in lines[:40]:
            connection.sendall(bytes([byte]))
        connection.sendall(lines[40:])
        reader = connection.makefile("rb")
        assert [json.loads(reader.readline())["result"] for _ in range(3)] == ["0", "1", "2"]


def test_an_endless_line_is_hung_up_on_and_nobody_else_notices(running: Running) -> None:
    with raw(running.path) as flood, ControlClient(running.path) as kiosk:
        assert refused_after(flood) < 200
        assert kiosk.status() == STATUS


def refused_after(flood: socket.socket) -> int:
    """Send a line without end; returns after how many pieces of 64 KiB the server hung up."""
    for pieces in range(200):
        try:
            flood.sendall(b"x" * 65536)
        except OSError:
            return pieces
    return 200


def test_a_watcher_that_does_not_read_is_hung_up_on(running: Running) -> None:
    big = msgspec.structs.replace(SCAN, name="x" * 500_000)
    with raw(running.path) as sleeper, ControlClient(running.path) as kiosk:
        sleeper.sendall(protocol.request(1, "watch", {}))
        events = kiosk.watch()
        next(events)
        for _ in range(30):
            running.server.publish(big)
            assert next(events) == big
        received = 0
        while piece := sleeper.recv(1 << 20):
            received += len(piece)
        assert received < 30 * 500_000


def test_too_many_clients_are_turned_away(running: Running) -> None:
    with ControlClient(running.path) as first:
        first.status()
        with contextlib.ExitStack() as crowd:
            connections = [crowd.enter_context(raw(running.path)) for _ in range(MAX_CLIENTS)]
            assert connections[-1].recv(1) == b""
            assert first.status() == STATUS


def test_nobody_there(tmp_path: Path) -> None:
    with (
        ControlClient(tmp_path / "none.sock") as kiosk,
        pytest.raises(DaemonGoneError, match="no kiosk daemon") as caught,
    ):
        kiosk.status()
    assert caught.value.exit_code == 69


def test_a_daemon_that_goes_away_ends_the_watch(running: Running) -> None:
    with ControlClient(running.path) as kiosk:
        events = kiosk.watch()
        next(events)
        running.close()
        with pytest.raises(DaemonGoneError):
            next(events)


def test_a_daemon_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "mute"))
        mute.listen(1)
        with (
            ControlClient(tmp_path / "mute", timeout=0.05) as kiosk,
            pytest.raises(DaemonGoneError, match="did not answer"),
        ):
            kiosk.status()


def test_F088_a_client_that_cannot_be_accepted_does_not_make_the_server_spin(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = ControlServer(tmp_path / "control.sock", METHODS, greet=lambda: STATUS)
    try:
        with raw(tmp_path / "control.sock") as client:
            few, many = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, many))
            try:
                begun = time.monotonic()
                for _ in range(6):
                    server.step(0.05)
                waited = time.monotonic() - begun
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (few, many))
            assert "could not accept" in caplog.text
            assert waited > 0.1
            client.sendall(protocol.request(1, "status", {}))
            for _ in range(4):
                server.step(0.05)
            assert b'"result"' in client.recv(4096)
    finally:
        server.close()


def test_T004_a_long_line_that_comes_in_drops_costs_no_more_than_its_length() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.setblocking(False)
        client = _Client(there, operator=False)
        here.setblocking(False)
        for _ in range(15):
            here.send(b"x" * 65_536)
            assert client.lines() == []
        begun = time.process_time()
        for _ in range(2000):
            here.send(b"x")
            assert client.lines() == []
        assert time.process_time() - begun < 0.1  # searching all of it for each byte takes ten times that
        here.send(b"\nshort\n")
        first, second = client.lines()
        assert (len(first), second) == (15 * 65_536 + 2000, b"short")


def test_F086_a_socket_that_somebody_answers_on_is_not_taken_away(running: Running) -> None:
    with pytest.raises(ControlError, match="another daemon is listening"):
        ControlServer(running.path, METHODS, greet=lambda: STATUS)
    with ControlClient(running.path) as kiosk:
        assert kiosk.status() == STATUS


def test_what_is_no_text_cannot_be_asked_for(running: Running) -> None:
    with ControlClient(running.path) as kiosk, pytest.raises(ControlError, match="not UTF-8"):
        kiosk.call("echo", text="\udcff")


def test_an_answer_of_another_version_is_said_to_be_one(running: Running) -> None:
    with ControlClient(running.path) as kiosk, pytest.raises(ControlError, match="of another version"):
        kiosk.ask(Status, "echo", text="x")
    with pytest.raises(ControlError, match="of another version"):
        protocol.read_event(protocol.Incoming(method="scan", params={"kind": "unheard of"}))


def test_I014_a_slow_method_keeps_nobody_waiting(tmp_path: Path) -> None:
    release = threading.Event()
    methods = METHODS | {
        "slow": Method(Nothing, lambda _: release.wait(10), slow="reports"),
        "report": Method(Nothing, lambda _: True, slow="reports"),
        "punch": Method(Nothing, lambda _: True, slow="punches"),
    }
    served = Running(tmp_path / "control.sock", methods)
    try:
        with raw(served.path) as patient, ControlClient(served.path) as other:
            patient.sendall(protocol.request(7, "slow", {}))
            assert other.status() == STATUS
            with pytest.raises(ControlError, match="still being worked on"):
                other.call("slow")
            with pytest.raises(ControlError, match="still being worked on"):
                other.call("report")
            assert other.ask(bool, "punch"), "another lane"
            release.set()
            assert json.loads(patient.makefile("rb").readline()) == {"jsonrpc": "2.0", "id": 7, "result": True}
            assert other.ask(bool, "slow")
    finally:
        release.set()
        served.close()


def test_whoever_hangs_up_on_a_slow_method_is_forgotten(tmp_path: Path) -> None:
    release, begun = threading.Event(), threading.Event()
    methods = METHODS | {"slow": Method(Nothing, lambda _: begun.set() or release.wait(10), slow="reports")}
    served = Running(tmp_path / "control.sock", methods)
    try:
        with raw(served.path) as hasty:
            hasty.sendall(protocol.request(1, "slow", {}))
            assert begun.wait(5)
        with ControlClient(served.path) as kiosk:
            assert kiosk.status() == STATUS
            release.set()
            assert kiosk.status() == STATUS
    finally:
        release.set()
        served.close()
