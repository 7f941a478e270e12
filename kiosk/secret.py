"""A value that must not be seen: it shows as `***` wherever it is printed, logged, formatted or put into a traceback."""

from typing import Final, NoReturn


class Secret:
    """Wraps a secret string. The only way to read it is `reveal()`, so that every use can be found by searching for that word."""

    __slots__: Final = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself: for a header or an HMAC key, never for a message."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not written anywhere")
