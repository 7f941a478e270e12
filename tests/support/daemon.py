"""A whole daemon in a thread, on an emulated scanner, with two members and without credentials."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import drivers
from kiosk.clock import SystemClock
from kiosk.config import parse
from kiosk.control.client import ControlClient
from kiosk.daemon.service import Daemon
from kiosk.models import Member
from kiosk.store import Store
from kiosk.views import ScannerHealth, Status

FULL_NAME = "ZOË ŊJOROGE"


@contextmanager
def daemon(folder: Path) -> Iterator[Path]:
    """Yields the control socket once the scanner is ready."""
    settings = parse(
        f'[site]\nname = "School"\ndata = "{folder}"\n[clock]\ntrust = "manual"\n'
        f'[[station]]\nscanner = "{folder}/scanner"\n[control]\nsocket = "{folder}/control.sock"\n'
    )
    stop = threading.Event()
    with drivers.start_emulator("r307", link=folder / "scanner", instant=True, seed=1):
        store = Store.open(folder / "kiosk.db")
        for uid, name in (("1", FULL_NAME), ("2", "BARAKA")):
            store.members.put(Member(uid=uid, name=name))
        running = Daemon(settings, store, SystemClock("UTC", manual=True), stop)
        thread = threading.Thread(target=running.run)
        thread.start()
        try:
            _await_ready(folder / "control.sock")
            yield folder / "control.sock"
        finally:
            stop.set()
            thread.join(10)
            running.close()
            store.close()


def _await_ready(socket: Path) -> None:
    with ControlClient(socket, timeout=10) as kiosk:
        for number, event in enumerate(kiosk.watch()):
            if isinstance(event, Status) and event.stations[0].health is ScannerHealth.READY:
                return
            assert number < 20, event
