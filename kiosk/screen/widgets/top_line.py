"""The line at the top: where this kiosk stands, the date and the time."""

from dataclasses import dataclass

from textual.content import Content

from kiosk.screen.widgets.cell import Cell

_LEAST_NAME = 12
"""Columns that the name of the site keeps before the date is shortened."""


@dataclass(frozen=True, slots=True)
class Top:
    """What the top line says: `left`, and on the right the first of `rights` that leaves room for it."""

    left: str
    rights: tuple[str, ...]


class TopLine(Cell[Top]):
    """Shows a name at the left edge and a date at the right one."""

    def __init__(self) -> None:
        super().__init__(Top("", ("",)), id="top")

    def draw(self, value: Top, width: int, height: int) -> Content:
        """Put both at their edges; the time is the last to go."""
        del height
        wanted = min(Content(value.left).cell_length, _LEAST_NAME)
        fitting = (right for right in value.rights if Content(right).cell_length + 2 + wanted <= width)
        right = Content(next(fitting, value.rights[-1])).truncate(max(1, width))
        room = width - right.cell_length - 2
        if room < 1:
            return right
        left = Content.styled(value.left, "bold").truncate(room, ellipsis=True)
        return left + " " * (width - left.cell_length - right.cell_length) + right
