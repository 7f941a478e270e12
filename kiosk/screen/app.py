"""The Textual application: carries what the reader hears to the view, and what the view says to the widgets."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from kiosk.screen import page
from kiosk.screen.caller import Caller
from kiosk.screen.chips import Level
from kiosk.screen.entry import DIGITS, Entry
from kiosk.screen.keys import DemoKey
from kiosk.screen.messages import Answered, Enrolled, Lost, Scanned, Told
from kiosk.screen.plain import plain
from kiosk.screen.reader import Reader
from kiosk.screen.screens.ready import ReadyScreen, Shown
from kiosk.screen.screens.status import StatusScreen
from kiosk.screen.terminal import terminal_size
from kiosk.screen.view import View
from kiosk.screen.widgets.top_line import Top
from kiosk.screen.words import date, short_date
from kiosk.texts import text

if TYPE_CHECKING:
    from textual.timer import Timer

PAGE_S = 60.0
"""Seconds without a key after which the status page closes by itself."""


def _utc() -> datetime:
    return datetime.now(UTC)


class KioskApp(App[None], inherit_bindings=False):
    """Shows the kiosk whose daemon listens on `socket`.

    `keys` are the demo's; with them `q` and Ctrl-Q quit, without them no key does. `now` and `monotonic` are the clock.
    """

    CSS_PATH = "kiosk.tcss"
    TITLE = "Kiosk"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    ESCAPE_TO_MINIMIZE = False
    CLOSE_TIMEOUT = 3.0
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2,s", "status_page", show=False)]

    def __init__(
        self,
        socket: Path,
        *,
        keys: Sequence[DemoKey] = (),
        language: str = "en",
        now: Callable[[], datetime] = _utc,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self._keys = {key.key: key for key in keys}
        self._language = language
        self._now = now
        self._monotonic = monotonic
        self._view = View(language)
        self._reader = Reader(socket, self.post_message)
        self._caller = Caller(socket, self.post_message)
        self._entry = Entry(language, self._caller.send)
        self._expiry: Timer | None = None
        self._idle: Timer | None = None

    def get_default_screen(self) -> Screen[None]:
        """Begin with the page for the people at the glass."""
        return ReadyScreen(self._view.face(self._monotonic()), tuple(self._keys.values()))

    def on_mount(self) -> None:
        """Start to listen, and to tick."""
        if not self.is_headless:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)
        self._reader.start()
        self._show()
        # From the next full second on, so that the clock turns when it should.
        self.set_timer(1.0 - self._now().microsecond / 1_000_000, self._tick)

    def on_unmount(self) -> None:
        """Stop listening."""
        self.hang_up()

    def hang_up(self) -> None:
        """Leave the daemon: what was heard last stays on the screen until it goes stale. Safe to call twice."""
        self._reader.close()
        self._caller.close()

    def on_scanned(self, message: Scanned) -> None:
        """Somebody waits for an answer: show it at once, whatever was on the screen."""
        self._entry.scanned(message.result, self._monotonic())
        self._show_for(self._view.scanned(message.result, self._monotonic()))

    def on_answered(self, message: Answered) -> None:
        """Somebody has typed a number or a PIN: say what comes of it."""
        result = self._entry.answered(message.reply, self._monotonic())
        if result is not None:
            self.on_scanned(Scanned(result))
        else:
            self._show()

    def on_enrolled(self, message: Enrolled) -> None:
        """Show how the enrolment goes on."""
        self._entry.close(self._monotonic())
        self._show_for(self._view.enrolled(message.progress, self._monotonic()))

    def on_told(self, message: Told) -> None:
        """Show the new state of things."""
        self._view.told(message.status, self._monotonic())
        self._show()

    def on_lost(self, message: Lost) -> None:
        """Say that the daemon is gone."""
        self._view.lost(message.trouble)
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Choose anew what fits, once the screen has its new size."""
        del event
        self.call_after_refresh(self._show)

    def on_key(self, event: events.Key) -> None:
        """Do what the demo's key says, or type; keep the status page open for those who use it."""
        if self._idle is not None:
            self._idle.reset()
        if self._keys and event.key in {"q", "ctrl+q"}:
            self.exit()
        elif event.key in self._keys:
            self._keys[event.key].action()
        elif isinstance(self.screen, ReadyScreen):
            self._type(event.key)

    async def action_quit(self) -> None:
        """Stay: a kiosk's screen has no way out."""

    def action_status_page(self) -> None:
        """Open the page for the administrator."""
        if isinstance(self.screen, StatusScreen) or self._entry.is_open or self._view.is_firm(self._monotonic()):
            return
        titles = Top(text("page_title", self._language), (text("page_hint", self._language),))
        self.push_screen(StatusScreen(titles))
        self._idle = self.set_timer(PAGE_S, self.action_leave)
        self.call_after_refresh(self._show)

    def action_leave(self) -> None:
        """Go back from the status page."""
        if self._idle is not None:
            self._idle.stop()
            self._idle = None
        if isinstance(self.screen, StatusScreen):
            self.pop_screen()
            self.call_after_refresh(self._show)

    def _type(self, key: str) -> None:
        now = self._monotonic()
        if self._entry.is_open or (key in DIGITS and self._view.listens(now)):
            self._view.dismiss()
            self._entry.press(key, now)
            self._show()

    def _tick(self) -> None:
        self._second()
        self.set_interval(1.0, self._second)

    def _second(self) -> None:
        self._fit()
        self._show()

    def _fit(self) -> None:
        """Find a change of size that was lost on its way.

        Textual reads the size within the signal's handler. A second signal that interrupts it is posted first, and the older size
        last. And its timer, which carries the size to the screen, ends without a word when the process was kept waiting as it began.
        """
        true = None if self.is_headless else terminal_size()
        if true is not None and true != self.size:
            self.post_message(events.Resize(true, true))
        elif self.screen_stack and self.screen.size != self.size:
            self.screen.post_message(events.Resize(self.size, self.size))

    def _show_for(self, seconds: float) -> None:
        if self._expiry is not None:
            self._expiry.stop()
        self._expiry = self.set_timer(seconds, self._show)
        self.action_leave()
        self._show()

    def _show(self) -> None:
        now = self._monotonic()
        self._entry.expire(now)
        if self._entry.is_open and not self._view.listens(now):
            self._entry.close(now)
        # While the app closes there is no screen left, and what was heard last has nobody to be told to.
        screen = self.screen_stack[-1] if self.screen_stack else None
        if isinstance(screen, ReadyScreen) and screen.is_mounted:
            screen.show(self._shown())
        elif isinstance(screen, StatusScreen) and screen.is_mounted:
            screen.show(self._rows())

    def _shown(self) -> Shown:
        now = self._monotonic()
        local = self._view.local(self._now())
        return Shown(
            face=self._entry.face(now) or self._view.face(now),
            chips=tuple(self._view.chips(now)),
            site=plain(self._view.status.site if self._view.status else ""),
            dates=(date(local, self._language), short_date(local, self._language)),
            time=f"{local:%H:%M:%S}",
            time_unset=self._view.clock_unset,
        )

    def _rows(self) -> tuple[page.Row, ...]:
        alarms = [
            page.Row(text("page_trouble", self._language), chip.words, Level.BAD)
            for chip in self._view.alarms(self._monotonic())
        ]
        known = page.rows(self._view.status, self._language) if self._view.status else []
        return (*alarms, *known)
