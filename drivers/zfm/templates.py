"""Templates out of a module and into it, each with a proof, for there is no checksum over a whole one and no ack at its end."""

import contextlib

from drivers.errors import DeviceError, ProtocolError
from drivers.zfm.commands import PACKET_ERROR, PASSWORD_NEEDED
from drivers.zfm.session import Session

# Some R307 take templates only in packets of this size, whatever size they ask for (pyfingerprint #92).
_SMALL = 32
# What a module says of a damaged command, and after a restart: nothing about the slot.
_OF_THE_LINE = frozenset({PACKET_ERROR, PASSWORD_NEEDED})


def export(session: Session, slot: int, size: int | None) -> bytes:
    """A slot's template. Raises DeviceError (code 0C) for an empty slot, ProtocolError if not all of it came."""
    try:
        data = session.read_template(slot)
        # Without a size to hold it against, a lost packet would go unnoticed: the first template is read twice.
        complete = len(data) == size if size else session.read_template(slot) == data
    except DeviceError as refused:
        if refused.code in _OF_THE_LINE:
            raise ProtocolError(str(refused)) from refused
        raise
    if not data or not complete:
        raise ProtocolError(f"UpChar: only {len(data)} bytes came, or not the same ones twice")
    return data


def store(session: Session, slot: int, data: bytes) -> int:
    """Write a template into a slot, if need be once more in small packets; returns how many bytes this module's templates have.

    If these are not as many as `data` has, nothing was stored: the module cut it off or filled it up, and will do so with any other.
    Raises ProtocolError if it does not read back. The slot is emptied in either case, for what lies in it may be anybody's.
    """
    if _stored(session, slot, data, None) or _stored(session, slot, data, _SMALL):
        return len(data)
    size = _size(session, slot)
    with contextlib.suppress(DeviceError, ProtocolError):
        session.empty(slot)
    if size in {0, len(data)}:
        raise ProtocolError(f"DownChar: slot {slot} does not hold what was sent to it")
    return size


def _size(session: Session, slot: int) -> int:
    """How many bytes lie in a slot; 0 if it cannot be read. Twice the same, or a lost packet would count."""
    try:
        return len(export(session, slot, None))
    except (DeviceError, ProtocolError):
        return 0


def _stored(session: Session, slot: int, data: bytes, packet_size: int | None) -> bool:
    try:
        session.write_template(slot, data, packet_size)
        return session.is_used(slot) and session.read_template(slot) == data
    except DeviceError as refused:
        # What users saw: "communication error", from the command behind packets that were not understood.
        if refused.code == PACKET_ERROR:
            return False
        raise
