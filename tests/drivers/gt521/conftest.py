from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.emulation.host import Emulator
from drivers.gt521.scanner import Gt521Scanner
from tests.support.gt521 import emulated, opened


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with emulated("gt511c3", tmp_path) as emulator:
        yield emulator


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Emulator]:
    with emulated("gt521f52", tmp_path) as emulator:
        yield emulator


@pytest.fixture
def scanner(emulator: Emulator) -> Iterator[Gt521Scanner]:
    with opened(emulator) as scanner:
        yield scanner
