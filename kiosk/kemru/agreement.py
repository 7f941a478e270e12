"""Whether what the platform holds under a reference is what was sent under it: "duplicate" and "found" alone do not say so.

The documentation does not list what a verification or a scan tells; what is not told, or cannot be read, contradicts nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from kiosk.kemru import endpoints
from kiosk.kemru.errors import Rejected
from kiosk.kemru.messages import AttendanceRecord, ScanReport, Verification

_CUT_OFF = timedelta(seconds=1)
"""What a platform that keeps whole seconds may leave out of a time."""


def contradiction(values: Mapping[str, object], told: Verification) -> str | None:
    """What `told` says of an order with these values otherwise than they do, in words; None if it agrees as far as it tells."""
    if told.reference not in {None, values["reference"]}:
        return "the platform knows the reference as another transaction's"
    if told.amount is not None and "amount" in values and told.amount != Decimal(str(values["amount"])):
        return "the platform has another amount under the reference"
    return None


def is_held(scan: ScanReport, records: Sequence[AttendanceRecord], *, by_time: bool = False) -> bool:
    """Whether `scan` is among `records`: by its reference, or `by_time` too where a record tells no reference.

    Raises Rejected if it is another scan that has its reference.
    """
    same = [each for each in records if each.uid == scan.uid and each.direction in {None, scan.direction.value}]
    named = [each for each in records if each.reference == scan.reference]
    if not named:
        return by_time and any(each.reference is None and _is_at(scan, each, unread=False) for each in same)
    if not any(each in same and _is_at(scan, each, unread=True) for each in named):
        raise Rejected("the platform has another scan under this reference", call=endpoints.ATTENDANCE.path)
    return True


def _is_at(scan: ScanReport, record: AttendanceRecord, *, unread: bool) -> bool:
    """Whether both happened at the same time; `unread` where that cannot be told."""
    try:
        between = datetime.fromisoformat(scan.time) - datetime.fromisoformat(record.time)
    except (ValueError, TypeError):
        return unread
    return abs(between) < _CUT_OFF
