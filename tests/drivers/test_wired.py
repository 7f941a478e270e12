"""What the drivers of all families in this package have in common, on an emulator of each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import Capability, DeviceError, LinkLost, Template, UnsupportedError
from drivers.emulation.host import Emulator
from drivers.wired import WiredScanner
from tests.support.scanners import driver_for, emulated, opened


@pytest.fixture(params=["r307", "gt511c3", "waveshare"])
def emulator(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Emulator]:
    with emulated(request.param, tmp_path) as emulator:
        yield emulator


@pytest.fixture
def wired(emulator: Emulator) -> Iterator[WiredScanner]:
    with opened(emulator) as scanner:
        assert isinstance(scanner, WiredScanner)
        yield scanner


@pytest.mark.parametrize("level", [0, 6, -1])
def test_a_level_that_is_none_is_refused_before_anything_is_said(emulator: Emulator, level: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 5, not {level}"):
        driver_for(emulator, level=level)


def test_closed_until_it_is_opened_and_again_after_a_failure(emulator: Emulator) -> None:
    scanner = driver_for(emulator, deadline_scale=0.1)
    with pytest.raises(LinkLost, match="is not open") as closed:
        _ = scanner.info
    assert (closed.value.port, closed.value.cure) == (emulator.link, "Open the scanner first.")
    assert scanner.open() == scanner.info
    emulator.unplug()
    with pytest.raises(LinkLost):
        scanner.open()
    with pytest.raises(LinkLost, match="is not open"):
        _ = scanner.info


def test_the_speed_that_was_found_is_where_the_next_opening_begins(emulator: Emulator) -> None:
    baud = emulator.device.baud
    other = next(speed for speed in driver_for(emulator).usual_speeds if speed != baud)
    scanner = driver_for(emulator, baud=other, speeds=iter((baud,)), deadline_scale=0.1)
    assert scanner.open().baud == baud
    assert scanner.open().baud == emulator.device.baud
    scanner.close()


def test_slots_that_the_scanner_does_not_have(wired: WiredScanner) -> None:
    info = wired.info
    first, last = info.slot_base, info.slot_base + info.capacity - 1
    for slot in (first, last):
        wired._require_slot(slot)
    for slot in (first - 1, last + 1):
        with pytest.raises(DeviceError, match=f"slot {slot} of .*: .*out of range, {first} to {last}") as refused:
            wired._require_slot(slot)
        assert refused.value.cure == "Use a slot that the scanner has."
    wired._require_slot(last + 1, last + 1)


def test_templates_of_another_model_or_size(wired: WiredScanner) -> None:
    model = wired.info.model
    for template in (Template("Another", bytes(498)), Template(model, b"")):
        with pytest.raises(UnsupportedError, match="a template of"):
            wired._require_own(template)
    size = wired.info.template_size or 768
    wired._require_own(Template(model, bytes(size)))
    if wired.info.template_size:
        with pytest.raises(UnsupportedError, match=f"has {size} bytes, not {size + 1}"):
            wired._require_own(Template(model, bytes(size + 1)))


def test_what_the_scanner_cannot_do_is_named(wired: WiredScanner) -> None:
    lacking = Capability.LIGHT
    assert lacking not in wired.info.capabilities
    with pytest.raises(UnsupportedError, match=f"{wired.info.model.partition('(')[0]}.* has no light"):
        wired._require(lacking)
