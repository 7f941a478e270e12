"""Who calls, what the platform tells, and what is told to it without moving money (`orders` are the rest), as frozen values."""

from decimal import Decimal

import msgspec

from kiosk.kemru import status
from kiosk.kemru.status import Status
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


class Voucher(msgspec.Struct, frozen=True):
    """Airtime as a PIN that the buyer types."""

    pin: Secret
    serial: str | None = None


class Receipt(msgspec.Struct, frozen=True):
    """The platform has it. `duplicate`: it already had. `code` is None where the answer is a list, which carries none.

    `status` is the platform's word for how far it is. `provisional` is the number of a receipt given in offline mode, whose outcome comes
    by callback.
    """

    reference: str
    delivered: bool
    duplicate: bool = False
    code: str | None = None
    platform_reference: str | None = None
    status: str | None = None
    provisional: str | None = None
    voucher: Voucher | None = None

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
    country: str | None = None

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
    """One member, whether the platform itself has notified them (`Sent`), in its own word, and its number for the merchant."""

    member: Member
    sms_status: str | None = None
    partner_id: str | None = None


class Verification(msgspec.Struct, frozen=True):
    """What became of a reference: `status` is one of Success, Processing, Pending, Retry, Failed, Queued (Offline).

    `found` is False when the platform never heard of it; `status` is then empty. The rest is what a platform may tell besides, None
    where it does not: `reference` is the merchant's own, `merchant_reference` the platform's, `amount` is shillings.
    """

    status: str
    code: str | None
    found: bool
    reference: str | None = None
    merchant_reference: str | None = None
    category: str | None = None
    amount: Decimal | None = None

    @property
    def failed(self) -> bool:
        """Whether the platform took it on and could not do it: nothing moved."""
        return self.found and status.read(self.status) is Status.FAILED


class Balance(msgspec.Struct, frozen=True):
    """What is left in the merchant's wallet."""

    amount: Decimal
    currency: str = "KES"


class Business(msgspec.Struct, frozen=True):
    """A business as it is registered: `contact` is its telephone, `link` its host name."""

    name: str
    contact: str
    link: str
    email: str

    def __repr__(self) -> str:
        return f"Business(name={self.name!r})"


class BusinessRecord(msgspec.Struct, frozen=True):
    """A business that the platform knows; `merchant_id` where it tells it."""

    business: Business
    merchant_id: str | None = None
