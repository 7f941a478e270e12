"""A whole kiosk: `kiosk run` as a process of its own, on emulated scanners in this one, watched through its control socket."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import drivers
from drivers.emulation.host import Emulator
from kiosk.control.client import ControlClient
from kiosk.control.protocol import DaemonGoneError, Event
from kiosk.sealing import KEY_FILE, new_key, read_keys
from kiosk.station import Vault
from kiosk.store import Store
from kiosk.views import ScannerHealth, ScanResult, StationStatus, Status
from tests.support import people
from tests.support.witnesses import PATIENCE_S, POLLS, Ear, Glass

CONFIG = """\
[site]
name = "School"
data = "{folder}/data"
[clock]
trust = "manual"
[attendance]
repeat_seconds = 0
[templates]
credentials = "{folder}/credentials"
[control]
socket = "{folder}/control.sock"
"""
STATION = """\
[[station]]
name = "{name}"
scanner = "{folder}/{name}"
polls_per_second = {polls}
"""


@dataclass
class Premises:
    """What a test needs in its hands. `glasses` by station."""

    folder: Path
    glasses: dict[str, Glass]
    arguments: Sequence[str] = ()
    ears: list[Ear] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "control.sock"

    @property
    def credentials(self) -> Path:
        return self.folder / "credentials"

    @property
    def scanner(self) -> Path:
        """Where the first scanner is: `kiosk.demo.hands` takes these premises for its stage."""
        return self.folder / next(iter(self.glasses))

    @property
    def journal(self) -> bytes:
        """Everything that the daemon has said on standard output and standard error."""
        return (self.folder / "journal").read_bytes()

    @property
    def ear(self) -> Ear:
        """Whoever watches the present daemon."""
        return self.ears[-1]

    def emulator(self, name: str = "main") -> Emulator:
        return self.glasses[name].emulator

    def client(self) -> ControlClient:
        return ControlClient(self.socket, timeout=PATIENCE_S)

    def start(self, *, ready: bool = True) -> None:
        """Start the daemon on what is on disk; `ready` waits for its scanners, and for their libraries."""
        with (self.folder / "journal").open("ab") as journal:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kiosk", "run", "--config", str(self.folder / "kiosk.toml"), *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
                env={**os.environ, "KIOSK_DEV": str(self.folder / "dev")},  # no port but those of the configuration
            )
        self.ears.append(self._connected())
        if ready:
            for name in self.glasses:
                self.restored(name)

    def kill(self) -> None:
        """Pull the plug on the daemon: SIGKILL."""
        self.stop(signal.SIGKILL)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the daemon. Its socket stays behind after a kill, and would be taken for the next one's."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(PATIENCE_S)
            for ear in self.ears:
                ear.close()
            self.socket.unlink(missing_ok=True)
        self.process = None

    def restored(self, name: str = "main", since: int = 0) -> float:
        """Wait until the station says that it is ready, and its library is as it should be; returns the moment of that."""

        def done(station: StationStatus) -> bool:
            return station.health is ScannerHealth.READY and not station.waiting and self.agrees(name)

        self.until(done, name, since)
        return time.monotonic()

    def until(self, condition: Callable[[StationStatus], bool], name: str = "main", since: int = 0) -> float:
        """Wait until what the station says of itself satisfies `condition`; returns the moment at which it said so."""

        def wanted(event: Event) -> bool:
            return isinstance(event, Status) and any(each.name == name and condition(each) for each in event.stations)

        return self.ear.wait(wanted, since)[0]

    def agrees(self, name: str) -> bool:
        """Whether the scanner holds in every slot what the store says: seen from outside, by the emulator's memory."""
        library = self.library(name)
        return len(library) > 0 and library == self.templates(name)

    def templates(self, name: str = "main") -> dict[int, bytes]:
        """What lies in the scanner's slots."""
        emulator = self.emulator(name)
        with emulator._lock:
            return emulator.device.templates()

    def swap(self, seed: int, name: str = "main", *, model: str) -> Emulator:
        """Put another scanner in the place of the first, which is gone."""
        self.emulator(name).close()
        self.glasses[name] = Glass(drivers.start_emulator(model, link=self.folder / name, instant=True, seed=seed))
        return self.emulator(name)

    def library(self, name: str) -> dict[int, bytes]:
        """What the store says of the scanner's slots: the template of each finger, as it was enrolled."""
        device = self.emulator(name).device
        with self.client() as client:
            slots: dict[str, dict[str, int]] = {
                uid: view["slots"]
                for uid in (member.uid for member in client.members())
                for view in client.ask(list[dict], "fingers", uid=uid)
            }
        return {slots[uid][name]: device.make(people.finger_of(uid)) for uid in slots if name in slots[uid]}

    def press(self, finger: str, name: str = "main", timeout: float = PATIENCE_S) -> list[tuple[float, ScanResult]]:
        """Put a finger on the glass, wait for the first answer, lift; returns it and how long it took, or nothing if none came.

        Nothing of the press is left when this returns: the kiosk has looked at the empty glass, or nobody looks.
        """
        glass = self.glasses[name]
        since = len(self.ear.events)
        began = time.monotonic()
        glass.emulator.place(finger)
        came = self.ear.look(lambda event: isinstance(event, ScanResult) and event.station == name, since, timeout)
        glass.emulator.lift()
        glass.await_looks(timeout=PATIENCE_S if came else 1.0)
        if came is None:
            return []
        assert isinstance(came[1], ScanResult)
        return [(came[0] - began, came[1])]

    def _connected(self) -> Ear:
        until = time.monotonic() + PATIENCE_S
        assert self.process is not None
        while True:
            try:
                return Ear(self.socket)
            except DaemonGoneError:
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.05)
                assert self.process.returncode is None, self.journal.decode()
                assert time.monotonic() < until, self.journal.decode()


@contextmanager
def premises(
    folder: Path,
    models: Mapping[str, str] | None = None,
    *,
    count: int = 5,
    more: str = "",
    stations: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    key: Path | None = None,
    enrolled: bool = True,
) -> Iterator[Premises]:
    """A running kiosk with `models` of scanners by station (an R307 at `main`), and `count` people in their libraries.

    `more` goes into its configuration, `stations` into the part of each station. Its template key is a copy of `key`, or a fresh one.
    The people are only members if they are not to be `enrolled`.
    """
    models = models or {"main": "r307"}
    for each in ("dev", "credentials", "data"):
        (folder / each).mkdir(mode=0o700, parents=True)
    with ExitStack() as stack:
        place = Premises(folder, {}, arguments=arguments)
        for seed, (name, model) in enumerate(models.items()):
            place.glasses[name] = Glass(drivers.start_emulator(model, link=folder / name, instant=True, seed=seed))
        stack.callback(lambda: [glass.emulator.close() for glass in place.glasses.values()])
        _configure(place, more, stations or {})
        if key is None:
            new_key(place.credentials)
        else:
            shutil.copy(key, place.credentials / KEY_FILE)
        _people(place, count, enrolled=enrolled)
        stack.callback(place.stop)
        place.start(ready=enrolled)
        yield place


def _configure(place: Premises, more: str, stations: Mapping[str, str]) -> None:
    parts = [CONFIG.format(folder=place.folder), more]
    for name in place.glasses:
        parts += [STATION.format(name=name, folder=place.folder, polls=POLLS), stations.get(name, "")]
    (place.folder / "kiosk.toml").write_text("\n".join(parts), encoding="utf-8")


def _people(place: Premises, count: int, *, enrolled: bool) -> None:
    store = Store.open(place.folder / "data" / "kiosk.db")
    vault = Vault(store, read_keys(str(place.credentials)))
    if not enrolled:
        store.members.replace_all([member for member, _ in people.people(count)], 1)
        store.close()
        return
    made: dict[str, Emulator] = {place.emulator(name).device.model: place.emulator(name) for name in place.glasses}
    for emulator in made.values():
        people.fill(store, vault, emulator.device, count)
    store.close()
