"""Set a face into a given number of columns and rows: the grandest arrangement that fits, down to one line. Pure."""

import enum
from dataclasses import dataclass

from textual.content import Content

from kiosk.screen.face import Face
from kiosk.screen.pictures import PICTURES, SIGNS
from kiosk.screen.pixels import Bitmap, blocks, halves
from kiosk.screen.typeface import lettered, wrapped


class Role(enum.Enum):
    """What a line is, for its weight."""

    PICTURE = "picture"
    KICKER = "kicker"
    TITLE = "title"
    WHEN = "when"
    DETAIL = "detail"
    HINT = "hint"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of cells."""

    role: Role
    words: str


_BLANK = Line(Role.BLANK, "")


def arrange(face: Face, width: int, height: int) -> list[Line]:
    """Choose the lines for `face`, never more than `height` and none wider than `width` cells."""
    hint = _words(Role.HINT, face.hint, width)
    for arrangement in _FIGURES if face.figures else _ARRANGEMENTS:
        lines = arrangement(face, width)
        if lines is not None and len(lines) <= height:
            return [*lines, *_fitting(hint, height - len(lines))]
    return _worded(face, width)[: max(1, height)]


def _fitting(hint: list[Line], rows: int) -> list[Line]:
    if not hint or len(hint) > rows:
        return []
    return [_BLANK, *hint] if len(hint) < rows else hint


def _pictured_figures(face: Face, width: int) -> list[Line] | None:
    figures = _figures(face, width)
    return None if figures is None else _spaced([_picture(face), _kicker(face, width), figures, _detail(face, width)])


def _bare_figures(face: Face, width: int) -> list[Line] | None:
    figures = _figures(face, width)
    return None if figures is None else _spaced([_signed_kicker(face, width), figures, _detail(face, width)])


def _grandest(face: Face, width: int) -> list[Line] | None:
    title = _title(face, width)
    when = wrapped(face.when, width, 1)
    if title is None or when is None:
        return None
    return _spaced(
        [_picture(face), _kicker(face, width), title, _drawn(when[0]), _words(Role.DETAIL, face.detail, width)]
    )


def _grand(face: Face, width: int) -> list[Line] | None:
    title = _title(face, width)
    return None if title is None else _spaced([_picture(face), _kicker(face, width), title, _detail(face, width)])


def _large(face: Face, width: int) -> list[Line] | None:
    title = _title(face, width)
    return None if title is None else [*_picture(face), _BLANK, *_kicker(face, width), *title, *_detail(face, width)]


def _pictured(face: Face, width: int) -> list[Line] | None:
    if width < len(_picture(face)[0].words):
        return None
    return [
        *_picture(face),
        _BLANK,
        *_kicker(face, width),
        *_words(Role.TITLE, face.title, width),
        *_detail(face, width),
    ]


def _crowded(face: Face, width: int) -> list[Line] | None:
    lines = _pictured(face, width)
    return None if lines is None else [line for line in lines if line is not _BLANK]


def _lettered(face: Face, width: int) -> list[Line] | None:
    title = _title(face, width)
    return None if title is None else [*_signed_kicker(face, width), *title, *_detail(face, width)]


def _worded(face: Face, width: int) -> list[Line]:
    title = f"{SIGNS[face.mood]} {face.title}"
    return [*_words(Role.TITLE, title, width), *_kicker(face, width), *_detail(face, width)]


_ARRANGEMENTS = (_grandest, _grand, _large, _pictured, _crowded, _lettered, _worded)
_FIGURES = (_pictured_figures, _bare_figures, _grand, _large, _lettered, _worded)
"""The grandest first. Figures would rather be large than have a picture."""


def _spaced(groups: list[list[Line]]) -> list[Line]:
    lines: list[Line] = []
    for group in groups:
        if group and lines:
            lines.append(_BLANK)
        lines += group
    return lines


def _picture(face: Face) -> list[Line]:
    return [Line(Role.PICTURE, row) for row in halves(PICTURES[face.mood])]


def _figures(face: Face, width: int) -> list[Line] | None:
    bitmap = lettered(face.title)
    rows = blocks(bitmap) if bitmap else [" " * (width + 1)]
    return [Line(Role.TITLE, row) for row in rows] if len(rows[0]) <= width else None


def _title(face: Face, width: int) -> list[Line] | None:
    set_lines = wrapped(face.title, width, 2)
    if set_lines is not None:
        return _spaced([_drawn(bitmap) for bitmap in set_lines])
    first = wrapped(face.title.partition(" ")[0], width, 1)
    return (
        None
        if first is None or not face.kicker
        else [*_drawn(first[0]), _BLANK, *_words(Role.TITLE, face.title, width)]
    )


def _drawn(bitmap: Bitmap) -> list[Line]:
    return [Line(Role.TITLE, row) for row in halves(bitmap)]


def _kicker(face: Face, width: int) -> list[Line]:
    return _words(Role.KICKER, face.kicker, width)


def _signed_kicker(face: Face, width: int) -> list[Line]:
    return _words(Role.KICKER, f"{SIGNS[face.mood]} {face.kicker}".strip(), width)


def _detail(face: Face, width: int) -> list[Line]:
    return [*_words(Role.WHEN, face.when, width), *_words(Role.DETAIL, face.detail, width)]


def _words(role: Role, words: str, width: int) -> list[Line]:
    wide = max(1, width)
    return [Line(role, row.plain.rstrip()) for said in words.splitlines() for row in Content(said).wrap(wide)]
