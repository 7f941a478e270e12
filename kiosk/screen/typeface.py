"""A typeface of five pixels' height: Latin capitals for names and headlines, digits for the clock."""

import unicodedata
from collections.abc import Iterable

from kiosk.screen.pixels import Bitmap, beside

_LETTERS = {
    "A": ".###. #...# ##### #...# #...#",
    "B": "####. #...# ####. #...# ####.",
    "C": ".#### #.... #.... #.... .####",
    "D": "####. #...# #...# #...# ####.",
    "E": "##### #.... ####. #.... #####",
    "F": "##### #.... ####. #.... #....",
    "G": ".#### #.... #..## #...# .####",
    "H": "#...# #...# ##### #...# #...#",
    "I": "### .#. .#. .#. ###",
    "J": "..### ...#. ...#. #..#. .##..",
    "K": "#...# #..#. ###.. #..#. #...#",
    "L": "#.... #.... #.... #.... #####",
    "M": "#...# ##.## #.#.# #...# #...#",
    "N": "#...# ##..# #.#.# #..## #...#",
    "O": ".###. #...# #...# #...# .###.",
    "P": "####. #...# ####. #.... #....",
    "Q": ".###. #...# #.#.# #..#. .##.#",
    "R": "####. #...# ####. #..#. #...#",
    "S": ".#### #.... .###. ....# ####.",
    "T": "##### ..#.. ..#.. ..#.. ..#..",
    "U": "#...# #...# #...# #...# .###.",
    "V": "#...# #...# #...# .#.#. ..#..",
    "W": "#...# #...# #.#.# ##.## #...#",
    "X": "#...# .#.#. ..#.. .#.#. #...#",
    "Y": "#...# .#.#. ..#.. ..#.. ..#..",
    "Z": "##### ...#. ..#.. .#... #####",
    " ": "... ... ... ... ...",
    "'": "# # . . .",
    "-": "... ... ### ... ...",
    ".": ". . . . #",
    ",": ".. .. .. .# #.",
    "_": "... ... ... ... ###",
    "•": "... ### ### ### ...",
}
_DIGITS = {
    "0": "### #.# #.# #.# ###",
    "1": ".#. ##. .#. .#. ###",
    "2": "### ..# ### #.. ###",
    "3": "### ..# ### ..# ###",
    "4": "#.# #.# ### ..# ..#",
    "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###",
    "7": "### ..# ..# ..# ..#",
    "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###",
    ":": ". # . # .",
}
_FACE = {sign: tuple(rows.split(" ")) for sign, rows in (_LETTERS | _DIGITS).items()}


def lettered(words: str) -> Bitmap | None:
    """Set `words` in capitals. None where the typeface lacks a letter: better shown as they are than mangled."""
    signs = _bare(words.upper())
    if not signs or any(sign not in _FACE for sign in signs):
        return None
    return beside([_FACE[sign] for sign in signs])


def wrapped(words: str, width: int, lines: int) -> list[Bitmap] | None:
    """Set `words` in at most `lines` lines of `width` pixels, broken between words; None where they do not fit."""
    set_lines: list[Bitmap] = []
    waiting = words.split()
    while waiting:
        taken = next((count for count in range(len(waiting), 0, -1) if _width(waiting[:count]) <= width), 0)
        if not taken or len(set_lines) == lines:
            return None
        bitmap = lettered(" ".join(waiting[:taken]))
        if bitmap is None:
            return None
        set_lines.append(bitmap)
        waiting = waiting[taken:]
    return set_lines or None


def _width(words: Iterable[str]) -> int:
    signs = _bare(" ".join(words).upper())
    return sum(len(_FACE.get(sign, _FACE[" "])[0]) + 1 for sign in signs) - 1


def _bare(words: str) -> str:
    """Drop accents, which five pixels have no room for."""
    return "".join(sign for sign in unicodedata.normalize("NFD", words) if unicodedata.category(sign) != "Mn")
