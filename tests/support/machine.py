"""A whole machine for the boot tests: a Debian with a real systemd as PID 1, in a container of its own.

The root is made once and kept under build/boot (ignored by git); every machine is unpacked from it and gone afterwards. What the
container does not have: udev, and a kernel of its own.
"""

import contextlib
import hashlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

PROJECT = Path(__file__).parents[2]
CACHE = PROJECT / "build" / "boot"
RELEASE, PYTHON = "bookworm", "3.11"
PACKAGES = "systemd-sysv,udev,python3,python3-venv,ca-certificates"
SOURCE = "/usr/src/kiosk"
"""Where the machine has what a person who installs the kiosk has: the unit files, the locks, the wheel."""

# Device lists and address lists are programs for the kernel, which a container may not load, nor ask for the clock's state,
# unless it is told so. The unified hierarchy is asked for because only there systemd uses such programs. CAP_MKNOD lets a test
# make the devices that must not be opened.
_NSPAWN = (
    "systemd-nspawn --quiet --boot --register=no --keep-unit --private-network --console=pipe "
    "--capability=CAP_BPF,CAP_PERFMON,CAP_MKNOD --system-call-filter='bpf adjtimex clock_adjtime'"
)
# nspawn leaves folders in /run, and two machines would meet there: each gets a /run that only it can see.
_IN_PRIVATE = f'mount -t tmpfs tmpfs /run && exec {_NSPAWN} --directory="$1" --bind="$2":/dev/tty1'
# SIGRTMIN+4: "power off", systemd(1).
_POWER_OFF = signal.SIGRTMIN + 4

Found = TypeVar("Found")


def obstacle() -> str:
    """Why no machine can be booted here; empty if nothing is in the way."""
    if os.geteuid() != 0:
        return "booting a machine needs root"
    missing = [each for each in ("systemd-nspawn", "mmdebstrap", "nsenter", "unshare") if shutil.which(each) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


def until(question: Callable[[], Found | None], *, seconds: float, what: str) -> Found:
    """Ask until the answer is truthy; what another machine does sends no event to wait for. Raises AssertionError in the end."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)
    return answer


class Machine:
    """A booted machine, seen from outside: `leader` is its PID 1, `shown` what was drawn on its tty1."""

    def __init__(self, leader: int, shown: bytearray) -> None:
        self.leader = leader
        self.shown = shown

    def path(self, inside: str) -> Path:
        """A path of the machine's, sockets and runtime folders included, as it can be used from outside."""
        return Path(f"/proc/{self.leader}/root{inside}")

    def run(self, *command: str, check: bool = True, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command as root in the machine. A failure shows what it printed, and the end of the journal."""
        done = subprocess.run(
            ["nsenter", "-t", str(self.leader), "-a", "env", "LANG=C.UTF-8", *command],
            check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(
                f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}\n{self.journal()}"
            )
        return done

    def shell(self, script: str) -> str:
        """Run a script as root in the unpacked source, and return what it printed."""
        return self.run("sh", "-euc", f"cd {SOURCE}\n{script}", seconds=300).stdout

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", "--value", "-p", name, unit).stdout.strip()

    def until(self, question: Callable[[], Found | None], *, seconds: float, what: str) -> Found:
        """`until`, and in the end what the journal has to say about it."""
        try:
            return until(question, seconds=seconds, what=what)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.journal()}") from None

    def journal(self) -> str:
        """The end of what the machine's services said."""
        return self.run("journalctl", "--no-pager", "-n", "40", "-o", "cat", check=False).stdout


@contextlib.contextmanager
def booted() -> Iterator[Machine]:
    """Make a machine from nothing, boot it, and take it away again."""
    tar, wheels, wheel = _debian(), _wheels(), _wheel()
    with tempfile.TemporaryDirectory(prefix="kiosk-machine-") as folder:
        root = Path(folder) / "root"
        root.mkdir()
        _quietly("tar", "-C", root, "--numeric-owner", "-xf", tar)
        source = root / SOURCE[1:]
        shutil.copytree(PROJECT / "systemd", source / "systemd")
        shutil.copytree(wheels, source / "wheels")
        shutil.copy(PROJECT / "requirements.lock", source)
        (source / "dist").mkdir()
        shutil.copy(wheel, source / "dist")
        with _running(root) as machine:
            yield machine


@contextlib.contextmanager
def _running(root: Path) -> Iterator[Machine]:
    with _terminal() as (tty1, shown):
        process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", _IN_PRIVATE, "sh", str(root), tty1],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )  # fmt: skip
        machine = None
        try:
            machine = Machine(until(lambda: _leader(process), seconds=30, what="the machine's PID 1"), shown)
            machine.until(lambda: _is_up(machine), seconds=60, what="the end of the boot")
            yield machine
        finally:
            _power_off(process, machine)


@contextlib.contextmanager
def _terminal() -> Iterator[tuple[str, bytearray]]:
    """A terminal that takes whatever is drawn, as a console does: its path, and what was drawn."""
    master, slave = os.openpty()
    shown, gone = bytearray(), threading.Event()

    def watch() -> None:
        while not gone.is_set():
            if select.select([master], [], [], 0.1)[0]:
                shown.extend(os.read(master, 65536))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield os.ttyname(slave), shown
    finally:
        gone.set()
        watcher.join()
        os.close(master)
        os.close(slave)


def _leader(process: "subprocess.Popen[bytes]") -> int:
    if process.poll() is not None:
        assert process.stdout is not None
        raise AssertionError(f"the machine did not boot: {process.stdout.read().decode(errors='replace')}")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return next((int(pid) for pid in children if _name(pid) == "systemd"), 0)


def _name(pid: str) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    return ""


def _is_up(machine: Machine) -> bool:
    return machine.run("systemctl", "is-system-running", check=False).stdout.strip() in {"running", "degraded"}


def _power_off(process: "subprocess.Popen[bytes]", machine: Machine | None) -> None:
    if machine is None:
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(machine.leader, _POWER_OFF)
    try:
        process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        # Everything in a PID namespace ends with its PID 1.
        with contextlib.suppress(ProcessLookupError):
            os.kill(machine.leader if machine else process.pid, signal.SIGKILL)
        process.communicate(timeout=30)


def _debian() -> Path:
    """The root of a small Debian, as a tar. It holds no account of ours, so that it can be kept."""
    made = CACHE / f"{RELEASE}-{hashlib.sha256(PACKAGES.encode()).hexdigest()[:8]}.tar"
    if not made.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = made.with_suffix(f".{os.getpid()}.tar")
        _quietly("mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", RELEASE, unfinished)
        unfinished.rename(made)
    return made


def _wheels() -> Path:
    """What the kiosk depends on, as locked, for the machine's Python."""
    lock = PROJECT / "requirements.lock"
    made = CACHE / f"wheels-{hashlib.sha256(lock.read_bytes()).hexdigest()[:8]}"
    if not made.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = made.with_suffix(f".{os.getpid()}")
        _quietly(
            sys.executable, "-m", "pip", "download", "--dest", unfinished, "--only-binary=:all:",
            "--python-version", PYTHON, "--require-hashes", "-r", lock,
        )  # fmt: skip
        unfinished.rename(made)
    return made


def _wheel() -> Path:
    """The kiosk itself, as `make wheel` built it last."""
    return max((PROJECT / "dist").glob("*.whl"), key=lambda path: path.stat().st_mtime)


def _quietly(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
