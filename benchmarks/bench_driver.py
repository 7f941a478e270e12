"""What does the driver add to a recognition? Prints ratios, for GenImg + Img2Tz + Search on an instant emulator in another process.

Three clients do the same exchange in turn: the driver, pyfingerprint alone, and a bare one that writes ready-made bytes and counts the
answer's. The emulator's time is in all three, so that the wall-clock overhead is what lies above the bare client; CPU time is
each client's own. Both are held against the 14.24 ms that the 82 bytes take at 57,600 baud (the promise: at most 5 %).
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pyfingerprint.pyfingerprint import PyFingerprint

from drivers import EnrolState, Hit, create_scanner, lift_finger, place_finger
from drivers.link import Link

WIRE_MS = 82 * 10 / 57.6
ROUNDS, CALLS = 15, 100
TRACED = 50
EXCHANGES = (
    ("EF01FFFFFFFF010003010005", 12),
    ("EF01FFFFFFFF01000402010008", 12),
    ("EF01FFFFFFFF0100080401000003E800F9", 16),
)
EXCHANGED = {"pyfingerprint": 4}
"""Exchanges of a recognition, where they are more than the three above."""

SERVE = (
    "import sys; from drivers import start_emulator\n"
    "with start_emulator('r307', link=sys.argv[1], instant=True, seed=1): print('ready', flush=True); sys.stdin.read()"
)

Session = tuple[Callable[[], None], Callable[[], None]]


def driver(link: str) -> Session:
    scanner = create_scanner("zfm", link)
    scanner.open()

    def once() -> None:
        assert isinstance(scanner.identify(), Hit)

    return once, scanner.close


def pyfingerprint(link: str) -> Session:
    sensor = PyFingerprint(link, 57600)

    def once() -> None:
        assert sensor.readImage()
        assert sensor.convertImage(1)
        assert sensor.searchTemplate()[0] == 7

    return once, sensor._PyFingerprint__serial.close  # noqa: SLF001  it has no close of its own


def bare(link: str) -> Session:
    line = Link(link)
    line.open()
    sent = [(bytes.fromhex(text), size) for text, size in EXCHANGES]

    def once() -> None:
        for data, size in sent:
            line.send(data)
            while size > 0:
                size -= len(line.receive(time.monotonic() + 5))  # noqa: PLW2901  counts down

    return once, line.close


CLIENTS = {"bare bytes": bare, "driver": driver, "pyfingerprint": pyfingerprint}


def measure(link: str, client: Callable[[str], Session]) -> tuple[float, float]:
    """Milliseconds of wall clock and of CPU for one recognition."""
    once, close = client(link)
    once()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(CALLS):
        once()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    close()
    return wall / CALLS * 1000, cpu / CALLS * 1000


def system_calls(link: str, name: str) -> float | None:
    """System calls of one recognition, by strace: a run with many less a run with none."""
    if shutil.which("strace") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        counts = []
        for calls in (0, TRACED):
            trace = Path(folder) / str(calls)
            command = ["strace", "-f", "-qq", "-o", str(trace), sys.executable, __file__, name, link, str(calls)]
            if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode:
                return None
            counts.append(len(trace.read_text().splitlines()))
    return (counts[1] - counts[0]) / TRACED


def enrol(link: str) -> None:
    scanner = create_scanner("zfm", link)
    scanner.open()
    for step in scanner.enrol(7):
        if step.state is EnrolState.PLACE:
            place_finger(link, "amina")
        elif step.state is EnrolState.LIFT:
            lift_finger(link)
    scanner.close()


def report(link: str) -> None:
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in CLIENTS}
    # In turn, so that a busy moment of the machine hits all alike.
    for _ in range(ROUNDS):
        for name, client in CLIENTS.items():
            rounds[name].append(measure(link, client))
    base = statistics.median(wall for wall, _ in rounds["bare bytes"])
    print(
        f"{'client':14} {'wall ms':>8} {'above bare':>11} {'of wire':>8} {'CPU ms':>8} {'of wire':>8} {'system calls':>13}"
        f" {'an exchange':>12} {'a packet':>9}"
    )
    for name, samples in rounds.items():
        wall, cpu = (statistics.median(values) for values in zip(*samples, strict=True))
        calls = system_calls(link, name)
        exchanges = EXCHANGED.get(name, len(EXCHANGES))
        shown = (
            "no strace" if calls is None else f"{calls:13.1f} {calls / exchanges:12.1f} {calls / exchanges / 2:9.1f}"
        )
        above = wall - base
        print(f"{name:14} {wall:8.3f} {above:11.3f} {above / WIRE_MS:8.1%} {cpu:8.3f} {cpu / WIRE_MS:8.1%} {shown:>13}")
    print(
        f"wire time {WIRE_MS:.2f} ms; three exchanges each, four with pyfingerprint, which asks for the parameters before a search; "
        "an exchange is two packets (promised: above bare at most 5 % of the wire, 3 system calls a packet)"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        link = f"{folder}/scanner"
        command = [sys.executable, "-c", SERVE, link]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as emulator:
            assert emulator.stdin is not None
            assert emulator.stdout is not None
            assert emulator.stdout.readline() == b"ready\n"
            enrol(link)
            report(link)
            emulator.stdin.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run, finish = CLIENTS[sys.argv[1]](sys.argv[2])
        for _ in range(int(sys.argv[3])):
            run()
        finish()
    else:
        main()
