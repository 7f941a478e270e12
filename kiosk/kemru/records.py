"""The platform's records as typed values: strict as to type, lenient as to extra fields, and deaf to what cannot be used.

One path answers with records of several kinds in one list; each is told apart by its fields: `emp_name` is a member, `firstname` a
user, `uid` with `time` a scan, a lone `access_token` the header. A record that is none of these, or of other types than documented, is
counted and left out; the rest is kept.
"""

import re
import unicodedata

import msgspec

from kiosk.kemru import phones
from kiosk.kemru.messages import AttendanceRecord, MemberReply, Roster, User
from kiosk.models import Member

_LONGEST = 200
_LONGEST_ID = 64
_MOST_NOTES = 20
_NUMBER = re.compile(r"(-?[0-9]{1,9})(?:\.[0-9]*)?")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of what moves the cursor, turns the writing round, or is no character."""


class _Member(msgspec.Struct, frozen=True):
    """Source: the documented answer of /api-memberc. `uid` is not documented; where it is sent it is the id that scans are reported for."""

    emp_name: str
    id: str | int | None = None
    uid: str | int | None = None
    phone: str | int | None = None
    gender: str | None = None
    title: str | None = None
    bal: str | int | float | None = None
    sms_status: str | None = msgspec.field(default=None, name="SmsStatus")
    partner_id: object = msgspec.field(default=None, name="partnerid")


class _User(msgspec.Struct, frozen=True):
    """Source: the documented answer of /api-user."""

    id: str | int
    firstname: str
    lastname: str = ""
    phone: str | int | None = None
    email: str | None = None
    country: str | None = None


class _Scan(msgspec.Struct, frozen=True):
    """A scan in the answers of /api-single and /api-biometric: the fields that were reported."""

    uid: str | int
    time: str
    reference: str | None = None
    direction: str | None = None
    device: str | None = None


class _UnusableError(ValueError):
    """A record that cannot be used; the text says why and quotes nothing."""


class _Reading:
    """A roster in the making: collects records and counts what could not be used."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.scans: list[AttendanceRecord] = []
        self.users: list[User] = []
        self.skipped = 0
        self.left_out = 0
        self.notes: list[str] = []

    def take(self, position: int, item: object) -> None:
        try:
            self._sort(item)
        except (_UnusableError, msgspec.ValidationError) as error:
            self.left_out += _may_be_member(item)
            self._skip(f"record {position}: {_why(error)}")

    def _sort(self, item: object) -> None:
        fields = item.keys() if isinstance(item, dict) else frozenset[str]()
        if "emp_name" in fields:
            self._member(msgspec.convert(item, _Member))
        elif "firstname" in fields:
            self.users.append(_user(msgspec.convert(item, _User)))
        elif fields >= {"uid", "time"}:
            self.scans.append(_scan(msgspec.convert(item, _Scan)))
        elif fields != {"access_token"} and "status_code" not in fields:
            raise _UnusableError("neither a member, a user nor a scan")

    def _member(self, record: _Member) -> None:
        member = _member(record)
        if member.uid in self.members:
            raise _UnusableError("the uid belongs to an earlier record")
        self.members[member.uid] = member
        if record.phone not in {None, ""} and member.phone is None:
            self._skip(f"member {member.uid}: telephone number not understood, left out")

    def _skip(self, note: str) -> None:
        self.skipped += 1
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(note)


def read(items: list[object]) -> Roster:
    """Sort a mixed list."""
    reading = _Reading()
    for position, item in enumerate(items):
        reading.take(position, item)
    return Roster(
        list(reading.members.values()),
        reading.scans,
        reading.users,
        reading.skipped,
        tuple(reading.notes),
        reading.left_out,
    )


def read_member(item: object) -> MemberReply | None:
    """The documented answer of /api-memberc; None if it is not one."""
    try:
        record = msgspec.convert(item, _Member)
        partner = str(record.partner_id) if isinstance(record.partner_id, str | int) else None
        return MemberReply(_member(record), text(record.sms_status), text(partner))
    except (msgspec.ValidationError, _UnusableError):
        return None


def text(value: str | None) -> str | None:
    """Words for people: without control characters, which terminals obey, and of bounded length."""
    if value is None:
        return None
    kept = "".join(" " if unicodedata.category(each) in _UNSEEN else each for each in value[:_LONGEST])
    return " ".join(kept.split()) or None


def _member(record: _Member) -> Member:
    return Member(
        uid=_identifier(record.uid if record.uid not in {None, ""} else record.id),
        name=text(record.emp_name) or "",
        phone=None if record.phone is None else phones.e164(str(record.phone)),
        title=text(record.title),
        gender=text(record.gender),
        balance=_whole(record.bal),
    )


def _may_be_member(item: object) -> bool:
    fields = item.keys() if isinstance(item, dict) else frozenset[str]()
    return "emp_name" in fields or not ("firstname" in fields or fields >= {"uid", "time"})


def _user(record: _User) -> User:
    name = text(f"{record.firstname} {record.lastname}") or ""
    phone = None if record.phone is None else phones.e164(str(record.phone))
    return User(_identifier(record.id), name, phone, text(record.email), text(record.country))


def _scan(record: _Scan) -> AttendanceRecord:
    return AttendanceRecord(
        _identifier(record.uid),
        text(record.time) or "",
        text(record.reference),
        text(record.direction),
        text(record.device),
    )


def _identifier(value: str | int | None) -> str:
    text = "" if value is None else str(value).strip()
    if not text or len(text) > _LONGEST_ID or not text.isprintable():
        raise _UnusableError("no usable id")
    return text


def _whole(value: str | float | None) -> int | None:
    # By its digits: a number with an exponent can stand for more of them than there is memory, or than a database's column takes.
    found = None if value is None else _NUMBER.fullmatch(str(value).strip())
    return None if found is None else int(found[1])


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, _UnusableError) else "of other types than documented"
