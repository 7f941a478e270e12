"""Locks that never turn what was done under them into something else."""

import os
from pathlib import Path

import pytest

from kiosk.kemru import locks

HOLDS = pytest.mark.parametrize("hold", [locks.at_once, locks.waiting])


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@HOLDS
def test_letting_go_never_raises_and_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: object
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    honest, before = os.close, _descriptors()

    def close(descriptor: int) -> None:
        honest(descriptor)
        refuse()

    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(os, "close", close)
    with hold(tmp_path / "lock"):  # type: ignore[operator]
        pass
    monkeypatch.undo()
    assert _descriptors() == before
    with hold(tmp_path / "lock"):  # type: ignore[operator]
        pass


@HOLDS
def test_what_goes_wrong_inside_is_what_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: object) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(LookupError), hold(tmp_path / "lock"):  # type: ignore[operator]
        raise LookupError
