from pathlib import Path

import pytest

from drivers import Capability, Light, Scanner, UnsupportedError
from drivers.emulation.host import Emulator
from drivers.zfm.commands import R307, R308, R503, ZW101, Dialect
from drivers.zfm.translation import LIGHTS, capabilities_of
from tests.support.scanners import emulated, opened

CONTROLS, V11_COLOURS = range(1, 7), {1, 2, 3}


@pytest.mark.parametrize("dialect", LIGHTS)
def test_every_light_has_a_pattern_of_its_own(dialect: Dialect) -> None:
    patterns = LIGHTS[dialect]
    assert patterns.keys() == set(Light)
    assert len(set(patterns.values())) == len(Light)
    assert all(len(pattern) == 4 and pattern[0] in CONTROLS for pattern in patterns.values())


def test_r503_colours_exist_in_both_firmwares() -> None:
    assert {pattern[2] for pattern in LIGHTS[Dialect.GROW].values()} <= V11_COLOURS


def test_synochip_colours_are_bits_and_the_same_at_both_ends() -> None:
    for light, (_, start, end, _) in LIGHTS[Dialect.SYNO].items():
        assert start == end
        assert (0 < start <= 7) == (light is not Light.OFF)


@pytest.mark.parametrize("model", ["r503", "zw101"])
def test_lights_reach_the_module(model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator, opened(emulator) as scanner:
        assert emulator.state()["light"] == LIGHTS[Dialect(scanner.info.dialect)][Light.OFF].hex()
        for light in Light:
            scanner.signal(light)
            assert emulator.state()["light"] == LIGHTS[Dialect(scanner.info.dialect)][light].hex()
        assert emulator.state()["harmed"] == 0


def test_light_only_where_there_is_one(scanner: Scanner, r307: Emulator) -> None:
    with pytest.raises(UnsupportedError, match="light"):
        scanner.signal(Light.READY)


def test_capabilities_follow_from_the_profile() -> None:
    assert Capability.RESET | Capability.LIGHT | Capability.TAG | Capability.IMAGE in capabilities_of(R503)
    assert Capability.RESET not in capabilities_of(ZW101)
    assert not (Capability.TAG | Capability.IMAGE | Capability.LIGHT | Capability.RESET) & capabilities_of(R308)
    assert all(Capability.MATCH in capabilities_of(profile) for profile in (R307, R308, R503, ZW101))
