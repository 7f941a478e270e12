"""The Kemru platform as typed calls: what is sent, what comes back, and what went wrong.

Importing this package is cheap; the HTTP library is loaded when the first client is built.
"""

from kiosk.kemru.client import Kemru
from kiosk.kemru.errors import (
    AddressRefused,
    DidNotHappen,
    KemruError,
    NoFloat,
    Rejected,
    SignatureRefused,
    Throttled,
    Unauthorised,
    Unavailable,
    UnknownOutcome,
)
from kiosk.kemru.messages import (
    AttendanceRecord,
    Balance,
    Credentials,
    MemberReply,
    Receipt,
    Roster,
    ScanReport,
    Sms,
    User,
    Verification,
)

__all__ = [
    "AddressRefused",
    "AttendanceRecord",
    "Balance",
    "Credentials",
    "DidNotHappen",
    "Kemru",
    "KemruError",
    "MemberReply",
    "NoFloat",
    "Receipt",
    "Rejected",
    "Roster",
    "ScanReport",
    "SignatureRefused",
    "Sms",
    "Throttled",
    "Unauthorised",
    "Unavailable",
    "UnknownOutcome",
    "User",
    "Verification",
]
