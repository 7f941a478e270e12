"""The eight hexadecimal digits in which a scanner module's address and password are written."""

import re

_EIGHT = re.compile(r"[0-9A-Fa-f]{8}")


def word(digits: str) -> int | None:
    """The number of 32 bits that `digits` are; None if they are not eight of them, and nothing else."""
    return int(digits, 16) if _EIGHT.fullmatch(digits) else None
