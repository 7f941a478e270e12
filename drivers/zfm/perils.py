"""Commands that a cautious host never sends, carried out as a real module would: their codes mean another thing in the other dialect.

`31` and `32` (AutoEnroll, AutoIdentify) have the same length in both dialects, `35` and `3C` (light, product, handshake) differ in it.
What a real module makes of the wrong length is not established; this one takes the worst: it carries the command out.
"""

from collections.abc import Callable

from drivers.emulation.fingers import Glass
from drivers.emulation.flash import Flash, encode
from drivers.zfm import commands
from drivers.zfm.commands import Dialect, Profile
from drivers.zfm.reply import Reply

AUTO_ENROLL, AUTO_IDENTIFY = 0x31, 0x32
Handler = Callable[[bytes], Reply]

_FIELDS = 5
# Seconds until a module gives up waiting for a finger, and what it says then (published trace).
_WAIT_S = 7.93
_TIMED_OUT = Reply(0x26, b"\x01\x01", work_s=_WAIT_S)
# Step and parameter after the confirmation code: accepted; picture, features and lift of the first press; merged, checked, stored.
_SYNO_STEPS = ("0101", "0201", "0301", "04F0", "05F1", "06F2")
_GROW_STEPS = range(0x01, 0x10)


class Perils:
    """`executed` counts such commands over the module's life, with and without power."""

    def __init__(self, profile: Profile, flash: Flash, glass: Glass) -> None:
        self.executed = 0
        self._profile = profile
        self._flash = flash
        self._glass = glass

    def table(self) -> dict[int, tuple[int, Handler]]:
        """Instruction -> the length of its fields, and what it does. Plain modules know none of them."""
        if self._profile.dialect is Dialect.PLAIN:
            return {}
        return {AUTO_ENROLL: (_FIELDS, self._auto_enroll), AUTO_IDENTIFY: (_FIELDS, self._auto_identify)}

    def mixed_up(self, length: int, handler: Handler) -> Handler:
        """`handler`, which wants `length` bytes of fields, for a command of another length: it gets zeros for what is missing."""

        def carried_out(fields: bytes) -> Reply:
            self.executed += 1
            return handler(fields[:length].ljust(length, b"\0"))

        return carried_out

    def _auto_enroll(self, fields: bytes) -> Reply:
        """Overwrite a slot with the finger on the glass. Grow's slot number has one byte, Synochip's two."""
        self.executed += 1
        syno = self._profile.dialect is Dialect.SYNO
        slot = int.from_bytes(fields[:2]) if syno else fields[0]
        if slot >= self._profile.capacity:
            return Reply(commands.BAD_SLOT, bytes(2))
        features = self._glass.capture()
        if features is None:
            return Reply(fields=bytes(2), later=(_TIMED_OUT,))
        self._flash.write(slot, encode(features, self._flash.template_size))
        if syno:
            return Reply(fields=bytes(2), later=tuple(Reply(fields=bytes.fromhex(step)) for step in _SYNO_STEPS))
        first, *others = (Reply(fields=bytes((step, slot))) for step in _GROW_STEPS)
        return Reply(fields=first.fields, later=tuple(others))

    def _auto_identify(self, _: bytes) -> Reply:
        """Begin to wait for a finger: accepted, no slot yet, no score."""
        self.executed += 1
        return Reply(fields=bytes.fromhex("0000FF0000"))
