"""The large part of the screen."""

from textual.content import Content

from kiosk.screen.face import Face, Mood
from kiosk.screen.layout import Role, arrange
from kiosk.screen.widgets.cell import Cell

_WEIGHTS = {
    Role.TITLE: "bold",
    Role.KICKER: "bold",
    Role.PICTURE: "",
    Role.WHEN: "bold",
    Role.DETAIL: "",
    Role.HINT: "",
    Role.BLANK: "",
}


class Card(Cell[Face]):
    """Shows a face; its mood is a class of the widget, which the style sheet colours."""

    def __init__(self, face: Face) -> None:
        super().__init__(face, id="card")
        self.add_class(face.mood.value)

    def show(self, value: Face) -> None:
        """Show `value` in the colours of its mood."""
        if value.mood is not self.shown.mood:
            self.remove_class(*(mood.value for mood in Mood))
            self.add_class(value.mood.value)
        super().show(value)

    def draw(self, value: Face, width: int, height: int) -> Content:
        """Lay the face out, in the grandest way that fits."""
        lines = arrange(value, width, height)
        # A hint that is always there stays in the background; after an answer it is advice.
        weights = _WEIGHTS | {Role.HINT: "dim"} if value.mood is Mood.READY else _WEIGHTS
        return Content("\n").join(Content.styled(line.words, weights[line.role]) for line in lines)
