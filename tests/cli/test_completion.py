"""What a shell completes."""

import os
import subprocess
import sys

import pytest

from kiosk.cli.kemru import COMMANDS


def completed(line: str, shell: str = "bash") -> list[str]:
    """The words that the real command offers for the last word of `line`."""
    words = line.split(" ")
    environ = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_KIOSK_COMPLETE": f"{shell}_complete"}
    if shell == "fish":
        environ["COMP_CWORD"] = words[-1]
    done = subprocess.run(
        [sys.executable, "-m", "kiosk"],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("kiosk kem", ["kemru"]),
        ("kiosk kemru mob", ["mobile-payout"]),
        ("kiosk kemru mobile-payout --channel ", ["MPESA", "AIRTEL", "EQUITEL"]),
        ("kiosk kemru mobile-payout --chan", ["--channel"]),
        ("kiosk kemru airtime --telco FAIBA", ["FAIBA", "FAIBA_B"]),
        ("kiosk kemru airtime --product-code DAILY", ["DAILY_DATA_100MB", "DAILY_DATA_225MB"]),
        ("kiosk kemru bank-payout --bank 14", ["143", "146"]),
        ("kiosk kemru report 20170 --direction ", ["in", "out"]),
        ("kiosk completion ", ["bash", "zsh", "fish"]),
    ],
)
def test_bash_completes(line: str, offered: list[str]) -> None:
    assert completed(line) == [f"plain,{each}" for each in offered]


def test_every_command_is_offered() -> None:
    assert completed("kiosk kemru ") == [f"plain,{each}" for each in COMMANDS]


def test_meanings_are_shown_where_the_shell_can() -> None:
    assert completed("kiosk kemru bank-payout --bank 103", "zsh") == ["plain", "103", "Equity Bank"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_kiosk(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "completion", shell], capture_output=True, text=True, timeout=30, check=True
    )
    assert f"_KIOSK_COMPLETE={shell}_complete" in done.stdout


def test_bash_takes_the_script() -> None:
    script = subprocess.run(
        [sys.executable, "-m", "kiosk", "completion", "bash"], capture_output=True, text=True, timeout=30, check=True
    ).stdout
    done = subprocess.run(
        ["bash", "-c", f"{script}\ncomplete -p kiosk"], capture_output=True, text=True, timeout=30, check=True
    )
    assert "_kiosk_completion" in done.stdout


def test_another_shell_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "completion", "tcsh"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 64
