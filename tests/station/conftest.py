"""A ready station for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.station import Station, station


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Station]:
    with station(tmp_path) as built:
        yield built
