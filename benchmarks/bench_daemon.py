"""What the daemon costs a small machine: memory, the CPU time until it takes fingers, and the CPU time of waiting for one.

Everything runs on the demonstration's stage: an emulator, a sandbox and a daemon, each a process of its own. Prints each figure
beside what it is measured against and the target; carry over the ratios, not the milliseconds.

    python benchmarks/bench_daemon.py [--seconds 6] [--starts 5] [--presses 25]
"""

import argparse
import contextlib
import random
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import drivers
from kiosk.control.client import ControlClient
from kiosk.control.protocol import DaemonGoneError
from kiosk.demo.hands import Hands, finger_of
from kiosk.demo.stage import Stage
from kiosk.views import ScanKind, ScannerHealth, ScanResult, Status

MIB = 1024 * 1024
POLL_MS = 100.0
WIRE_MS = 14.24
IMPORTS = {
    "a bare start": "pass",
    "+ msgspec": "import msgspec",
    "+ click, configuration": "import kiosk.cli.run, kiosk.config",
    "+ SQLite and the store": "import kiosk.cli.run, kiosk.config, kiosk.store",
    "+ the driver": "import kiosk.cli.run, kiosk.config, kiosk.store, drivers.zfm.scanner, drivers.registry",
    "+ the rest of the daemon": (
        "import kiosk.cli.run, kiosk.config, kiosk.store, drivers.zfm.scanner, drivers.registry, kiosk.daemon"
    ),
}


def row(what: str, ours: str, against: str, ratio: str, target: str) -> None:
    print(f"{what:44} {ours:>12} {against:>22} {ratio:>8} {target:>8}", flush=True)


def cpu_ms(pid: int) -> float:
    """CPU time of a living process and all its threads so far, those that ended included: its clock, by clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2) * 1000


def start_cost(code: str) -> float:
    """CPU milliseconds from exec to the end of `code`; of bare Python, to the exit."""
    if code != "pass":
        code += "; import os; os._exit(0)"  # the daemon does not take everything down again either
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


def pid_of(stage: Stage) -> int:
    return stage._processes["daemon"].pid  # noqa: SLF001  a benchmark may look


def resident(pid: int) -> dict[str, int]:
    """Bytes resident, private (nobody else's) and at the peak."""
    fields = {}
    for name in ("status", "smaps_rollup"):
        for line in Path(f"/proc/{pid}/{name}").read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(":")
            if value.endswith("kB"):
                fields[key] = int(value.split()[0]) * 1024
    private = fields["Private_Clean"] + fields["Private_Dirty"]
    return {"resident": fields["VmRSS"], "private": private, "peak": fields["VmHWM"]}


def await_first_roster(stage: Stage) -> None:
    """Until the roster is here: by then everything that a day needs is loaded."""
    with stage.client() as kiosk:
        for event in kiosk.watch():
            if isinstance(event, Status) and event.last_roster and event.members:
                return


def restarted(stage: Stage) -> tuple[float, float]:
    """Stop the daemon and start it on the same data; returns CPU and wall-clock milliseconds from exec to scanner READY."""
    stage._end("daemon")  # noqa: SLF001
    began = time.perf_counter()
    stage._start("daemon", "run", "--config", str(stage.folder / "kiosk.toml"), announces=False)  # noqa: SLF001
    cpu = await_scanner(stage, pid_of(stage))
    return cpu, (time.perf_counter() - began) * 1000


def await_scanner(stage: Stage, pid: int) -> float:
    while True:
        # The daemon's CPU clock is read at the event, so that what it does after READY is not counted.
        with contextlib.suppress(DaemonGoneError), ControlClient(stage.socket, timeout=20) as kiosk:
            for event in kiosk.watch():
                cpu = cpu_ms(pid)
                if isinstance(event, Status) and all(each.health is ScannerHealth.READY for each in event.stations):
                    return cpu
        time.sleep(0.002)


def starting(stage: Stage, starts: int) -> None:
    # In turn, so that a busy moment of the machine hits all alike.
    costs: dict[str, list[float]] = {name: [] for name in IMPORTS}
    ours = []
    for _ in range(starts):
        for name, code in IMPORTS.items():
            costs[name].append(start_cost(code))
        ours.append(restarted(stage))
    middle = {name: statistics.median(values) for name, values in costs.items()}
    cpu, wall = (statistics.median(values) for values in zip(*ours, strict=True))
    bare = middle["a bare start"]
    row(
        "CPU time from exec to scanner READY",
        f"{cpu:.0f} ms",
        f"bare Python {bare:.0f} ms",
        f"{cpu / bare:.1f} x",
        "6 x",
    )
    for name, value in middle.items():
        row(f"    imports: {name}", f"{value:.0f} ms", "", f"{value / bare:.1f} x", "")
    print(
        f"    the rest is work: opening the store, the socket and the scanner. By the clock on the wall: {wall:.0f} ms"
    )


def idling(stage: Stage, seconds: float, name: str) -> None:
    time.sleep(1)
    pid = pid_of(stage)
    before = cpu_ms(pid)
    time.sleep(seconds)
    spent = (cpu_ms(pid) - before) / seconds
    row(f"idle, 10 looks a second, {name}", f"{spent:.2f} ms/s", "one core 1000 ms/s", f"{spent / 1000:.2%}", "1 %")


def pressing(stage: Stage, presses: int) -> None:
    """From a finger on the glass to the green event on the socket, pressed at any moment between two looks."""
    with stage.client() as asker, stage.client() as watcher:
        amina = next(member for member in asker.members() if member.active)
        hands = Hands(stage, watcher)
        hands.enrol(amina)
        chance = random.Random(1)
        took = [press(stage, hands, finger_of(amina), chance.uniform(0, POLL_MS / 1000)) for _ in range(presses)]
    middle, wait = statistics.median(took), POLL_MS / 2
    row(
        "press to green, instant sensor", f"{middle:.0f} ms", f"half a look {wait:.0f} ms", f"{middle / wait:.1f} x", ""
    )
    slowest = f"the slowest of {presses}: {max(took):.0f} ms"
    print(
        f"    beyond the wait for the next look: {middle - wait:.0f} ms, against {WIRE_MS} ms of wire at 57,600 baud; {slowest}"
    )


def press(stage: Stage, hands: Hands, finger: str, pause: float) -> float:
    hands.await_empty()
    time.sleep(pause)
    began = time.perf_counter()
    drivers.place_finger(stage.scanner, finger)
    result = next(event for event in hands._events if isinstance(event, ScanResult))  # noqa: SLF001
    took = (time.perf_counter() - began) * 1000
    assert result.kind in {ScanKind.WELCOME, ScanKind.GOODBYE}, result
    hands.lift()
    return took


def at_real_pace(stage: Stage) -> None:
    """Replace the instant emulator by one that takes a sensor's time, and a serial line's."""
    stage._end("emulator")  # noqa: SLF001
    stage._start("emulator", "emulate", "r307", "--link", str(stage.scanner))  # noqa: SLF001
    restarted(stage)


def main() -> None:
    parser = argparse.ArgumentParser(description="What the daemon costs")
    parser.add_argument("--seconds", type=float, default=6.0, help="of idling, each time")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--presses", type=int, default=25)
    chosen = parser.parse_args()
    with Stage(repeat_seconds=0, limited=False) as stage:
        print(f"{'':44} {'daemon':>12} {'against':>22} {'ratio':>8} {'target':>8}")
        await_first_roster(stage)
        memory = resident(pid_of(stage))
        mib = memory["resident"] / MIB
        row("resident after the first synchronisation", f"{mib:.1f} MiB", "limit 48 MiB", f"{mib / 48:.2f}", "1.00")
        print(
            f"    private {memory['private'] / MIB:.1f} MiB, peak {memory['peak'] / MIB:.1f} MiB, the store made anew"
        )
        starting(stage, chosen.starts)
        idling(stage, chosen.seconds, "instant sensor")
        pressing(stage, chosen.presses)
        mib = resident(pid_of(stage))["resident"] / MIB
        row("resident, started again, after those presses", f"{mib:.1f} MiB", "limit 48 MiB", f"{mib / 48:.2f}", "1.00")
    with Stage(repeat_seconds=0, limited=False) as stage:
        at_real_pace(stage)
        idling(stage, chosen.seconds, "sensor at its real pace")


if __name__ == "__main__":
    main()
