"""The line at the bottom: the truth about the kiosk in a few words."""

from textual.content import Content

from kiosk.screen.chips import GAP, SIGNS, Chip, Level, pack
from kiosk.screen.widgets.cell import Cell

STYLES = {Level.GOOD: "$text-success", Level.DOUBT: "bold $text-warning", Level.BAD: "bold $text-error"}
"""The colour of a fact's sign, and of its words when they are not good."""

_ROOMY = 20
"""Rows of the terminal from which the status may take two of them."""


class StatusLine(Cell[tuple[Chip, ...]]):
    """Shows the chips that fit into a row, or into two where there is room; the worst before all others."""

    def __init__(self) -> None:
        super().__init__((), id="status")
        self._rows = 1

    def show(self, value: tuple[Chip, ...]) -> None:
        """Show `value`, in as many rows as it needs."""
        rows = len(pack(value, self.size.width, self._most)) or 1
        if rows != self._rows:
            self._rows = rows
            self.styles.height = rows
        super().show(value)

    def draw(self, value: tuple[Chip, ...], width: int, height: int) -> Content:
        """Set the chips side by side."""
        rows = pack(value, width, max(1, height))
        return Content("\n").join(_row(row).truncate(max(1, width), ellipsis=True) for row in rows)

    @property
    def _most(self) -> int:
        return 2 if self.screen.size.height >= _ROOMY else 1


def _row(chips: list[Chip]) -> Content:
    return Content(" " * GAP).join(
        Content.assemble((f"{SIGNS[chip.level]} ", STYLES[chip.level]), _words(chip)) for chip in chips
    )


def _words(chip: Chip) -> Content:
    return Content(chip.words) if chip.level is Level.GOOD else Content.styled(chip.words, STYLES[chip.level])
