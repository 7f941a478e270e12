import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers import LinkLost
from drivers.emulation.host import Emulator
from drivers.holders import Holder, holders, is_held
from drivers.link import Link
from tests.support.peers import held


def test_nobody_and_nothing(r307: Emulator, tmp_path: Path) -> None:
    # This process has both ends of the line open, and is no rival of itself.
    assert holders(r307.link) == ()
    (tmp_path / "file").touch()
    with (tmp_path / "file").open():
        assert holders(str(tmp_path / "file")) == ()
    assert holders("/dev/nowhere") == holders("socket://127.0.0.1:1") == holders("\0") == ()


@pytest.mark.parametrize("locked", [True, False])
def test_F057_a_holder_by_its_process(r307: Emulator, *, locked: bool) -> None:
    with held(r307.port, locked=locked) as pid:
        [rival] = holders(r307.link)
    assert rival.pid == pid
    assert "python" in rival.name
    assert rival.cure == f"Stop {rival.name} (process {pid})."
    assert holders(r307.link) == ()


def test_the_other_end_of_a_pseudo_terminal_is_no_rival() -> None:
    master, slave = os.openpty()
    port = os.ttyname(slave)
    # It has both ends, as an emulator in a process of its own has.
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(master, slave)) as other:
        os.close(master)
        os.close(slave)
        assert holders(port) == ()
        assert Path(port).exists()
        other.communicate(timeout=20)


@pytest.mark.parametrize(
    ("name", "words"), [("kiosk", "systemctl stop kiosk"), ("ModemManager", "disable --now"), ("agetty", "login shell")]
)
def test_who_is_known_is_told_how_to_let_go(name: str, words: str) -> None:
    assert words in Holder(7, name).cure


def test_F057_held_is_told_from_missing(r307: Emulator, tmp_path: Path) -> None:
    with held(r307.link), pytest.raises(LinkLost) as busy:
        Link(r307.link).open()
    assert is_held(busy.value)
    with pytest.raises(LinkLost) as missing:
        Link(str(tmp_path / "nothing")).open()
    assert not is_held(missing.value)
