import fcntl
import os
import struct
import sys
import termios
from pathlib import Path

import pytest

from kiosk.screen.terminal import terminal_size


def test_the_terminal_is_asked_and_one_that_does_not_know_its_size_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    master, slave = os.openpty()
    with os.fdopen(master, "wb"), os.fdopen(slave, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "__stderr__", terminal)
        for rows, columns, size in ((24, 80, (80, 24)), (1, 1, (1, 1)), (0, 0, None), (0, 80, None)):
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            assert terminal_size() == size


def test_no_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w", encoding="utf-8") as file:
        monkeypatch.setattr(sys, "__stderr__", file)
        assert terminal_size() is None
    assert terminal_size() is None, "closed"
    monkeypatch.setattr(sys, "__stderr__", None)
    assert terminal_size() is None
