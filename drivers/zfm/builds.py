"""The emulated models: what their profiles say, and what only the sensor itself has to know."""

import enum
from dataclasses import dataclass

from drivers.zfm import commands
from drivers.zfm.commands import Profile


class Quirk(enum.Flag):
    """What a model does otherwise than its manual says."""

    NONE = 0
    OLD_PASSWORD = enum.auto()
    """After SetPwd, the password before is accepted too until the power goes (pyfingerprint #20)."""
    NO_SEARCH_AFTER_DOWNLOAD = enum.auto()
    """Search with a template that DownChar brought is answered with 01 (pyfingerprint #89, #113)."""


@dataclass(frozen=True, slots=True)
class Build:
    """One batch of a model. `template_size` is in bytes; `greeting` comes out `boot_s` seconds after power, junk and the byte 55."""

    profile: Profile
    template_size: int
    greeting: bytes = bytes.fromhex("00FE55")
    boot_s: float = 0.05
    quirks: Quirk = Quirk.NONE


# What the manual of this generation gives for its start, in seconds. It knows no byte 55: the emulated ZFM-20 starts without a word.
_SLOW_START = 0.5

ZFM20 = Build(commands.ZFM20, 512, greeting=b"", boot_s=_SLOW_START, quirks=Quirk.OLD_PASSWORD)
AS608 = Build(commands.AS608, 512)
R305 = Build(commands.R305, 512, boot_s=_SLOW_START, quirks=Quirk.NO_SEARCH_AFTER_DOWNLOAD)
# An R307's template has 512 bytes on paper; this one plays the batches with 768 that users measured.
R307 = Build(commands.R307, 768, quirks=Quirk.NO_SEARCH_AFTER_DOWNLOAD)
# Nobody published an R308's size; 512 is what the ZFM-20's manual says of this generation.
R308 = Build(commands.R308, 512, quirks=Quirk.NO_SEARCH_AFTER_DOWNLOAD)
R503 = Build(commands.R503, 1536)
# Nobody published a ZW101's size; 2048 is what a module of the same dialect says in its information page (YX-F112S11). Its junk
# and the 79 ms until it listens are from a published trace of a ZW101.
ZW101 = Build(commands.ZW101, 2048, greeting=bytes.fromhex("00F8FCFE55"), boot_s=0.079)
