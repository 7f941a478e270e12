"""The command line: plain words, exit codes by kind, tables that nothing in a name can disturb."""

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.cli.common import print_table
from kiosk.errors import Exit
from tests.support.daemon_double import DaemonDouble


def code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_wrong_usage_is_64(capsys: pytest.CaptureFixture[str]) -> None:
    assert code("status", "--nonsense") == Exit.USAGE
    assert code("nonsense") == Exit.USAGE
    assert "No such command" in capsys.readouterr().err


def test_nobody_there_is_69_with_a_cure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code("status", "--socket", str(tmp_path / "none")) == Exit.UNAVAILABLE
    shown = capsys.readouterr().err
    assert "no kiosk daemon at" in shown
    assert "systemctl start kiosk" in shown


def test_F089_a_wrong_configuration_is_78_with_every_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text('[sit]\nname = "x"\n[[station]]\nscanner = 5\n')
    assert code("config", "check", str(path)) == Exit.CONFIG
    shown = capsys.readouterr().err
    assert f'{path}:1: sit: is unknown; did you mean "site"?' in shown
    assert f"{path}:4: station.0.scanner: expected str, got int" in shown
    assert code("run", "--config", str(path)) == Exit.CONFIG


def test_a_good_configuration_is_said_to_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text('[site]\nname = "School"\n[[station]]\nscanner = "/dev/x"\n')
    main(["config", "check", str(path)])
    assert "good. School: main on /dev/x" in capsys.readouterr().out


def test_a_socket_that_was_left_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with DaemonDouble(tmp_path / "sock"):
        pass  # a socket that was left behind by a daemon that is gone
    assert code("status", "--socket", str(tmp_path / "sock")) == Exit.UNAVAILABLE
    assert "Traceback" not in capsys.readouterr().err


def test_an_unknown_emulator_names_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code("emulate", "r9000", "--link", str(tmp_path / "scanner")) == Exit.UNAVAILABLE
    assert "r307" in capsys.readouterr().err


def test_a_finger_without_an_emulator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code("finger", "lift", "--at", str(tmp_path / "scanner")) == Exit.UNAVAILABLE
    assert "Traceback" not in capsys.readouterr().err


def test_T001_a_name_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME",), [("\x1b[2Jevil\r\n\u202egnp",)])
    assert not set(capsys.readouterr().out) & {"\x1b", "\r", "\u202e"}


@pytest.mark.parametrize("forbidden", ["textual", "httpx", "sqlite3", "drivers.zfm", "starlette"])
def test_the_command_line_loads_only_what_it_needs(forbidden: str) -> None:
    script = f"import sys, kiosk.cli, kiosk.cli.look; sys.exit({forbidden!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=30).returncode == 0


def test_the_demo_needs_a_terminal_or_headless() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "kiosk", "demo"], capture_output=True, text=True, timeout=30, check=False
    )
    assert shown.returncode == Exit.USAGE
    assert "--headless" in shown.stderr
