from collections.abc import Iterator

import pytest

from kiosk.sandbox import SandboxServer
from tests.support.platform import reset, sandbox


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with sandbox(tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@pytest.fixture
def platform(_served: SandboxServer) -> SandboxServer:
    """The sandbox with the demo's people and without limits, like new for each test."""
    reset(_served)
    return _served
