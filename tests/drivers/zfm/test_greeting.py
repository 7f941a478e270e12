import time
from pathlib import Path

import pytest

from drivers import Capability, DeviceError, LinkTimeout, NoFinger, UnsupportedError
from drivers.emulation.host import Emulator
from drivers.zfm.scanner import ZfmScanner
from tests.support.scanners import QUICK, emulated, opened
from tests.support.zfm import answering, codes, commands_heard, flash_of, guarded

# What a busy machine may add, in seconds.
SLACK = 1.0


def at_speed(emulator: Emulator, baud: int) -> None:
    flash_of(emulator).registers.baud_n = baud // 9600
    emulator.power_cycle()


@pytest.mark.parametrize("baud", [115200, 9600, 38400, 19200])
def test_F056_usual_speeds_are_found_and_remembered(r307: Emulator, monkeypatch: pytest.MonkeyPatch, baud: int) -> None:
    at_speed(r307, baud)
    with opened(r307, deadline_scale=QUICK) as scanner:
        assert scanner.info.baud == baud
        assert scanner.identify() == NoFinger()
        heard = commands_heard(r307, monkeypatch)
        scanner.open()
        assert scanner.info.baud == baud
        # The first greeting was understood.
        assert codes(heard)[:2] == [0x13, 0x0F]


def test_F056_back_at_another_speed_after_a_brown_out(r307: Emulator) -> None:
    at_speed(r307, 115200)
    with opened(r307, baud=115200, deadline_scale=QUICK) as scanner:
        at_speed(r307, 57600)
        with pytest.raises(LinkTimeout):
            scanner.check()
        assert scanner.open().baud == 57600
        assert scanner.identify() == NoFinger()


@pytest.mark.parametrize("baud", [28800, 105600])
def test_F056_every_multiple_is_looked_for_where_that_is_wanted(r307: Emulator, baud: int) -> None:
    at_speed(r307, baud)
    with pytest.raises(LinkTimeout), opened(r307, deadline_scale=QUICK):
        pass
    with opened(r307, speeds=ZfmScanner.all_speeds, deadline_scale=QUICK) as scanner:
        assert scanner.info.baud == baud


def test_all_speeds_are_the_multiples_of_9600() -> None:
    assert ZfmScanner.all_speeds[:5] == ZfmScanner.usual_speeds == (57600, 115200, 9600, 38400, 19200)
    assert sorted(ZfmScanner.all_speeds) == [9600 * n for n in range(1, 13)]


def test_F042_silence_at_every_speed_costs_a_bounded_time(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    r307.fault("deaf")
    started = time.monotonic()
    with pytest.raises(LinkTimeout, match="VfyPwd not answered"), opened(r307, deadline_scale=QUICK):
        pass
    # Three greetings of 0.5 s and four of 0.25 s, a tenth of each.
    assert 0.24 < time.monotonic() - started < 0.25 + SLACK


def test_a_wrong_password_is_known_at_once_and_at_the_right_speed(
    r307: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    flash_of(r307).registers.baud_n = 12
    guarded(r307, 0xC0FFEE)
    heard = commands_heard(r307, monkeypatch)
    with pytest.raises(DeviceError, match="wrong password") as refused, opened(r307, baud=115200):
        pass
    assert codes(heard) == [0x13]
    assert "password back to 0" in refused.value.cure
    with pytest.raises(DeviceError, match="wrong password"), opened(r307, deadline_scale=QUICK):
        pass


def test_a_greeting_that_arrived_damaged_is_said_again(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(r307, monkeypatch, 0x13, b"\x01", times=2)
    with opened(r307) as scanner:
        assert scanner.info.model == "R307"
    answering(r307, monkeypatch, 0x13, b"\x01")
    with pytest.raises(DeviceError, match="packet received damaged"), opened(r307):
        pass


def test_two_answers_to_every_greeting(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(r307, monkeypatch, 0x13, b"\x00", b"\x00")
    with opened(r307) as scanner:
        assert scanner.info.model == "R307"
        assert scanner.identify() == NoFinger()


def test_F042_slow_start_is_waited_for(tmp_path: Path) -> None:
    with emulated("r307", tmp_path, instant=False) as emulator:
        emulator.power_cycle()
        with opened(emulator) as scanner:
            assert scanner.identify() == NoFinger()


def test_reset_of_an_r503_keeps_flash_and_takes_deferred_settings_over(r503: Emulator) -> None:
    with opened(r503) as scanner:
        scanner.write_tag(bytes(range(32)))
        flash_of(r503).registers.level = 5
        flash_of(r503).registers.baud_n = 12
        scanner.reset()
        assert (scanner.info.security_level, scanner.info.baud) == (5, 115200)
        assert scanner.read_tag() == bytes(range(32))
        scanner.check()
        assert scanner.identify() == NoFinger()


def test_reset_takes_its_time_on_a_real_line(tmp_path: Path) -> None:
    with emulated("r503", tmp_path, instant=False) as emulator, opened(emulator) as scanner:
        started = time.monotonic()
        scanner.reset()
        assert time.monotonic() - started < 0.5 + SLACK
        assert scanner.identify() == NoFinger()


def test_a_module_that_does_not_come_back_from_a_reset(r503: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(r503, deadline_scale=QUICK) as scanner:
        answering(r503, monkeypatch, 0x13)
        with pytest.raises(LinkTimeout):
            scanner.reset()


def test_no_reset_where_there_is_none(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(r307) as scanner:
        assert Capability.RESET not in scanner.info.capabilities
        heard = commands_heard(r307, monkeypatch)
        with pytest.raises(UnsupportedError, match="reset"):
            scanner.reset()
        assert heard == []
