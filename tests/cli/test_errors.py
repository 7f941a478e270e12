"""What goes wrong on the command line is said in plain words, with an exit code by its kind, and never as a traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.errors import Exit
from tests.support.daemon import FULL_NAME, daemon


def kiosk(*arguments: str | bytes, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the real command."""
    return subprocess.run(
        [sys.executable, "-m", "kiosk", *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=20,
        check=False,
        env=os.environ | environ,
    )


def config_in(folder: Path, **changes: str) -> str:
    values = {"data": str(folder / "data"), "socket": str(folder / "s"), "family": "zfm"} | changes
    path = folder / "kiosk.toml"
    path.write_text(
        f'[site]\nname = "x"\ndata = "{values["data"]}"\n[[station]]\nscanner = "x"\nfamily = "{values["family"]}"\n'
        f'[control]\nsocket = "{values["socket"]}"\n'
    )
    return str(path)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"data": "/proc/nowhere"}, Exit.IO, "/proc/nowhere: No such file or directory"),
        ({"socket": "/proc/s"}, Exit.IO, "No such file or directory"),
        ({"family": "nope"}, Exit.CONFIG, 'no scanner family is called "nope"'),
    ],
)
def test_F089_a_daemon_that_cannot_start_says_why(
    tmp_path: Path, changes: dict[str, str], code: Exit, words: str
) -> None:
    done = kiosk("run", "--config", config_in(tmp_path, **changes))
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_T001_what_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    with daemon(tmp_path) as socket:
        done = kiosk("enrol", b"\xff", "--witness", "w", "--socket", str(socket))
    assert done.returncode == Exit.FAILURE
    assert "not UTF-8" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_without_the_letters_still_gets_its_table(tmp_path: Path) -> None:
    with daemon(tmp_path) as socket:
        done = kiosk("members", "--socket", str(socket), PYTHONIOENCODING="iso-8859-1")
    assert done.returncode == Exit.OK
    assert "?JOROGE" in done.stdout
    assert FULL_NAME.endswith("ŊJOROGE")


def test_T001_messages_cannot_move_the_cursor(tmp_path: Path) -> None:
    with daemon(tmp_path) as socket:
        done = kiosk("enrol", "\x1b[31m1", "--witness", "w", "--socket", str(socket))
    assert done.returncode == Exit.FAILURE
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_walks_away_from_an_enrolment_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    with daemon(tmp_path) as socket:
        command = [sys.executable, "-m", "kiosk", "enrol", "1", "--witness", "w", "--socket", str(socket)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        ) as asking:
            assert asking.stdout is not None
            assert "put the finger" in asking.stdout.readline()
            asking.send_signal(number)
            assert asking.wait(10) == Exit.FAILURE
        again = kiosk("enrol", "2", "--witness", "w", "--station", "nowhere", "--socket", str(socket))
        assert "no station nowhere" in again.stderr
        done = kiosk("enrol", "1", "--witness", " ", "--socket", str(socket))
    assert "Consent is required" in done.stdout
