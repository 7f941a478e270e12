"""The hash chain through the attendance log: it shows where anything was edited, removed or slipped in.

Each row's link is SHA-256 over the link before it and the row's canonical form: a JSON array in UTF-8 without spaces,
of `seq, id, member_uid, station, direction, reason, work_day, utc_us, boot_id, boottime_us, clock_state,
max_error_us, zone, slot, score`, and then, unless all three are NULL, of `finger_id, method, tries`: rows of stores before version
2 have NULL there, and keep the links that they had. Setting or clearing the three changes the array's length, so that it shows like
any other edit. The first row's predecessor is 32 zero bytes. A cut tail leaves a sound chain: only a copy of a later link elsewhere
shows it.
"""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

START = bytes(32)
"""The link before the first row."""

Row = Sequence[str | int | None]
"""A row of the log, in the order above, all 18 values."""

_FIRST_VERSION = 15
"""Values that a row of a store of version 1 had."""

_encoder = msgspec.json.Encoder()


class ChainReport(msgspec.Struct, frozen=True):
    """`rows` were read; `broken_at` is the first `seq` that does not follow from the ones before it."""

    rows: int
    ok: bool
    broken_at: int | None = None


def canonical(row: Row) -> bytes:
    """Write out the bytes of a row that the chain protects: all of it."""
    later = row[_FIRST_VERSION:]
    return _encoder.encode(row if any(value is not None for value in later) else row[:_FIRST_VERSION])


def link(previous: bytes, row: Row) -> bytes:
    """Compute the 32 bytes that stand beside `row`."""
    return hashlib.sha256(previous + canonical(row)).digest()


def verify(rows: Iterable[tuple[Row, bytes]]) -> ChainReport:
    """Follow the chain through all `rows` (with their links), oldest first, and stop where it breaks."""
    previous, count = START, 0
    for row, found in rows:
        count += 1
        if row[0] != count or link(previous, row) != found:
            return ChainReport(rows=count, ok=False, broken_at=int(row[0] or 0))
        previous = found
    return ChainReport(rows=count, ok=True)
