"""A ready station for each test, and devices that are not the machine's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.station import Station, station


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Station]:
    with station(tmp_path) as built:
        yield built


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that this process sees as /dev."""
    folder = tmp_path / "dev"
    folder.mkdir()
    monkeypatch.setenv("KIOSK_DEV", str(folder))
    return folder
