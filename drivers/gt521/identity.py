"""What an opened sensor is: the line made quick, the model by its number of slots, and its security level."""

import contextlib
from bisect import bisect_left

from drivers.errors import DeviceError, LinkTimeout, ProtocolError
from drivers.gt521.commands import SPEEDS, TEMPLATE_SIZE
from drivers.gt521.session import Session
from drivers.link import Link
from drivers.scanner import Capability, ScannerInfo

_SLOW, _FAST = SPEEDS[:2]
# More slots than any model has: the largest is the GT-521F52 with 3000.
_MAX_SLOTS = 4096
# By capacity, and whether the firmware knows the commands of the GT-521F's guide.
_MODELS = {(20, False): "GT-511C1R", (200, False): "GT-511C3", (200, True): "GT-521F32", (3000, True): "GT-521F52"}

_NO_LEVEL = "This scanner's security level cannot be read or set; it works with its own."
_REFUSED_LEVEL = "The scanner refused security level {level} and keeps {kept}."
_REFUSED_SPEED = "The scanner refused to go faster than 9600 bit/s: transfers take twelve times as long."
_LAME_SPEED = "The line does not carry 115200 bit/s, so it stays at 9600: use a shorter cable or another adapter."


def hasten(link: Link, session: Session) -> tuple[str, ...]:
    """Raise a line at 9600 bits a second to 115200; a remark if that could not be done, and the line as it was.

    The sensor forgets it with its power. Raises LinkTimeout or ProtocolError if the sensor is lost on the way.
    """
    if link.baud != _SLOW:
        return ()
    try:
        session.set_speed(_FAST)
    except DeviceError:
        return (_REFUSED_SPEED,)
    try:
        _move(link, _FAST)
        session.glance()
    except (LinkTimeout, ProtocolError):
        _call_back(link, session)
        return (_LAME_SPEED,)
    return ()


def learn(session: Session, *, found_at: int, level: int | None) -> ScannerInfo:
    """Find out what the sensor is, and set its security level to `level` unless that is None or already so."""
    before = session.wire.mark()
    capacity = bisect_left(range(_MAX_SLOTS), True, key=lambda slot: not session.exists(slot))
    if not capacity:
        raise ProtocolError("CheckEnrolled: the sensor has no slot at all")
    held, remarks = _settle(session, level)
    modern = held is not None
    session.wire.in_step(before)
    return ScannerInfo(
        family="gt521",
        model=_MODELS.get((capacity, modern), f"GT-{'521F' if modern else '511C'}-{capacity}"),
        capacity=capacity,
        slot_base=0,
        capabilities=_capabilities(modern=modern),
        serial=session.serial,
        template_size=TEMPLATE_SIZE,
        security_level=held,
        baud=found_at,
        remarks=remarks,
    )


def _settle(session: Session, level: int | None) -> tuple[int | None, tuple[str, ...]]:
    """The security level in force at the end, and what to say about it."""
    held = session.level()
    if level is None or level == held:
        return held, ()
    if held is None:
        return None, (_NO_LEVEL,)
    session.set_level(level)
    kept = session.level()
    return kept, () if kept == level else (_REFUSED_LEVEL.format(level=level, kept=kept),)


def _capabilities(*, modern: bool) -> Capability:
    """GetImage is left to the firmware that it was seen to work with: a GT-511C3 sends junk, or stops (reported by users)."""
    common = Capability.PRESENCE | Capability.TEMPLATES | Capability.VERIFY
    return common | (Capability.IMAGE if modern else Capability.NONE)


def _call_back(link: Link, session: Session) -> None:
    """Let the sensor listen at 9600 again, though it may hear badly and not be understood."""
    with contextlib.suppress(DeviceError, LinkTimeout, ProtocolError):
        session.set_speed(_SLOW)
    _move(link, _SLOW)
    session.greet()


def _move(link: Link, baud: int) -> None:
    link.baud = baud
    link.open()
