"""Keys that `kiosk demo` adds to the screen. The screen of a real kiosk has none."""

from collections.abc import Callable
from dataclasses import dataclass

RESERVED = frozenset({"f2", "s", "escape", "q", "ctrl+q", "backspace", "enter", "ctrl+j", *"0123456789"})
"""Keys with a meaning of their own, in Textual's names."""


@dataclass(frozen=True, slots=True)
class DemoKey:
    """One more key: `key` in Textual's names ("a", "u", "f5"), `label` for the hint line, and what it does.

    `action` runs in the screen's own thread and has to return at once. Raises ValueError for a reserved key.
    """

    key: str
    label: str
    action: Callable[[], None]

    def __post_init__(self) -> None:
        if self.key in RESERVED:
            raise ValueError(f"the screen keeps the key {self.key!r} for itself; choose another one")
