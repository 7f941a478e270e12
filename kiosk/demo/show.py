"""The demonstration on the real screen, with keys that stand for fingers, the scanner's plug and the network's."""

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

import click

import drivers
from kiosk.demo.hands import STRANGER, Hands, finger_of
from kiosk.demo.stage import Stage
from kiosk.models import Member
from kiosk.screen import DemoKey, run

REPEAT_S = 20
TOUCH_S = 1.5
"""Seconds that a key leaves its finger on the glass."""

log = logging.getLogger(__name__)


def perform(language: str) -> int:
    """Enrol three members, then open the screen; returns its exit code."""
    with Stage(repeat_seconds=REPEAT_S) as stage:
        with stage.client() as watcher, stage.client() as kiosk:
            hands = Hands(stage, watcher)
            people = kiosk.members()
            for member in people:
                click.echo(f"enrolling {member.name}")
                hands.enrol(member)
        glass = Glass(stage)
        try:
            return run(stage.socket, keys=_keys(glass, people), language=language)
        finally:
            glass.close()


class Glass:
    """The emulated glass, the scanner's plug and the line to Kemru. Every action returns at once: the screen calls it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lock = threading.Lock()
        self._line = threading.Lock()
        self._timer: threading.Timer | None = None
        self._finger: str | None = None
        self._unplugged = False

    def touch(self, finger: str) -> None:
        """Put a finger on the glass for a moment; the same key again lifts it at once."""
        with self._lock:
            held = self._finger
            self._lift()
            if held != finger:
                drivers.place_finger(self._stage.scanner, finger)
                self._finger = finger
                self._timer = threading.Timer(TOUCH_S, self.lift)
                self._timer.start()

    def lift(self) -> None:
        """Take the finger off."""
        with self._lock:
            self._lift()

    def plug(self) -> None:
        """Pull the scanner's plug, or put it back."""
        with self._lock:
            self._unplugged = not self._unplugged
            drivers.emulator_request(self._stage.scanner, "unplug" if self._unplugged else "replug")

    def network(self) -> None:
        """Cut Kemru off, or bring it back. A key pressed while that goes on does nothing."""
        if self._line.acquire(blocking=False):
            threading.Thread(target=self._change_line, daemon=True).start()

    def close(self) -> None:
        """Leave no timer behind, and no sandbox half started."""
        self._line.acquire()  # and never give it back: the line stays as it is
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()

    def _change_line(self) -> None:
        try:
            (self._stage.connect_kemru if self._stage.kemru_is_cut else self._stage.cut_kemru)()
        finally:
            self._line.release()

    def _lift(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._finger is not None:
            self._finger = None
            drivers.lift_finger(self._stage.scanner)


def _keys(glass: Glass, people: Sequence[Member]) -> list[DemoKey]:
    def key(letter: str, label: str, action: Callable[[], None]) -> DemoKey:
        return DemoKey(letter, label, action)

    fingers = [
        key(letter, member.name.split()[0], partial(glass.touch, finger_of(member)))
        for letter, member in zip("abcdefgh", people, strict=False)
    ]
    return [
        *fingers,
        key("x", "a stranger", partial(glass.touch, STRANGER)),
        key("space", "lift", glass.lift),
        key("u", "plug", glass.plug),
        key("k", "Kemru", glass.network),
    ]
