"""Draw the manual's pictures of the screen: `python docs/screens/make.py`. The same screen gives the same file, byte for byte."""
# ruff: noqa: INP001  a script, not part of a package

import asyncio
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from textual.message import Message

from kiosk.models import ClockState, Direction, Lane
from kiosk.screen.app import KioskApp
from kiosk.screen.messages import Answered, Scanned, Told
from kiosk.screen.wishes import Waiting
from kiosk.views import LaneStatus, ScanKind, ScannerHealth, ScanResult, StationStatus, Status

HERE = Path(__file__).parent
SIZE = (100, 30)
AT = "2026-11-23T08:01:22+03:00"


def now() -> datetime:
    """The moment at which all pictures are taken, and `AT` in UTC."""
    return datetime(2026, 11, 23, 5, 1, 22, tzinfo=UTC)


def status(health: ScannerHealth = ScannerHealth.READY, detail: str = "") -> Status:
    """What a small school's kiosk says of itself."""
    return Status(
        site="Mwangaza Primary School",
        version="0.1.0",
        pid=412,
        now=AT,
        clock=ClockState.SYNCED,
        storage="ok",
        members=312,
        fingers=618,
        punches_today=147,
        stations=[StationStatus(name="gate", health=health, detail=detail, model="R503", used=180, capacity=200)],
        lanes=[LaneStatus(lane=Lane.ATTENDANCE, waiting=0, failed=0, oldest_age_s=None, last_delivered=AT)],
    )


UNPLUGGED = "The port /dev/fingerprint is gone. Check the scanner's cable."

WAIT = ScanResult(kind=ScanKind.WAIT, station="gate", at=AT, seconds=30.0)
CALLED = [*"20170", "enter", Answered(Waiting(1, 20.0))]

PICTURES: dict[str, list[Message | str]] = {
    "ready": [Told(status())],
    "welcome": [
        Told(status()),
        Scanned(ScanResult(kind=ScanKind.WELCOME, station="gate", at=AT, name="Wanjiku Kamau", direction=Direction.IN)),
    ],
    "number": [Told(status()), *CALLED[:5]],
    "finger": [Told(status()), *CALLED],
    "pin": [Told(status()), *CALLED, *"4711"],
    "wait": [Told(status()), Scanned(WAIT)],
    "fault": [Told(status(ScannerHealth.FAULT, UNPLUGGED))],
}


async def draw(steps: list[Message | str], socket: Path) -> str:
    """Show messages, and press keys, on a screen without a daemon, and take its picture."""
    # Time stands still, so that nothing passes before it is drawn.
    app = KioskApp(socket, now=now, monotonic=lambda: 0.0)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.hang_up()
        for step in steps:
            if isinstance(step, str):
                await pilot.press(step)
            else:
                app.post_message(step)
            await pilot.pause()
        await pilot.pause(0.1)
        return steady(app.export_screenshot())


def steady(svg: str) -> str:
    """Take out the number that Rich makes anew for each export, and the fonts it would fetch from elsewhere."""
    return re.sub(r"\s*@font-face \{.*?\}", "", re.sub(r"terminal-\d+", "terminal", svg), flags=re.DOTALL)


def main(target: Path = HERE) -> None:
    """Draw every picture into the folder `target`."""
    with tempfile.TemporaryDirectory() as folder:
        for name, steps in PICTURES.items():
            drawn = asyncio.run(draw(steps, Path(folder) / "nobody.sock"))
            (target / f"{name}.svg").write_text(drawn + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
