"""How long every way to a punch takes on an R503 of 200 slots with 5,000 people, and how long a library needs to mend.

The emulator, a process of its own, takes a sensor's working times and those of a line of 57,600 baud; the station's reader runs in this
process as the daemon's worker runs it. Beside each time stands its floor: the bytes on the line and the sensor's own work, and nothing
else. A punch is timed from the finger on the glass to the answer, without the wait for the next look (50 ms on average).

    python benchmarks/bench_paths.py [--people 5000] [--presses 6] [--fingers 6] [--full]

`--fingers` is the sample that the libraries are mended for; `--full` mends the whole of 200 and 100 (some twenty minutes).
"""

import argparse
import logging
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import drivers
from drivers.zfm import biometrics, builds, emulator
from kiosk import attendance
from kiosk.clock import SystemClock
from kiosk.models import Consent, Finger, FingerName, FingerState, Member
from kiosk.sealing import TemplateKeys
from kiosk.station import Finder, Ports, Punching, Reader, Vault
from kiosk.store import Store
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth, ScanResult

BYTE_S = 10 / 57600
COMMAND, ACK, DATA = 12, 12, 11
"""Bytes of a command and an ack without fields, and those around the payload of a data packet."""

SERVE = (
    "import sys; from drivers import start_emulator\n"
    "with start_emulator(sys.argv[1], link=sys.argv[2], state=sys.argv[3], seed=int(sys.argv[4])):\n"
    "    print('ready', flush=True); sys.stdin.read()"
)
KEYS = TemplateKeys(bytes(range(32)))
GREEN = {ScanKind.WELCOME, ScanKind.GOODBYE}


def exchange(fields: int = 0, answer: int = 0) -> int:
    """Bytes of a command with so many bytes of fields, and of its ack."""
    return COMMAND + fields + ACK + answer


def transfer(size: int) -> int:
    """Bytes of a template in data packets of 128."""
    return size + DATA * -(-size // 128)


class Floor:
    """Seconds that nobody can save on a model with `used` slots in use: its bytes on the line, and the sensor's work."""

    def __init__(self, build: builds.Build, used: int) -> None:
        self._size = build.template_size
        self._used = used

    @property
    def _picture(self) -> float:
        return (exchange() + exchange(1)) * BYTE_S + biometrics._IMAGE + biometrics._EXTRACT  # noqa: SLF001

    def search(self, slots: int) -> float:
        """GenImg, Img2Tz, Search over so many used slots."""
        work = biometrics._SEARCH + biometrics._SEARCH_EACH * slots  # noqa: SLF001
        return self._picture + exchange(5, 4) * BYTE_S + work

    @property
    def read(self) -> float:
        """LoadChar and UpChar."""
        return (exchange(3) + exchange(1) + transfer(self._size)) * BYTE_S

    @property
    def match(self) -> float:
        """GenImg, Img2Tz, DownChar, Match."""
        line = (exchange(1) + transfer(self._size) + exchange(0, 2)) * BYTE_S
        return self._picture + line + biometrics._MATCH  # noqa: SLF001

    @property
    def write(self) -> float:
        """DownChar, Store, ReadIndexTable, and reading it back as a proof."""
        line = (exchange(1) + transfer(self._size) + exchange(3) + exchange(1, 32)) * BYTE_S
        return line + biometrics._STORE + self.read  # noqa: SLF001

    @property
    def punch(self) -> float:
        """One finger among all."""
        return self.search(self._used)


class Desk:
    """A reader on the scanner at `link`, with a store of its own, driven as its worker drives it."""

    def __init__(self, folder: Path, link: Path) -> None:
        self.folder, self.link = folder, link
        self.store = Store.open(folder / "kiosk.db")
        self.vault = Vault(self.store, KEYS)
        self._clock = SystemClock("Africa/Nairobi", manual=True)
        self._events: list[ScanResult] = []
        self._never = threading.Event()
        self.reader = self._made()

    def _made(self) -> Reader:
        policy = attendance.Policy(repeat_us=0)
        return Reader(
            "main",
            Finder("main", str(self.link), "zfm", {}, Ports()),
            self.store,
            self._clock,
            Punching("main", self.store, self._clock, policy, lambda _punch, _member: []),
            self.vault,
            publish=self._note,
            changed=lambda: None,
        )

    def _note(self, event: ScanResult | EnrolProgress) -> None:
        if isinstance(event, ScanResult):
            self._events.append(event)

    def close(self) -> None:
        """Let go of scanner and store."""
        self.reader.close()
        self.store.close()

    def run(self, done: Callable[[], bool]) -> float:
        """Step until `done`, with the pauses that the reader asks for; returns the seconds that it took."""
        began = time.perf_counter()
        while True:
            pause = self.reader.step()
            if done():
                return time.perf_counter() - began
            self._never.wait(pause)

    def mended(self) -> bool:
        """Whether scanner and store agree, and everything in the scanner was proven."""
        return self.reader.status.health is ScannerHealth.READY and not self.reader._library.busy  # noqa: SLF001

    def press(self, uid: str) -> float:
        """Seconds from the finger on the glass to green."""
        self._events.clear()
        drivers.place_finger(self.link, finger_of(uid))
        took = self.run(lambda: bool(self._events))
        assert self._events[0].kind in GREEN, self._events
        drivers.lift_finger(self.link)
        self.run(lambda: self.reader._glass.idle)  # noqa: SLF001
        return took

    def call(self, uid: str) -> float:
        """The same, with the number typed before."""
        self.reader.call(uid)
        self.run(lambda: self.reader._errands.busy)  # noqa: SLF001
        return self.press(uid)


def finger_of(uid: str) -> str:
    return f"finger of {uid}"


def fill(desk: Desk, model: str, people: int) -> None:
    """Enrol people as if at other stations."""
    device = getattr(emulator, model)()
    with desk.store.atomic():
        for number in range(people):
            uid = str(1000 + number)
            consent = Consent(text_version="1", witness="w", given_us=0)
            finger = Finger(uid, uid, FingerName.RIGHT_INDEX, FingerState.PENDING, consent, number)
            desk.store.members.put(Member(uid=uid, name=uid))
            desk.store.fingers.begin(finger)
            desk.store.fingers.confirm(uid)
            # Not `keep`, which asks for all copies first: that is too much for thousands.
            template = drivers.Template(device.model, device.make(finger_of(uid)))
            desk.vault._put(KEYS, finger, template)  # noqa: SLF001
    device.close()


@contextmanager
def scanner(model: str, link: Path, state: Path, seed: int = 1) -> Iterator[None]:
    """A scanner at its real pace, in a process of its own."""
    command = [sys.executable, "-c", SERVE, model, str(link), str(state), str(seed)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
        process.stdin.close()


def line(what: str, took: list[float], floor: float, note: str = "") -> None:
    middle = statistics.median(took)
    print(f"{what:46} {middle:8.3f} s {floor:8.3f} s {middle / floor:6.2f}  {note}", flush=True)


def punching(folder: Path, people: int, presses: int) -> None:
    """Every way to a punch. The library is written by an instant emulator on the same flash; that part is timed below."""
    state, link = folder / "flash", folder / "scanner"
    desk = Desk(folder, link)
    fill(desk, "r503", people)
    with drivers.start_emulator("r503", link=link, instant=True, state=state, seed=1):
        desk.run(desk.mended)
        desk.reader.close()
    desk = Desk(folder, link)
    with scanner("r503", link, state):
        desk.run(lambda: desk.reader.status.health is ScannerHealth.READY)
        ways(desk, people, presses)
    desk.close()


def ways(desk: Desk, people: int, presses: int) -> None:
    chance = random.Random(1)
    held = [slot.finger_id for slot in desk.store.slots.of_station("main")]
    outside = sorted({str(1000 + number) for number in range(people)} - set(held))
    # Proving goes on from the first slot while nobody presses: the last ones are still to be proven.
    inside, without = held[-presses:], chance.sample(outside, presses)
    floor = Floor(builds.R503, len(held))
    print(f"R503, {len(held)} of 200 slots used, {people} people; the median of {presses} people each")
    line("finger, slot not proven yet", [desk.press(uid) for uid in inside], floor.punch + floor.read)
    line("finger, slot proven", [desk.press(uid) for uid in inside], floor.punch)
    line("number + finger, slot (1:1)", [desk.call(uid) for uid in inside], floor.search(1))
    line("number + finger, no slot (template sent)", [desk.call(uid) for uid in without], floor.match)


def tampered(desk: Desk, tamper: Callable[[], None]) -> float:
    """Seconds from the plugging in until the library is as the store says, and proven."""
    drivers.emulator_request(desk.link, "unplug")
    desk.run(lambda: desk.reader.status.health is ScannerHealth.FAULT)
    tamper()
    drivers.emulator_request(desk.link, "replug")
    took = desk.run(desk.mended)
    assert desk.reader.status.used == len(desk.store.slots.of_station("main"))
    return took


def mending(folder: Path, model: str, fingers: int, whole: int) -> None:
    """A library of so many fingers is written for the first time, and then tampered with in every way."""
    link, ask = folder / "scanner", drivers.emulator_request
    desk = Desk(folder, link)
    fill(desk, model, fingers)
    build = getattr(builds, model.upper())
    floor = Floor(build, fingers)

    def told(what: str, seconds: float, each: float) -> None:
        note = f"for {whole} fingers below {seconds / fingers * whole:.0f} s" if fingers < whole else ""
        line(what, [seconds], fingers * each, note)

    print(f"{model.upper()}, {fingers} fingers, from plugging in to everything as the store says, and proven")
    with scanner(model, link, folder / "flash"):
        told("another scanner, empty", desk.run(desk.mended), floor.write)
        told("plugged in again", tampered(desk, lambda: None), floor.read)
        told("wiped", tampered(desk, lambda: ask(link, "wipe")), floor.write)
        told("shuffled", tampered(desk, lambda: ask(link, "shuffle")), floor.read)
        if fingers < build.profile.capacity:
            planted = tampered(desk, lambda: ask(link, "plant", slot=build.profile.capacity - 1, finger="a stranger"))
            told("foreign finger in a free slot", planted, floor.read)
        overwritten = tampered(desk, lambda: ask(link, "plant", slot=0, finger="a stranger"))
        told("foreign finger in a member's slot", overwritten, floor.read)
    desk.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="How long every way to a punch takes")
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--presses", type=int, default=6)
    parser.add_argument("--fingers", type=int, default=6)
    parser.add_argument("--full", action="store_true")
    chosen = parser.parse_args()
    logging.disable(logging.ERROR)  # what the station says of unplugged scanners is what is wanted here
    print(f"{'':46} {'median':>10} {'floor':>10} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as name:
        punching(Path(name), chosen.people, chosen.presses)
    for model, whole in (("r503", 200), ("r307", 100)):
        with tempfile.TemporaryDirectory() as name:
            mending(Path(name), model, whole if chosen.full else chosen.fingers, whole)


if __name__ == "__main__":
    main()
