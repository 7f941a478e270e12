"""Fixtures of a sandbox that one session shares, for the `conftest.py` of those who use it."""

from collections.abc import Iterator

import pytest

from kiosk.kemru import Kemru
from kiosk.sandbox import SandboxServer
from tests.support.platform import client, reset, sandbox


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with sandbox(tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@pytest.fixture
def platform(served: SandboxServer) -> SandboxServer:
    """The sandbox with the demo's people and without limits, like new for each test."""
    reset(served)
    return served


@pytest.fixture
def kemru(platform: SandboxServer) -> Iterator[Kemru]:
    """A client of `platform`."""
    with client(platform) as connected:
        yield connected
