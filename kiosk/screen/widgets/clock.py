"""The large clock."""

from textual.content import Content

from kiosk.screen.pixels import blocks
from kiosk.screen.typeface import lettered
from kiosk.screen.widgets.cell import Cell


class Clock(Cell[str]):
    """Shows a time of day such as `08:01`, in plain figures where large ones do not fit."""

    def __init__(self) -> None:
        super().__init__("", id="clock")

    def draw(self, value: str, width: int, height: int) -> Content:
        """Draw the figures as large as they are in the typeface."""
        bitmap = lettered(value)
        rows = blocks(bitmap) if bitmap else [""]
        fits = len(rows[0]) <= width and len(rows) <= height
        return Content("\n".join(rows) if fits else value[: max(0, width)])
