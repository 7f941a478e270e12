from pathlib import Path

import pytest

from kiosk.kemru import Journal
from tests.support.served import kemru, platform, served

__all__ = ["journal", "kemru", "platform", "served"]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "orders")
