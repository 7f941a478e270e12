"""Failures on order."""

from collections.abc import Callable
from typing import NoReturn


def raiser(error: Exception) -> Callable[..., NoReturn]:
    """A function that raises `error`, whatever it is called with."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail
