"""A part of the screen that is drawn again only when what it shows has changed."""

from typing import Generic, TypeVar

from textual.content import Content
from textual.widget import Widget

Shown = TypeVar("Shown")


class Cell(Widget, Generic[Shown], inherit_bindings=False):
    """Shows one frozen value. Subclasses say in `draw` how it looks in the columns and rows that they have."""

    ALLOW_SELECT = False

    def __init__(self, shown: Shown, *, id: str) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id, markup=False)
        self._shown = shown

    def show(self, value: Shown) -> None:
        """Show `value`; costs nothing if it is what is shown already."""
        if value != self._shown:
            self._shown = value
            self.refresh()

    @property
    def shown(self) -> Shown:
        """The value on the screen."""
        return self._shown

    def render(self) -> Content:
        """Draw the value into the size there is."""
        return self.draw(self._shown, self.size.width, self.size.height)

    def draw(self, value: Shown, width: int, height: int) -> Content:
        """Lay `value` out in `width` columns and `height` rows."""
        raise NotImplementedError
