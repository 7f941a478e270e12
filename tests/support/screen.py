"""Drive the real screen against a real socket: what it shows as text, and a clock that tests move."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from kiosk.screen.app import KioskApp
from kiosk.screen.widgets.card import Card
from kiosk.screen.widgets.status_line import StatusLine
from tests.support.daemon_double import DaemonDouble


@dataclass
class Stage:
    """A running screen, the daemon it listens to, and its clock in seconds."""

    app: KioskApp
    pilot: Pilot[None]
    daemon: DaemonDouble
    seconds: list[float] = field(default_factory=lambda: [100.0])

    @property
    def mood(self) -> str:
        return self.app.screen_stack[0].query_one(Card).shown.mood.value

    @property
    def card(self) -> str:
        return str(self.app.screen_stack[0].query_one(Card).render())

    @property
    def line(self) -> str:
        return str(self.app.screen_stack[0].query_one(StatusLine).render())

    @property
    def text(self) -> str:
        """Every cell of the present screen, as a terminal would show it."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text[:width] for strip in strips[:height])

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Let the app go on until `condition` holds."""
        async with asyncio.timeout(seconds):
            while not condition():
                await self.pilot.pause(0.01)

    async def until_mood(self, mood: str) -> None:
        await self.until(lambda: self.mood == mood)
        await self.pilot.pause()


def now() -> datetime:
    """Eight in the morning in Nairobi."""
    return datetime(2026, 11, 23, 5, 1, 22, tzinfo=UTC)


def play(
    tmp_path: Path, scenario: Callable[[Stage], Awaitable[None]], *, size: tuple[int, int] = (80, 24), **settings: Any
) -> None:
    """Start daemon and screen, wait until they talk, and run `scenario` on them."""
    asyncio.run(_play(tmp_path / "control.sock", scenario, size, settings))


async def _play(
    path: Path, scenario: Callable[[Stage], Awaitable[None]], size: tuple[int, int], settings: dict[str, Any]
) -> None:
    seconds = [100.0]
    greeting = settings.pop("greeting", None)
    app = KioskApp(path, now=now, monotonic=lambda: seconds[0], **settings)
    with DaemonDouble(path, greeting) as daemon:
        async with app.run_test(size=size) as pilot:
            stage = Stage(app, pilot, daemon, seconds)
            await stage.until(lambda: daemon.watchers > 0 and stage.mood != "gone")
            await pilot.pause()
            await scenario(stage)
