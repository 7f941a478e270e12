"""The line of keys that the demo adds."""

from collections.abc import Sequence

from textual.content import Content

from kiosk.screen.keys import DemoKey
from kiosk.screen.widgets.cell import Cell


class Hints(Cell[tuple[DemoKey, ...]]):
    """Shows each key with its label."""

    def __init__(self, keys: Sequence[DemoKey]) -> None:
        super().__init__(tuple(keys), id="hints")

    def draw(self, value: tuple[DemoKey, ...], width: int, height: int) -> Content:
        """Set the keys side by side."""
        del height
        pairs = [(key.key, key.label) for key in value] + [("s", "status"), ("q", "quit")]
        shown = [Content.assemble((f" {key} ", "reverse bold"), f" {label}") for key, label in pairs]
        return Content("  ").join(shown).truncate(max(1, width), ellipsis=True)
