import socket
import time
from typing import Any

import httpcore
import pytest

from kiosk.kemru import Kemru, Unavailable, deadline
from kiosk.kemru.deadline import DeadlineBackend
from kiosk.sandbox import DEMO_CREDENTIALS, SandboxServer


def resolve_to(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    monkeypatch.setattr(deadline, "_addresses", lambda _host, _port: list(found))


class Silent(httpcore.SyncBackend):
    """Connecting to 192.0.2.x (never assigned) takes as long as it may, without any packet leaving this machine."""

    def __init__(self) -> None:
        self.shares: list[float] = []

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *rest: Any) -> httpcore.NetworkStream:
        if host.startswith("192.0.2."):
            assert timeout is not None
            self.shares.append(timeout)
            raise httpcore.ConnectTimeout
        return super().connect_tcp(host, port, timeout, *rest)


def test_F074_an_unknown_name_did_not_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        Kemru("https://kemrut.com/api/v2", DEMO_CREDENTIALS) as kemru,
        pytest.raises(Unavailable, match="name was not found"),
    ):
        kemru.balance()


def test_F074_an_address_that_swallows_packets_leaves_time_for_the_next(
    platform: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = DeadlineBackend()
    silent = Silent()
    monkeypatch.setattr(backend, "_inner", silent)
    resolve_to(monkeypatch, "192.0.2.1", "192.0.2.2", "127.0.0.1")
    with backend.within(9.0):
        backend.connect_tcp("kemrut.com", int(platform.url.rpartition(":")[2])).close()
    assert silent.shares[0] == pytest.approx(3.0, abs=0.5)


def test_F074_no_address_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = DeadlineBackend()
    monkeypatch.setattr(backend, "_inner", Silent())
    resolve_to(monkeypatch, "192.0.2.1", "192.0.2.2")
    with backend.within(9.0), pytest.raises(httpcore.ConnectTimeout):
        backend.connect_tcp("kemrut.com", 443)


def test_nothing_goes_on_the_wire_after_or_outside_a_deadline() -> None:
    backend = DeadlineBackend()
    with socket.create_server(("127.0.0.1", 0)) as server:
        with backend.within(5.0):
            stream = backend.connect_tcp("127.0.0.1", server.getsockname()[1])
        with pytest.raises(httpcore.ReadTimeout):
            stream.read(1)
        with backend.within(0.0), pytest.raises(httpcore.WriteTimeout):
            stream.write(b"x")
        with backend.within(0.05):
            begun = time.monotonic()
            with pytest.raises(httpcore.ReadTimeout):
                stream.read(1, timeout=60)
        assert time.monotonic() - begun < 5
        stream.close()
