"""How large the terminal is, asked of the terminal itself."""

import os
import sys

from textual.geometry import Size


def terminal_size() -> Size | None:
    """Columns and rows of the terminal on standard error, where Textual draws; None if it does not know them, or is none."""
    try:
        columns, rows = os.get_terminal_size(sys.__stderr__.fileno() if sys.__stderr__ else -1)
    except (OSError, ValueError):
        return None
    return Size(columns, rows) if columns and rows else None
