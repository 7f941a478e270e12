"""What the daemon shares with the rest of the machine: systemd's socket and the instance lock."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.daemon.lock import AlreadyRunningError, InstanceLock
from kiosk.daemon.notify import Notifier


def test_notifier_speaks_sd_notify(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(5)
        notifier = Notifier({"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000000"})
        notifier.ready("taking fingers")
        notifier.beat()
        notifier.stopping()
        assert [systemd.recv(200) for _ in range(3)] == [
            b"READY=1\nSTATUS=taking fingers",
            b"WATCHDOG=1",
            b"STOPPING=1",
        ]
        assert notifier.watchdog_s == 30.0


def test_notifier_without_systemd_or_with_a_dead_one_is_silent(tmp_path: Path) -> None:
    assert Notifier({}).watchdog_s is None
    Notifier({}).ready("x")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).beat()
    assert Notifier({"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}).watchdog_s is None


def test_notifier_reaches_the_abstract_namespace() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        name = f"kiosk-test-{os.getpid()}"
        systemd.bind(f"\0{name}")
        systemd.settimeout(5)
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).status("hello")
        assert systemd.recv(100) == b"STATUS=hello"


def test_the_daemon_takes_fingers_before_it_loads_what_talks_to_kemru() -> None:
    script = (
        "import sys, kiosk.cli.run, kiosk.config, kiosk.daemon, drivers.zfm.scanner\n"
        "late = ('kiosk.kemru', 'httpx', 'schedule', 'sqlite_utils', 'PIL.JpegImagePlugin', 'asyncio')\n"
        "print([name for name in late if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_F086_the_second_daemon_is_told_who_is_first(tmp_path: Path) -> None:
    lock = InstanceLock(tmp_path)
    with pytest.raises(AlreadyRunningError, match=f"pid {os.getpid()}"):
        InstanceLock(tmp_path)
    lock.close()
    InstanceLock(tmp_path).close()


def test_F086_a_killed_daemon_leaves_no_lock(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from kiosk.daemon.lock import InstanceLock\n"
        "InstanceLock(Path(sys.argv[1])); print('locked', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(AlreadyRunningError, match=str(process.pid)):
            InstanceLock(tmp_path)
        process.kill()
    InstanceLock(tmp_path).close()
