"""What is told to the platform and what it tells, as frozen values."""

from decimal import Decimal

import msgspec

from kiosk.kemru import codes, phones
from kiosk.kemru.errors import Rejected
from kiosk.models import Direction, Member
from kiosk.secret import Secret


class Credentials(msgspec.Struct, frozen=True):
    """The merchant's account: `api_key` travels as a header, `secret` signs and never travels, `access_token` opens the member calls."""

    merchant_id: str
    api_key: Secret
    secret: Secret
    access_token: Secret


class ScanReport(msgspec.Struct, frozen=True):
    """One punch for the platform.

    `reference` is its idempotency key; `time` is RFC 3339 with offset; `offline` says that it is sent later than it happened.
    """

    uid: str
    reference: str
    time: str
    direction: Direction
    device: str
    offline: bool = False

    def fields(self) -> dict[str, object]:
        """What /api-single is told."""
        fields: dict[str, object] = {
            "uid": self.uid,
            "reference": self.reference,
            "time": self.time,
            "direction": str(self.direction),
            "device": self.device,
        }
        return {**fields, "offline_mode": True} if self.offline else fields


class Sms(msgspec.Struct, frozen=True):
    """One text message to `phone` (E.164). `reference` is made before the first byte leaves.

    An alert has its text in `message` and a numeric short code of 4 to 6 digits in `otp`; a one-time code has only `otp`.
    """

    phone: str
    otp: str
    reference: str
    message: str | None = None

    def __repr__(self) -> str:
        return f"Sms(phone={phones.mask(self.phone)!r}, reference={self.reference!r})"

    def fields(self) -> dict[str, object]:
        """What /billing/v1/sms/send is told. Raises Rejected for a number that is no Kenyan mobile number."""
        number = phones.ten_digits(self.phone)
        if number is None:
            raise Rejected(
                f"SMS not sent: {phones.mask(self.phone)} is no Kenyan mobile number", code=codes.INVALID_PHONE
            )
        fields: dict[str, object] = {"phone": number, "otp": self.otp, "reference": self.reference}
        return fields if self.message is None else {**fields, "message": self.message}


class Receipt(msgspec.Struct, frozen=True):
    """The platform has it. `duplicate`: it already had. `code` is None where the answer is a list, which carries none."""

    reference: str
    delivered: bool
    duplicate: bool = False
    code: str | None = None
    platform_reference: str | None = None

    @property
    def note(self) -> str:
        """How it was delivered, in few words and with nothing personal."""
        said = "the platform already had it" if self.duplicate else "accepted"
        return f"{said} ({self.platform_reference})" if self.platform_reference else said


class AttendanceRecord(msgspec.Struct, frozen=True):
    """One scan as the platform holds it; `time` as it came."""

    uid: str
    time: str
    reference: str | None = None
    direction: str | None = None
    device: str | None = None


class User(msgspec.Struct, frozen=True):
    """Somebody with a login at the platform."""

    id: str
    name: str
    phone: str | None = None
    email: str | None = None

    def __repr__(self) -> str:
        return f"User(id={self.id!r})"


class Roster(msgspec.Struct, frozen=True):
    """Everything that /api-biometric holds.

    `skipped` counts what could not be used: records that were left out, and telephone numbers that were dropped from a member who was kept.
    `notes` names the first of them. `left_out` counts those of them that may have been members: then `members` may not be all.
    """

    members: list[Member]
    attendance: list[AttendanceRecord]
    users: list[User]
    skipped: int = 0
    notes: tuple[str, ...] = ()
    left_out: int = 0


class MemberReply(msgspec.Struct, frozen=True):
    """One member, and whether the platform itself has notified them (`Sent`), in its own word."""

    member: Member
    sms_status: str | None = None


class Verification(msgspec.Struct, frozen=True):
    """What became of a reference: `status` is one of Success, Processing, Pending, Retry, Failed, Queued (Offline).

    `found` is False when the platform never heard of it; `status` is then empty.
    """

    status: str
    code: str | None
    found: bool


class Balance(msgspec.Struct, frozen=True):
    """What is left in the merchant's wallet."""

    amount: Decimal
    currency: str = "KES"
