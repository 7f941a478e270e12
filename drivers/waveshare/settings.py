"""What the driver wants the module set to, and what the module says it is."""

from dataclasses import dataclass

from drivers.errors import DeviceError, LinkTimeout, ProtocolError
from drivers.waveshare import commands
from drivers.waveshare.commands import LAST_USER, READER, SENSOR_C, Profile
from drivers.waveshare.session import Session

# The contract's levels in the module's, of which 0 is lax, 9 is strict and 5 is the factory's. Read back, two of them are one of ours.
_LEVELS = {1: 1, 2: 3, 3: 5, 4: 7, 5: 9}
# Numbers that are none: never set, or the code of a refusal where the number would be.
_NO_SERIALS = frozenset({*range(0x10), 0xFFFFFF})
# The module gives up waiting for a finger after this many times T0, which is what one picture takes: "usually 0.2- 0.3 s" [D]. With 0 it
# waits for ever, so 1 is the least. Whether the setting survives without power is not established.
_SHORTEST_WAIT = 1
_REFUSE_DUPLICATES = 1

_UNKNOWN = (DeviceError, LinkTimeout, ProtocolError)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a module was found to be, and to be set to: `capacity` in fingers; `remarks` are sentences for the technician."""

    profile: Profile
    capacity: int
    level: int
    serial: str | None
    remarks: tuple[str, ...]


def settle(session: Session, level: int | None) -> Settings:
    """Set the module up for this driver, and learn what it is. Writes only what differs. `level` is 1 to 5, None leaves it.

    Raises ScannerError if it cannot be made to give up waiting for a finger: nothing could be promised of any call then.
    """
    if session.value(commands.CAPTURE_TIMEOUT) != _SHORTEST_WAIT:
        session.set_value(commands.CAPTURE_TIMEOUT, _SHORTEST_WAIT)
    remarks = (*_refusing_duplicates(session), *_at_level(session, level))
    serial = _serial(session)
    profile = READER if _has_version(session) else SENSOR_C
    return Settings(profile, _capacity(session, profile), _level(session), serial, remarks)


def _capacity(session: Session, profile: Profile) -> int:
    """No command tells it, and other modules of the family answer as these do: one that takes nobody any more holds what it can."""
    count = session.count()
    full = 0 < count < LAST_USER and session.is_full(count + 1)
    return count if full else profile.capacity


def _level(session: Session) -> int:
    return min(session.value(commands.LEVEL), 9) // 2 + 1


def _at_level(session: Session, level: int | None) -> tuple[str, ...]:
    if level is None or _level(session) == level:
        return ()
    session.set_value(commands.LEVEL, _LEVELS[level])
    return () if _level(session) == level else (f"The scanner did not take security level {level} over.",)


def _refusing_duplicates(session: Session) -> tuple[str, ...]:
    """The module's own check, beside the driver's. It is on after power-on [D]; not every module of the family has the command."""
    try:
        if session.value(commands.ADD_MODE) != _REFUSE_DUPLICATES:
            session.set_value(commands.ADD_MODE, _REFUSE_DUPLICATES)
    except _UNKNOWN:
        return ("The scanner does not say whether it refuses a finger that it already knows.",)
    return ()


def read_serial(session: Session) -> str | None:
    """The number in hexadecimal. That every module has one of its own is not established: command 08 can change it."""
    number = session.serial()
    return None if number in _NO_SERIALS else f"{number:06x}"


def _serial(session: Session) -> str | None:
    """The number of a module that may have none. Silence is believed when it comes twice: the answer may have been lost."""
    for _ in range(2):
        try:
            return read_serial(session)
        except _UNKNOWN:
            continue
    return None


def _has_version(session: Session) -> bool:
    try:
        return bool(session.version())
    except _UNKNOWN:
        return False
