"""The platform's records, and how they look on the wire: numbers as strings, lists of mixed kinds, names as documented."""

from typing import Annotated, Any

import msgspec

PARTNER = "19"
"""`partnerid` of the documentation's example."""


class SandboxMember(msgspec.Struct, frozen=True):
    """A member as the platform keeps them.

    `uid` is what scans are reported for, `bal` the SMS credit left, `sms_status` says `Sent` or `Not Sent`.
    """

    uid: str
    name: str
    phone: str = ""
    gender: str = ""
    title: str = ""
    bal: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    sms_status: str = "Not Sent"
    national_id: str = ""
    passport: str = ""

    def __repr__(self) -> str:
        return f"SandboxMember(uid={self.uid!r})"

    def wire(self) -> dict[str, str]:
        """Source: the documented answer of /api-memberc, without its status_code."""
        return {
            "id": self.uid,
            "partnerid": PARTNER,
            "emp_name": self.name,
            "phone": self.phone,
            "gender": self.gender,
            "title": self.title,
            "bal": str(self.bal),
            "SmsStatus": self.sms_status,
        }


class SandboxUser(msgspec.Struct, frozen=True):
    """Somebody with a login."""

    id: str
    firstname: str
    lastname: str
    phone: str
    email: str
    country: str = "Kenya"

    def __repr__(self) -> str:
        return f"SandboxUser(id={self.id!r})"

    def wire(self) -> dict[str, str]:
        """Source: the documented answer of /api-user."""
        return msgspec.structs.asdict(self)


class Scan(msgspec.Struct, frozen=True):
    """One scan as it was reported; `time` is RFC 3339."""

    reference: str
    uid: str
    time: str
    direction: str
    device: str
    offline_mode: bool = False

    def wire(self) -> dict[str, Any]:
        """What /api-single and /api-biometric show of it."""
        return msgspec.structs.asdict(self)
