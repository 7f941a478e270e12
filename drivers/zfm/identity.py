"""Which module is this: its dialect, its model, and what it can really do.

A wrong guess of the dialect is executed, not refused: 31, 32, 35 and 3C exist in both, with requests of the same length and other meanings
(35 is Grow's light and Synochip's handshake, 3C Grow's product information and Synochip's light). So only codes are asked that
one dialect has and the other does not, and that change nothing:

    40  HandShake   Grow's R50x alone; in the tables of ZFM, R30x and Synochip modules there is no such code
    34  ReadUUID    Synochip alone; it reads, and is asked only after 40 was refused

Whatever is neither speaks the plain dialect that all have in common. What a module answers to a code that it does not know differs
(01, 13, FC, or nothing at all), so that anything but 00 means no. 01 also means that the command came damaged, and silence that it was
lost: these two are believed only when they come twice.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from drivers.errors import DeviceError, LinkTimeout, ProtocolError
from drivers.scanner import Capability, Light
from drivers.zfm import commands
from drivers.zfm.commands import R308, Command, Dialect, Product, Profile, profile_of
from drivers.zfm.session import Parameters, Session
from drivers.zfm.translation import LIGHT_COMMANDS, LIGHTS, capabilities_of

# How a module says that it does not know a command: R308 and R307, and R503.
_UNKNOWN = frozenset({commands.PACKET_ERROR, commands.UNSUPPORTED})
_TWICE = (b"", b"")
# With a parameter as Hi-Link's clients send it, then without one.
_UUID_REQUESTS = (b"\0", b"")
# Serial numbers of modules that were never given one.
_BLANK = frozenset({0x00, 0xFF, 0x20})
_STEPS_BACK = 3


@dataclass(frozen=True, slots=True)
class Identity:
    """A module's profile, with its own sizes where it told them, what it can do, and its serial number in hexadecimal if it has one."""

    profile: Profile
    capabilities: Capability
    serial: str | None


def identify_module(session: Session) -> Identity:
    """Find out what is at the other end of a session whose password is verified; the session speaks its dialect afterwards.

    Changes nothing, but that a light is switched off. Raises ProtocolError if the answers do not hang together.
    """
    session.begin()
    parameters = _parameters(session)
    if parameters is None:
        session.assume(R308)
        return Identity(R308, _proven(session, R308), None)
    dialect, uuid = _dialect(session)
    _step_back_into_line(session, parameters)
    product = session.read_product() if dialect is Dialect.GROW else None
    profile = _with_sizes(profile_of(dialect, parameters[1], parameters[2]), product)
    serial = _serial(uuid if product is None else bytes.fromhex(product.serial))
    return Identity(profile, _proven(session, profile), serial)


def read_serial(session: Session, dialect: Dialect) -> str | None:
    """The serial number of a module that told one when it was identified, as one of this dialect."""
    if dialect is Dialect.GROW:
        return _serial(bytes.fromhex(session.read_product().serial))
    return _serial(_asked(session, commands.READ_UUID, _UUID_REQUESTS) or b"")


def _parameters(session: Session) -> Parameters | None:
    """ReadSysPara's answer; None from an R308, which does not know the command."""
    for _ in _TWICE:
        try:
            return session.learn()
        except DeviceError as refused:
            if refused.code not in _UNKNOWN:
                raise
    return None


def _dialect(session: Session) -> tuple[Dialect, bytes]:
    session.speak(Dialect.GROW)
    if _asked(session, commands.HAND_SHAKE) is not None:
        return Dialect.GROW, b""
    session.speak(Dialect.SYNO)
    uuid = _asked(session, commands.READ_UUID, _UUID_REQUESTS)
    if uuid is not None:
        return Dialect.SYNO, uuid
    session.speak(Dialect.PLAIN)
    return Dialect.PLAIN, b""


def _asked(session: Session, command: Command, requests: Iterable[bytes] = _TWICE) -> bytes | None:
    """What a command that may not exist answers; None if the module does not know it."""
    for fields in requests:
        try:
            return session.probe(command, fields).payload[1:]
        except (LinkTimeout, ProtocolError):
            continue
        except DeviceError as refused:
            if refused.code != commands.PACKET_ERROR:
                return None
    return None


def _step_back_into_line(session: Session, before: Parameters) -> None:
    """Ask for something whose answer is known, until it comes: then no late answer to a question above is still on its way."""
    for _ in range(_STEPS_BACK):
        with contextlib.suppress(DeviceError, ProtocolError):
            # All but the status.
            if session.learn()[1:] == before[1:]:
                return
    raise ProtocolError("ReadSysPara: the answers do not agree with each other")


def _with_sizes(profile: Profile, product: Product | None) -> Profile:
    """The module's own word on its sizes goes before the table's; its name counts only where the table has none.

    Templates belong to a model, and nothing says that all R503 spell their name alike.
    """
    if product is None:
        return profile
    known = profile.image is not None
    return replace(
        profile,
        model=profile.model if known else product.model or profile.model,
        image=product.image if all(product.image) else profile.image,
        template_size=product.template_size or profile.template_size,
    )


def _proven(session: Session, profile: Profile) -> Capability:
    """The capabilities, without those that the module refuses on their first and harmless use."""
    found = capabilities_of(profile)
    if Capability.TAG in found and _asked(session, commands.READ_NOTEPAD, (b"\0", b"\0")) is None:
        found &= ~Capability.TAG
    if Capability.LIGHT in found:
        off = LIGHTS[profile.dialect][Light.OFF]
        if _asked(session, LIGHT_COMMANDS[profile.dialect], (off, off)) is None:
            found &= ~Capability.LIGHT
    return found


def _serial(number: bytes) -> str | None:
    return None if set(number) <= _BLANK else number.hex()
