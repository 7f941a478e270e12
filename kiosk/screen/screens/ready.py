"""The page for the people at the glass."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.screen import Screen

from kiosk.screen.chips import Chip
from kiosk.screen.face import Face, Mood
from kiosk.screen.keys import DemoKey
from kiosk.screen.widgets.card import Card
from kiosk.screen.widgets.clock import Clock
from kiosk.screen.widgets.hints import Hints
from kiosk.screen.widgets.status_line import StatusLine
from kiosk.screen.widgets.top_line import Top, TopLine

_CLOCK_ROWS = 20
_CLOCK_COLUMNS = 44
"""Rows and columns below which the large clock leaves its room to the card."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything on the page. `dates` are ways to say the date, the longest first."""

    face: Face
    chips: tuple[Chip, ...]
    site: str
    dates: tuple[str, ...]
    time: str
    time_unset: bool


class ReadyScreen(Screen[None], inherit_bindings=False):
    """A clock, a card and the truth in one line."""

    AUTO_FOCUS = None
    ALLOW_SELECT = False

    def __init__(self, face: Face, keys: Sequence[DemoKey]) -> None:
        super().__init__()
        self._face = face
        self._keys = tuple(keys)

    def compose(self) -> ComposeResult:
        """Put the parts below each other."""
        yield TopLine()
        yield Clock()
        yield Card(self._face)
        if self._keys:
            yield Hints(self._keys)
        yield StatusLine()

    def show(self, shown: Shown) -> None:
        """Hand each part its value."""
        roomy = self.size.height >= _CLOCK_ROWS and self.size.width >= _CLOCK_COLUMNS
        large = roomy and shown.face.mood is Mood.READY
        rights = (*(f"{day}   {shown.time}" for day in shown.dates), shown.time)
        self.query_one(TopLine).show(Top(shown.site, rights))
        clock = self.query_one(Clock)
        clock.set_class(shown.time_unset, "unset")
        if clock.display != large:
            clock.display = large
        # Minutes only: a line of small seconds above costs a seventh of redrawing large ones.
        clock.show(shown.time[:5])
        self.query_one(Card).show(shown.face)
        self.query_one(StatusLine).show(shown.chips)
