"""UUIDv7 (RFC 9562, section 5.7): ids that sort by time, so that a commit touches few pages of the store.

Our own, because the standard library has them only from Python 3.14 on, and there takes the time from the clock and
not from the caller.
"""

import secrets
import threading
import uuid

_lock = threading.Lock()
_latest = 0


def uuid7(utc_us: int) -> str:
    """Make an id for what happened at `utc_us` (µs since 1970), greater than every id this process made before.

    Milliseconds fill the first 48 bits, the rest of the microseconds the next 12 (method 3 of section 6.2). When the
    clock stands still or goes back, ids go on from the last one instead.
    """
    global _latest  # noqa: PLW0603  the order holds for the process, whoever asks
    milliseconds, rest = divmod(max(utc_us, 0), 1000)
    tick = milliseconds << 12 | rest * 4096 // 1000
    with _lock:
        _latest = tick = max(tick, _latest + 1)
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    number = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=number))
