"""What the emulated sensor answers, before it is framed."""

from dataclasses import dataclass, replace

from drivers.waveshare.codec import Packet

# Seconds that the sensor takes for what needs no thought.
QUICK = 0.012


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and the seconds of work before it. `waits` tells that this is a wait for a finger, which may come earlier."""

    packet: Packet
    work_s: float = QUICK
    waits: bool = False


def short(asked: Packet, fields: bytes, work_s: float = QUICK) -> Reply:
    """An answer of eight bytes."""
    return Reply(Packet(asked.code, fields), work_s)


def ack(asked: Packet, code: int, work_s: float = QUICK) -> Reply:
    """An answer of eight bytes that tells nothing but a code."""
    return short(asked, bytes((0, 0, code)), work_s)


def long(asked: Packet, data: bytes, work_s: float = QUICK) -> Reply:
    """A success with data."""
    return Reply(Packet(asked.code, data=data), work_s)


def waiting(reply: Reply, seconds: float) -> Reply:
    """The same answer at the end of a wait for a finger; `seconds` may be infinite."""
    return replace(reply, work_s=seconds, waits=True)
