"""`kiosk scanner probe` and `diagnose`: tables, exit codes, and a cure for whoever reads them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.emulation.host import Emulator
from drivers.waveshare.commands import ADD_MODE
from kiosk.cli import main
from kiosk.errors import Exit
from tests.support.peers import held
from tests.support.scanners import emulated
from tests.support.zfm import flash_of, guarded


def code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["scanner", *arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def r503(tmp_path: Path) -> Iterator[Emulator]:
    with emulated("r503", tmp_path) as emulator:
        yield emulator


def test_probe_tells_what_it_found(r503: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    main(["scanner", "probe", r503.link])
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["PORT", "FAMILY", "MODEL", "DIALECT", "BAUD", "SLOTS", "SERIAL"]
    cells = row.split()
    assert cells[:6] == [r503.link, "zfm", "R503", "grow", "57600", "200"]
    assert len(cells[6]) == 16


def test_probe_for_programs(r503: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    main(["scanner", "probe", r503.link, "--json"])
    [row] = json.loads(capsys.readouterr().out)
    assert (row["port"], row["model"], row["slots"], row["trouble"]) == (r503.link, "R503", 200, None)


def test_probe_without_any_port_says_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KIOSK_DEV", str(tmp_path))
    assert code("probe") == Exit.UNAVAILABLE
    shown = capsys.readouterr()
    assert "this machine has none" in shown.err
    assert "raspi-config" in shown.err
    assert code("probe", "--json") == Exit.UNAVAILABLE
    assert json.loads(capsys.readouterr().out) == []


def test_F057_probe_lists_a_port_that_is_held(r503: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    with held(r503.link) as pid:
        assert code("probe", r503.link) == Exit.UNAVAILABLE
    shown = capsys.readouterr()
    assert f"{r503.link}: cannot open" in shown.err
    assert f"(process {pid})" in shown.err
    assert not shown.out


def test_diagnose_a_sound_scanner(r503: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    main(["scanner", "diagnose", r503.link])
    shown = capsys.readouterr().out
    assert "keep the glass empty" in shown
    assert shown.endswith("Nothing is wrong with it.\n")


def test_diagnose_for_programs_keeps_the_steps_apart(r503: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    r503.fault("ghost", count=1)
    assert code("diagnose", r503.link, "--json") == Exit.UNAVAILABLE
    shown = capsys.readouterr()
    answer = json.loads(shown.out)
    assert (answer["finding"], answer["model"]) == ("ghost", "R503")
    assert answer["evidence"]
    assert "Watching the supply" in shown.err


def test_diagnose_shows_what_the_driver_remarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with emulated("waveshare", tmp_path) as emulator:
        del emulator.device._firmware._handlers[ADD_MODE.code]  # type: ignore[attr-defined]
        main(["scanner", "diagnose", emulator.link, "--family", "waveshare"])
        assert "refuses a finger that it already knows" in capsys.readouterr().out
        main(["scanner", "diagnose", emulator.link, "--family", "waveshare", "--json"])
    [remark] = json.loads(capsys.readouterr().out)["remarks"]
    assert "refuses a finger that it already knows" in remark


def test_diagnose_a_module_with_an_address_and_a_password_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "password"
    secret.touch(0o600)
    secret.write_text("0000BEEF")
    with emulated("r307", tmp_path) as emulator:
        flash_of(emulator).registers.address = 0x12345678
        guarded(emulator, 0xBEEF)
        known = ("--address", "12345678", "--password-file", str(secret))
        main(["scanner", "diagnose", emulator.link, *known])
        assert "Nothing is wrong with it." in capsys.readouterr().out
        assert code("diagnose", emulator.link, *known[:2]) == Exit.UNAVAILABLE
        assert "wrong password" in capsys.readouterr().err
        secret.write_text("secret")
        assert code("diagnose", emulator.link, *known) == Exit.CONFIG
        shown = capsys.readouterr().err
        assert "does not hold 8 hex digits" in shown
        assert "secret" not in shown.replace(str(secret), "")
        assert code("diagnose", emulator.link, "--address", "12") == Exit.USAGE
        assert "is not 8 hex digits" in capsys.readouterr().err


def test_diagnose_tells_what_it_sets(capsys: pytest.CaptureFixture[str]) -> None:
    main(["scanner", "diagnose", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "a GT's speed" in shown
    assert "a Waveshare waits" in shown


def test_diagnose_a_port_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code("diagnose", str(tmp_path / "ttyUSB0")) == Exit.UNAVAILABLE
    shown = capsys.readouterr().err
    assert "no port" in shown
    assert "kiosk scanner probe" in shown


def test_F057_the_running_kiosk_is_named_with_its_cure(r503: Emulator, tmp_path: Path) -> None:
    # The name by which a process is known is that of the file that was started.
    script = tmp_path / "kiosk"
    script.write_text(
        f"#!{sys.executable}\nimport sys\nfrom drivers.link import Link\nlink = Link(sys.argv[1])\nlink.open()\n"
        "print('held', flush=True)\nsys.stdin.read()\n"
    )
    script.chmod(0o755)
    root = Path(__file__).parent.parent.parent
    environ = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen(
        [script, r503.link], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "held\n"
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", "scanner", "diagnose", r503.link],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert running.stdin is not None
        running.stdin.close()
        running.wait(20)
    assert done.returncode == Exit.UNAVAILABLE
    assert f"kiosk (process {running.pid})" in done.stdout
    assert "systemctl stop kiosk" in done.stderr


def test_an_unknown_family_names_the_known_ones(r503: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert code("diagnose", r503.link, "--family", "nonsense") == Exit.UNAVAILABLE
    assert "zfm" in capsys.readouterr().err
    assert code("diagnose", r503.link, "--baud", "5") == Exit.USAGE


def test_T001_a_port_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    assert code("diagnose", "/dev/\x1b[2Jx") == Exit.UNAVAILABLE
    assert code("probe", "/dev/\x1b[2Jx") == Exit.UNAVAILABLE
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
