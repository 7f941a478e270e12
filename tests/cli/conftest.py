import os
from pathlib import Path

import pytest

from kiosk.sandbox import DEMO_ACCESS_TOKEN, DEMO_API_KEY, DEMO_MERCHANT, DEMO_SECRET, SandboxServer
from tests.support.served import platform, served

__all__ = ["account", "platform", "served"]


@pytest.fixture
def account(platform: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    """The sandbox, and an environment that says whose account it is; orders are written down in `tmp_path`/orders."""
    for name in [each for each in os.environ if each.startswith(("KEMRU_", "KIOSK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    known = {
        "KEMRU_URL": platform.url,
        "KEMRU_MERCHANT_ID": DEMO_MERCHANT,
        "KEMRU_API_KEY": DEMO_API_KEY,
        "KEMRU_SECRET": DEMO_SECRET,
        "KEMRU_ACCESS_TOKEN": DEMO_ACCESS_TOKEN,
        "KIOSK_ORDERS": str(tmp_path / "orders"),
    }
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    return platform
