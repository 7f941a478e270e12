"""The rows of the status page."""

from textual.content import Content

from kiosk.screen.chips import SIGNS
from kiosk.screen.page import Row
from kiosk.screen.widgets.cell import Cell
from kiosk.screen.widgets.status_line import STYLES

_LABEL_CELLS = 24


class Facts(Cell[tuple[Row, ...]]):
    """Shows rows of a label and its words; as high as they need."""

    def __init__(self) -> None:
        super().__init__((), id="facts")

    def show(self, value: tuple[Row, ...]) -> None:
        """Show `value`; the height changes only when a row comes or goes."""
        grown = len(value) != len(self.shown)
        super().show(value)
        if grown:
            self.refresh(layout=True)

    def draw(self, value: tuple[Row, ...], width: int, height: int) -> Content:
        """Set one row below the other; long words wrap."""
        del height
        return Content("\n").join(_drawn(row, width) for row in value)


def _drawn(row: Row, width: int) -> Content:
    if width < 2 * _LABEL_CELLS:
        return Content.assemble((f"{SIGNS[row.level]} ", STYLES[row.level]), (f"{row.label}: ", "bold"), row.words)
    label = Content.styled(row.label, "bold").truncate(_LABEL_CELLS - 2, ellipsis=True)
    sign = Content.styled(f"{SIGNS[row.level]} " if row.label else "  ", STYLES[row.level])
    words = Content("\n" + " " * (_LABEL_CELLS + 2)).join(
        Content(row.words).wrap(width - _LABEL_CELLS - 2) or [Content("")]
    )
    return sign + label + " " * (_LABEL_CELLS - label.cell_length) + words
