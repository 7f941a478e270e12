"""The page for the administrator: everything the daemon says of itself, read-only."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from kiosk.screen.page import Row
from kiosk.screen.widgets.facts import Facts
from kiosk.screen.widgets.top_line import Top, TopLine


class StatusScreen(Screen[None], inherit_bindings=False):
    """Rows of facts that scroll; Esc goes back."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.leave", show=False)]

    def __init__(self, top: Top) -> None:
        super().__init__()
        self._top = top

    def compose(self) -> ComposeResult:
        """Put a title above the facts."""
        yield TopLine()
        with VerticalScroll():
            yield Facts()

    def on_mount(self) -> None:
        """Show the title."""
        self.query_one(TopLine).show(self._top)

    def show(self, rows: tuple[Row, ...]) -> None:
        """Show what is known now."""
        self.query_one(Facts).show(rows)
