"""The contract's words in the sensor's: reasons, lights and capabilities."""

from drivers.scanner import Capability, Light, RetryReason
from drivers.zfm.commands import AURA_LED_CONFIG, CONTROL_BLN, NO_IMAGE, Command, Dialect, Profile

# Confirmation codes of GenImg, Img2Tz and Search that a person can do something about.
RETRY_REASONS = {
    0x03: RetryReason.IMAGING,
    0x04: RetryReason.DRY,
    0x05: RetryReason.WET,
    0x06: RetryReason.SMUDGED,
    0x07: RetryReason.PARTIAL,
    NO_IMAGE: RetryReason.IMAGING,
    0x17: RetryReason.RESIDUAL,
}

# The command that drives the light, where there is one.
LIGHT_COMMANDS: dict[Dialect, Command] = {Dialect.GROW: AURA_LED_CONFIG, Dialect.SYNO: CONTROL_BLN}

# AuraLedConfig: control 1 breathing, 2 flashing, 3 on, 4 off; speed 0 to 255; colour; count, 0 is for ever. Of the colours, only red 1,
# blue 2 and purple 3 exist in firmware V1.1 as well as in V1.2, so that there is no green here.
_GROW_LIGHTS = {
    Light.OFF: bytes((4, 0, 1, 0)),
    Light.READY: bytes((1, 100, 2, 0)),
    Light.HOLD: bytes((3, 0, 3, 0)),
    Light.REMOVE: bytes((2, 50, 3, 0)),
    Light.WELCOME: bytes((3, 0, 2, 0)),
    Light.REFUSED: bytes((2, 25, 1, 3)),
    Light.FAULT: bytes((1, 50, 1, 0)),
}

# ControlBLN: mode as above; start and end colour, as bits blue 1, green 2, red 4; cycles, 0 is for ever. Source: Hi-Link's clients, and
# the golden vectors of steady and flashing lights.
_SYNO_LIGHTS = {
    Light.OFF: bytes((4, 0, 0, 0)),
    Light.READY: bytes((1, 1, 1, 0)),
    Light.HOLD: bytes((3, 6, 6, 0)),
    Light.REMOVE: bytes((2, 6, 6, 0)),
    Light.WELCOME: bytes((3, 2, 2, 0)),
    Light.REFUSED: bytes((2, 4, 4, 3)),
    Light.FAULT: bytes((1, 4, 4, 0)),
}

LIGHTS: dict[Dialect, dict[Light, bytes]] = {Dialect.GROW: _GROW_LIGHTS, Dialect.SYNO: _SYNO_LIGHTS}

_ALWAYS = Capability.PRESENCE | Capability.SCORE | Capability.TEMPLATES | Capability.VERIFY | Capability.MATCH


def capabilities_of(profile: Profile) -> Capability:
    """What a model of this profile can do, as far as its papers tell."""
    owned = {
        Capability.IMAGE: profile.image is not None,
        Capability.TAG: profile.notepad,
        Capability.LIGHT: profile.dialect in LIGHTS,
        Capability.RESET: profile.dialect is Dialect.GROW,
    }
    found = _ALWAYS
    for capability, here in owned.items():
        found |= capability if here else Capability.NONE
    return found
