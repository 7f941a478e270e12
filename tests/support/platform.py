"""A real sandbox on a loopback port, and a real client for it.

def test_something(tmp_path):
    with sandbox(tmp_path) as platform, client(platform) as kemru:
        assert kemru.roster().members
"""

import hashlib
import hmac
import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.kemru import Kemru, ScanReport, Sms
from kiosk.models import Direction
from kiosk.sandbox import DEMO_API_KEY, DEMO_CREDENTIALS, DEMO_SECRET, Conditions, Limits, SandboxServer

UNLIMITED = Limits(per_minute=0, per_day=0)

START = 1_795_417_200.0
"""Ten in the morning of 23 November 2026 in Nairobi."""


class Hands:
    """A clock that a test moves by hand: seconds since 1970."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@contextmanager
def sandbox(
    tmp_path: Path, *, limits: Limits = UNLIMITED, clock: Callable[[], float] | None = None, demo: bool = True
) -> Iterator[SandboxServer]:
    """Serve a sandbox with the demo's people, without limits unless told, whose orders end at once; its state is `tmp_path`/sandbox.db."""
    options: dict[str, Any] = {} if clock is None else {"clock": clock}
    held = Conditions(per_minute=limits.per_minute, per_day=limits.per_day, pace=0)
    with SandboxServer(state=tmp_path / "sandbox.db", demo=demo, conditions=held, **options) as server:
        yield server


def client(platform: SandboxServer, **options: Any) -> Kemru:
    """A client of `platform` with its demo credentials; close it, or use it as a context manager."""
    return Kemru(platform.url, DEMO_CREDENTIALS, **({"deadline": 10.0} | options))


def scan(reference: str = "0197-scan-1", uid: str = "20170", **changes: Any) -> ScanReport:
    """A scan of a demo member."""
    facts: dict[str, Any] = {"time": "2026-11-23T07:58:10.250+03:00", "direction": Direction.IN, "device": "gate"}
    return ScanReport(uid=uid, reference=reference, **(facts | changes))


def sms(reference: str = "0197-sms-1", **changes: Any) -> Sms:
    """An alert to a demo member's parent."""
    facts: dict[str, Any] = {"phone": "+254711000101", "otp": "4823", "message": "AKINYI arrived at 07:58"}
    return Sms(reference=reference, **(facts | changes))


def reset(server: SandboxServer) -> None:
    """Make a served sandbox like new."""
    server.fault("none")
    server.outcomes.clear()
    server.state.clear()
    server.populate()
    server.state.transactions.pace = 0
    server.state.traffic.limits = UNLIMITED


def signed(*payload: str) -> str:
    """The signature over `payload` for the demo merchant, made without the product's own code."""
    return hmac.new(DEMO_SECRET.encode(), "".join(payload).encode(), hashlib.sha256).hexdigest()


def ask(
    platform: SandboxServer, method: str, target: str, fields: object = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Any]:
    """One request on a connection of its own, by the standard library: status, headers in lower case, decoded JSON."""
    standard = {"Content-Type": "application/json", "apiKey": DEMO_API_KEY}
    body = b"" if fields is None else fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    connection = http.client.HTTPConnection(platform.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, target, body or None, standard if headers is None else headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(answer.read())
    finally:
        connection.close()
