"""Orders against a platform that follows a script, and a disk that fills up."""

from pathlib import Path

import pytest

from kiosk import disk
from kiosk.kemru import (
    EntryState,
    Journal,
    Once,
    Receipt,
    Unavailable,
    UnknownOutcome,
    Verification,
)
from tests.support.orders import Patience, Script

LOST = UnknownOutcome("no answer came")
AWAY = Unavailable("not reached")
MISSING = Verification("", "7001", found=False)
DONE = Verification("Success", "0000", found=True)
FAILED = Verification("Failed", "0000", found=True)
TAKEN = Receipt("0197-sms-1", delivered=True, status="Pending", platform_reference="KT1")
HAD = Receipt("0197-sms-1", delivered=True, duplicate=True)


def state(journal: Journal) -> EntryState:
    (only,) = journal.read().entries
    return only.state


def scripted(journal: Journal, *steps: object, patience: Patience | None = None) -> tuple[Once, Script]:
    script = Script(*steps)
    return Once(script, journal, **(patience or Patience()).options), script  # type: ignore[arg-type]


def breaking(monkeypatch: pytest.MonkeyPatch, working: int) -> None:
    """Let the disk be full after `working` writes."""
    left = [None] * working
    honest = disk.replace

    def replace(path: Path, data: bytes) -> None:
        if not left:
            raise OSError(28, "No space left on device", str(path))
        left.pop()
        honest(path, data)

    monkeypatch.setattr(disk, "replace", replace)
