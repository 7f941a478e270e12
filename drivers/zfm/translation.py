"""The contract's words in the sensor's: reasons, lights and capabilities."""

from drivers.scanner import Capability, Light, RetryReason
from drivers.zfm.commands import NO_IMAGE, Profile

# Confirmation codes of GenImg and Img2Tz that a person can do something about.
RETRY_REASONS = {
    0x03: RetryReason.IMAGING,
    0x04: RetryReason.DRY,
    0x05: RetryReason.WET,
    0x06: RetryReason.SMUDGED,
    0x07: RetryReason.PARTIAL,
    NO_IMAGE: RetryReason.IMAGING,
    0x17: RetryReason.RESIDUAL,
}

# AuraLedConfig. Control 1 breathing, 2 flashing, 3 on, 4 off; speed 0 to 255; colour 1 red, 2 blue, 4 green, 5 yellow; count 0 is for ever.
LIGHTS = {
    Light.OFF: (4, 0, 0, 0),
    Light.READY: (1, 100, 2, 0),
    Light.HOLD: (3, 0, 5, 0),
    Light.WELCOME: (3, 0, 4, 0),
    Light.REFUSED: (2, 25, 1, 3),
    Light.FAULT: (1, 50, 1, 0),
}


def capabilities_of(profile: Profile) -> Capability:
    """What a model of this profile can do."""
    common = Capability.PRESENCE | Capability.SCORE | Capability.TEMPLATES | Capability.VERIFY
    image = Capability.IMAGE if profile.image else Capability.NONE
    tag = Capability.TAG if profile.notepad else Capability.NONE
    return common | image | tag | (Capability.LIGHT if profile.grow else Capability.NONE)
