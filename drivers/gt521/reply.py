"""What the emulated sensor answers, before it is framed."""

from dataclasses import dataclass

from drivers.gt521.codec import ACK, NACK

# Seconds that the sensor takes for what needs no thought. Not established: published clients poll it every 10 ms.
QUICK = 0.005


@dataclass(frozen=True, slots=True)
class Reply:
    """A response's parameter and code, the content of a data packet to follow it, the seconds of work before it.

    `expects` is the size of the data packet that the sensor waits for now.
    """

    parameter: int = 0
    code: int = ACK
    data: bytes | None = None
    work_s: float = QUICK
    expects: int = 0


def refusal(error: int, work_s: float = QUICK) -> Reply:
    """A NACK with an error code, or with the slot of the same finger."""
    return Reply(error, NACK, work_s=work_s)
