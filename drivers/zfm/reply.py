"""What the emulated sensor answers, before it is framed."""

from dataclasses import dataclass, field
from typing import Self

from drivers.zfm.commands import OK

# Seconds that the sensor takes for what needs no thought (published trace).
QUICK = 0.012


@dataclass(frozen=True, slots=True)
class Reply:
    """An ack's code and fields, the content of data packets to follow it, and the seconds of work before it.

    `later` are further acks of the same command, as AutoEnroll gives one for each step.
    """

    code: int = OK
    fields: bytes = b""
    transfer: bytes | None = field(default=None, repr=False)
    work_s: float = QUICK
    later: tuple[Self, ...] = ()
