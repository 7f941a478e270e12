"""Big letters and pictures out of block elements, which every console font has.

A bitmap is a list of equally long strings, `#` for ink. Two rows of pixels share one row of cells.
"""

from collections.abc import Sequence

Bitmap = Sequence[str]

_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def halves(bitmap: Bitmap) -> list[str]:
    """Draw a bitmap with one column a pixel and two pixels a cell."""
    rows = list(bitmap)
    if len(rows) % 2:
        rows.append("." * len(rows[0]))
    return [
        "".join(_HALVES[upper == "#", lower == "#"] for upper, lower in zip(top, bottom, strict=True))
        for top, bottom in zip(rows[::2], rows[1::2], strict=True)
    ]


def blocks(bitmap: Bitmap) -> list[str]:
    """Draw a bitmap with two columns a pixel and one pixel a cell: twice as large as `halves`."""
    return ["".join("██" if pixel == "#" else "  " for pixel in row) for row in bitmap]


def beside(bitmaps: Sequence[Bitmap]) -> list[str]:
    """Set bitmaps of one height side by side, one empty column between them."""
    return [".".join(rows) for rows in zip(*bitmaps, strict=True)]
