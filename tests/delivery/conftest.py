"""A store with members and punches, a real sandbox on loopback, and lanes between them on a clock that waits for nobody."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.clock import FakeClock
from kiosk.delivery.attendance import AttendanceCourier
from kiosk.delivery.backoff import Backoff
from kiosk.delivery.budget import Budget
from kiosk.delivery.lane import DeliveryLane
from kiosk.delivery.sms import SmsCourier
from kiosk.kemru import Kemru
from kiosk.models import Lane
from kiosk.sandbox import SandboxServer
from kiosk.store import Store
from tests.support.delivery import Bench
from tests.support.platform import client, sandbox


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "kiosk.db")
    yield opened
    opened.close()


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[SandboxServer]:
    with sandbox(tmp_path) as server:
        yield server


@pytest.fixture
def kemru(platform: SandboxServer) -> Iterator[Kemru]:
    with client(platform, deadline=5.0) as opened:
        yield opened


@pytest.fixture
def bench(store: Store, clock: FakeClock, kemru: Kemru, platform: SandboxServer) -> Bench:
    budget = Budget(store, per_minute=0, per_day=0)
    lanes = {
        courier.lane: DeliveryLane(courier, store, clock, budget, backoff=Backoff(random.Random(1)))
        for courier in (AttendanceCourier(kemru), SmsCourier(kemru))
    }
    return Bench(store, clock, platform, lanes[Lane.ATTENDANCE], lanes[Lane.SMS])
