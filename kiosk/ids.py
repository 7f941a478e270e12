"""UUIDv7 (RFC 9562, section 5.7): ids that sort by time, so that a commit touches few pages of the store.

Our own, because the standard library has them only from Python 3.14 on, and there takes the time from the clock and
not from the caller.
"""

import hashlib
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


def derived(parent: str, name: str) -> str:
    """Make the id of what follows from the UUIDv7 `parent` under `name`: always the same one, and beside its parent in time.

    The parent's time and counter stay; the random half becomes 62 bits of SHA-256 over both. An id by UUIDv5 would be as
    certain, and land anywhere in an index: a page more to read and to write.
    """
    digest = hashlib.sha256(f"{parent}/{name}".encode()).digest()
    low = 2 << 62 | int.from_bytes(digest[:8]) >> 2
    return str(uuid.UUID(int=uuid.UUID(parent).int >> 64 << 64 | low))
