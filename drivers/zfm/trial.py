"""One packet there, and all that comes back, whatever it is: for finding out why a module does not answer as it should.

The driver proper drops what it cannot use. Here nothing is dropped, nothing is repeated, and no refusal is an error.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.errors import LinkTimeout
from drivers.link import Link
from drivers.zfm.codec import BROADCAST, Decoder, Packet, Pid
from drivers.zfm.commands import PACKET_ERROR, PASSWORD_NEEDED, VFY_PWD, WRONG_PASSWORD, Command

# What a refused handshake says.
PASSWORD_CODES = frozenset({WRONG_PASSWORD, PASSWORD_NEEDED})
# What a broken module says of itself: the sensor's own fault, and the processor's.
FAULT_CODES = frozenset({0x29, 0xFD})
# Said on power, alone, when the module listens; and what rises with the supply before it (traces of a ZW101, ESPHome's source).
_POWER_ON = 0x55
_RISING = b"\x00\xf8\xfc\xfe"
# More than any single answer has: whoever sends more is no scanner.
_ENOUGH = 4096


@dataclass(frozen=True, slots=True)
class Heard:
    """Confirmation codes of the good acks, how many packets were damaged, our own bytes echoed, and the bytes of no packet.

    `address` is the one that the first of the acks came from, None without any.
    """

    codes: tuple[int, ...]
    damaged: int
    echoed: bool
    strays: bytes = field(repr=False)
    address: int | None = None

    @property
    def woke(self) -> bool:
        """Whether the bytes of no packet are those of a module that just got power."""
        return set(self.strays.translate(None, _RISING)) == {_POWER_ON}

    @property
    def restarted(self) -> bool:
        """Whether the module got power since it was last asked: it says so, perhaps behind half an answer, or wants its password again."""
        return _says_power(self.strays) or PASSWORD_NEEDED in self.codes

    @property
    def damages(self) -> int:
        """How many packets suffered on the way, there or back."""
        unreadable = bool(self.strays) and not self.codes
        return max(self.damaged, PACKET_ERROR in self.codes, unreadable)


def ask(
    link: Link,
    command: Command,
    seconds: float,
    *,
    monotonic: Callable[[], float],
    password: int = 0,
    address: int = BROADCAST,
) -> Heard:
    """Send `command` (VfyPwd, GenImg or CheckSensor) as it is, and listen until its ack, or for `seconds`.

    Any answer to the factory's password tells that somebody is there. What came unasked before it is heard as well. Raises LinkLost.
    """
    fields = password.to_bytes(4) if command is VFY_PWD else b""
    sent = Packet(Pid.COMMAND, bytes((command.code,)) + fields, address)
    link.send(sent.to_bytes())
    return _listen(link, sent, monotonic() + seconds)


def restarts(replies: list[bytes], *, talks: bool) -> int:
    """How often a scanner got power in the course of its `replies` to one question each.

    `talks` tells that it speaks this protocol, and says so itself when it listens, perhaps only after the next question. What a supply
    brings about as it rises is seen with any.
    """
    count, expected = 0, False
    for reply in replies:
        if _got_power(reply, talks=talks):
            count += not expected or _RISING in reply
            expected = reply[-1] != _POWER_ON
        elif reply:
            expected = False
    return count


def overhear(link: Link, seconds: float, *, monotonic: Callable[[], float]) -> Heard:
    """Listen for `seconds`, or until a module says that it got power, without asking anything. Raises LinkLost."""
    return _listen(link, None, monotonic() + seconds)


def _listen(link: Link, sent: Packet | None, deadline: float) -> Heard:
    decoder, packets, raw = Decoder(), list[Packet](), b""
    heard = _sorted(raw, packets, sent, 0)
    while not heard.codes and len(raw) < _ENOUGH and not (sent is None and heard.woke):
        try:
            data = link.receive(deadline)
        except LinkTimeout:
            break
        raw += data
        packets += decoder.feed(data)
        heard = _sorted(raw, packets, sent, decoder.bad_checksums)
    return heard


def _got_power(reply: bytes, *, talks: bool) -> bool:
    strays = _sorted(reply, Decoder().feed(reply), None, 0).strays
    return _says_power(strays) if talks else _RISING in reply


def _says_power(strays: bytes) -> bool:
    *_, before, last = (_RISING[0], _RISING[0], *strays)
    return (last == _POWER_ON and before in _RISING) or _RISING in strays


def _sorted(raw: bytes, packets: list[Packet], sent: Packet | None, damaged: int) -> Heard:
    for packet in packets:
        raw = raw.replace(packet.to_bytes(), b"", 1)
    acks = [packet for packet in packets if packet.pid is Pid.ACK and packet.payload]
    codes, address = tuple(ack.payload[0] for ack in acks), acks[0].address if acks else None
    return Heard(codes, damaged, sent in packets, raw, address)
