"""The faces of the number entry. A PIN comes in as how many digits it has, and as nothing else."""

from kiosk.screen.face import Face, Mood
from kiosk.screen.words import left
from kiosk.texts import text

MOST_DIGITS = 12
"""How many digits a number or a PIN can have."""

FAILED_S = 8.0
"""Seconds for which `failed` is shown."""

_DOT = "•"


def number(digits: str, language: str, *, asked: bool) -> Face:
    """Make the face under which a number is typed, or, once `asked`, sent."""
    return Face(
        Mood.NUMBER,
        digits if asked else _with_cursor(digits),
        kicker=text("number_title", language),
        detail=text("wait" if asked else "number_keys", language),
        figures=True,
    )


def finger(digits: str, seconds: float, language: str) -> Face:
    """Make the face that asks for the finger of member number `digits`, for `seconds` more."""
    return Face(
        Mood.CALL,
        digits,
        kicker=text("ready_title", language),
        when=left(seconds, language),
        detail=text("number_pin", language),
        figures=True,
    )


def pin(digits: str, dots: int, trouble: str, language: str, *, asked: bool) -> Face:
    """Make the face under which a PIN is typed; `trouble` says why there is no finger to press, if there is none."""
    title = _DOT * dots if asked else _with_cursor(_DOT * dots)
    keys = text("pin_type" if trouble and not dots else "number_keys", language)
    return Face(
        Mood.PIN,
        title,
        kicker=f"{text('number_is', language, number=digits)}   {text('pin_title', language)}",
        detail="\n".join(part for part in (trouble, text("wait", language) if asked else keys) if part),
        figures=True,
    )


def failed(words: str, language: str) -> Face:
    """Make the face that says why nothing came of it."""
    return Face(Mood.TRY_AGAIN, text("try_again", language), detail=words)


def _with_cursor(typed: str) -> str:
    return typed if len(typed) >= MOST_DIGITS else f"{typed}_"
