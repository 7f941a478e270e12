"""Make any string safe and narrow enough to show: names and faults come from outside and may hold anything."""

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that draw nothing, steer the terminal, or turn the reading direction of what follows."""

_MOST_MARKS = 2
"""Combining marks kept on one letter: more would climb over the lines above."""


def plain(text: str, limit: int = 80) -> str:
    """Return `text` on one line without anything invisible, cut to `limit` characters.

    Control and format characters become spaces, so that an escape sequence loses its ESC and shows as harmless letters.
    """
    seen = text[: 4 * limit]
    cleaned = " ".join("".join(" " if _steers(character) else character for character in _unpiled(seen)).split())
    return cleaned if len(cleaned) <= limit and len(seen) == len(text) else cleaned[: limit - 1].rstrip() + "…"


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN


def _unpiled(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
