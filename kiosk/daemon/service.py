"""The whole daemon on one page: what starts, in which order, and how it stops in reverse.

lock → store → control ──┐
              stations ──┼─ workers ─ watchdog
              lanes ─────┤
              jobs ──────┘

Lanes and jobs begin when the scanners do: what they load would keep the first finger waiting.
"""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk.clock import Clock, SystemClock
from kiosk.config import Settings
from kiosk.control.server import ControlServer
from kiosk.daemon.desk import Desk
from kiosk.daemon.lock import InstanceLock
from kiosk.daemon.notify import Notifier
from kiosk.daemon.outside import Outside
from kiosk.daemon.stations import build_readers
from kiosk.daemon.upkeep import Upkeep
from kiosk.daemon.worker import Worker
from kiosk.errors import Exit
from kiosk.store import SaveUnknown, Store, StoreDamaged, StoreError, StoreMissing
from kiosk.views import ScannerHealth

log = logging.getLogger(__name__)

TICK_S = 1.0
"""Seconds between looks at the workers, and between status events for those who watch."""

HEAD_START_S = 3.0
"""Seconds that the scanners may take to open before the lanes begin all the same."""

STOP_WITHIN_S = 5.0
LOOK_S = 0.02
STEP_DEADLINE_S = 20.0
SCANNER_DEADLINE_S = 45.0
"""A GT-521F52 is asked for each of its 3,000 slots when it is opened, which takes 24 s at the worst."""

DELIVERY_SLACK_S = 60.0
SLEPT_S = 10.0
"""Between two looks at the workers: more means that the machine was suspended, and that nobody could show life."""

FATAL = (SaveUnknown, StoreDamaged, StoreMissing)
"""What only a fresh start can clear. Anything else the disk may do again or not: the kiosk refuses fingers, and says so."""


def run(settings: Settings, *, clock: Clock | None = None, stop: threading.Event | None = None) -> Exit:
    """Run the kiosk until SIGTERM, SIGINT or `stop`; returns how it ended.

    Raises AlreadyRunningError, and StoreError when the database cannot be opened: then nothing was started.
    """
    clock = clock or SystemClock(settings.site.zone, manual=settings.clock.trust == "manual")
    folder = Path(settings.site.data)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        stack.callback(log.info, "stopped")
        lock = InstanceLock(folder)
        stack.callback(lock.close)
        store = Store.open(folder / "kiosk.db")
        stack.callback(store.close)
        daemon = Daemon(settings, store, clock, stop or threading.Event())
        stack.callback(daemon.close)
        return daemon.run()


class Daemon:
    """The parts, wired together. `run` blocks; everything else is called by it or by `run`'s caller afterwards."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, stop: threading.Event) -> None:
        self._store = store
        self._clock = clock
        self._stop = stop
        self._exit = Exit.OK
        self._storage = ""
        self._ticked = clock.monotonic()
        self._notifier = Notifier()
        self._outside = Outside(settings.kemru, store, clock)
        self._upkeep = Upkeep(settings.templates, store)
        self._readers = build_readers(
            settings, store, clock, self._upkeep.vault, publish=self._publish, changed=self._status_changed
        )
        self._desk = Desk(settings, store, clock, self._readers, self._outside, self._upkeep)
        self._control = ControlServer(
            Path(settings.control.socket), self._desk.methods(), greet=self._desk.status, group=settings.control.group
        )
        self._workers = self._hire(settings)

    def run(self) -> Exit:
        """Start everything, watch it, stop everything."""
        recovered = self._store.outbox.recover()
        if recovered:
            log.info("%d deliveries were in flight at the last stop; they will be looked up first", recovered)
        with _signals(self._stop):
            try:
                self._start()
                self._notifier.ready("taking fingers")
                log.info("ready")
                while not self._clock.wait(self._stop, TICK_S):
                    self._tick()
            finally:
                self._notifier.stopping()
                self._halt()
        return self._exit

    def _start(self) -> None:
        late = {name for name, _ in self._outside.steps()}
        for worker in self._workers:
            if worker.name not in late:
                worker.start()
        until = self._clock.monotonic() + HEAD_START_S
        while any(reader.status.health is ScannerHealth.STARTING for reader in self._readers.values()):
            if self._clock.monotonic() > until or self._clock.wait(self._stop, LOOK_S):
                break
        for worker in self._workers:
            if worker.name in late:
                worker.start()

    def close(self) -> None:
        """Let go of ports and sockets, in the reverse order of their making."""
        for reader in self._readers.values():
            reader.close()
        self._control.close()
        self._outside.close()

    def _hire(self, settings: Settings) -> list[Worker]:
        slow = settings.kemru.deadline_seconds + DELIVERY_SLACK_S
        steps: list[tuple[str, Callable[[], float], float]] = [("control", self._serve, STEP_DEADLINE_S)]
        steps += [(f"station-{name}", reader.step, SCANNER_DEADLINE_S) for name, reader in self._readers.items()]
        steps.append(("templates", self._upkeep.step, STEP_DEADLINE_S))
        steps += [(name, step, slow) for name, step in self._outside.steps()]
        workers = [
            Worker(name, step, clock=self._clock, deadline=deadline, on_death=self._on_death)
            for name, step, deadline in steps
        ]
        self._outside.wake_with({worker.name: worker.wake for worker in workers})
        return workers

    def _serve(self) -> float:
        self._control.step(TICK_S)
        return 0.0

    def _publish(self, event: object) -> None:
        self._control.publish(event)  # type: ignore[arg-type]  # ScanResult | EnrolProgress, checked by Reader
        self._outside.wake()

    def _status_changed(self) -> None:
        self._control.publish(self._desk.status())

    def _tick(self) -> None:
        self._mind_store()
        self._status_changed()
        self._mind_sleep()
        stalled = [worker.name for worker in self._workers if worker.stalled]
        if stalled:
            log.error("no sign of life from %s; the watchdog is not fed", ", ".join(stalled))
        else:
            self._notifier.beat()

    def _mind_store(self) -> None:
        try:
            self._store.probe()
        except FATAL as error:
            self._give_up("storage", error)
        except (StoreError, OSError) as error:
            if str(error) != self._storage:
                log.error("storage: %s", error)
            self._storage = str(error)
        else:
            self._storage = ""

    def _mind_sleep(self) -> None:
        now = self._clock.monotonic()
        if now - self._ticked > SLEPT_S:
            for worker in self._workers:
                worker.excuse()
        self._ticked = now

    def _on_death(self, name: str, error: Exception) -> bool:
        """A worker's step failed. After a disk error nobody knows what was written: only a fresh start can tell."""
        if isinstance(error, FATAL):
            self._give_up(name, error)
            return False
        log.error("%s died and will be started again", name, exc_info=error)
        return True

    def _give_up(self, name: str, error: Exception) -> None:
        log.critical("%s: %s; stopping, so that the database is opened afresh", name, error)
        self._exit = Exit.IO
        self._stop.set()

    def _halt(self) -> None:
        for worker in reversed(self._workers):
            worker.stop()
        self._control.wake()
        until = self._clock.monotonic() + STOP_WITHIN_S
        for worker in reversed(self._workers):
            if not worker.join(max(until - self._clock.monotonic(), 0.0)):
                log.error("%s did not stop within %.0f s and is left behind", worker.name, STOP_WITHIN_S)


@contextlib.contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Turn SIGTERM and SIGINT into `stop`, where the process's main thread runs us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
