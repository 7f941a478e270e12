"""What the emulated sensor answers, before it is framed."""

from dataclasses import dataclass

from drivers.zfm.commands import OK

# Seconds that the sensor takes for what needs no thought (published trace).
QUICK = 0.012


@dataclass(frozen=True, slots=True)
class Reply:
    """An ack's code and fields, the content of data packets to follow it, and the seconds of work before it."""

    code: int = OK
    fields: bytes = b""
    transfer: bytes | None = None
    work_s: float = QUICK
