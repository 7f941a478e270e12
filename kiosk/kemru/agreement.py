"""Whether what the platform holds under a reference is what was sent under it: "duplicate" and "found" alone do not say so.

The documentation does not list what a verification or a scan tells; what is not told, or cannot be read, contradicts nothing.
"""

from collections.abc import Iterable, Mapping
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


def is_held(scan: ScanReport, records: Iterable[AttendanceRecord]) -> bool:
    """Whether `scan` is among `records`. Raises Rejected if it is another scan that has its reference."""
    named = [each for each in records if each.reference == scan.reference]
    if named and not any(_is_same(scan, each) for each in named):
        raise Rejected("the platform has another scan under this reference", call=endpoints.ATTENDANCE.path)
    return bool(named)


def _is_same(scan: ScanReport, record: AttendanceRecord) -> bool:
    return (
        record.uid == scan.uid
        and record.direction in {None, scan.direction.value}
        and _is_same_time(scan.time, record.time)
    )


def _is_same_time(sent: str, held: str) -> bool:
    try:
        between = datetime.fromisoformat(sent) - datetime.fromisoformat(held)
    except (ValueError, TypeError):
        return True
    return abs(between) < _CUT_OFF
