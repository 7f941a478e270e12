from pathlib import Path

import pytest

from drivers import DeviceError, LinkLost, LinkTimeout, NoFinger, Scanner
from drivers.emulation.host import Emulator
from tests.support.scanners import QUICK, emulated, opened
from tests.support.zfm import answering, codes, commands_heard, flash_of, guarded

R503S = bytes.fromhex("000004000000C80003FFFFFFFF00020006")
NEVER_VERIFIED = bytes.fromhex("0000000009 03E80003FFFFFFFF00020006")


def test_check_is_one_handshake(scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = commands_heard(r307, monkeypatch)
    scanner.check()
    scanner.check()
    assert codes(heard) == [0x0F, 0x0F]


def test_check_of_a_module_without_parameters_is_a_greeting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with emulated("r308", tmp_path) as emulator, opened(emulator) as scanner:
        heard = commands_heard(emulator, monkeypatch)
        scanner.check()
        assert codes(heard) == [0x13]


@pytest.mark.parametrize("model", ["r307", "r503", "r308", "zw101"])
def test_a_restart_is_noticed_where_a_password_is_set(model: str, tmp_path: Path) -> None:
    with emulated(model, tmp_path) as emulator:
        guarded(emulator, 0xC0FFEE)
        with opened(emulator, password=0xC0FFEE) as scanner:
            scanner.check()
            emulator.power_cycle()
            # The next command gets through all the same; the restart is not forgotten over it.
            assert scanner.used() == frozenset()
            with pytest.raises(DeviceError, match="restarted") as changed:
                scanner.check()
            assert changed.value.code == 0x21
            assert "power supply" in changed.value.cure
            scanner.open()
            scanner.check()


def test_check_itself_meets_the_restart(r307: Emulator) -> None:
    guarded(r307, 0xC0FFEE)
    with opened(r307, password=0xC0FFEE) as scanner:
        r307.power_cycle()
        with pytest.raises(DeviceError, match="restarted"):
            scanner.check()


def test_a_lost_status_bit_is_noticed(scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(r307, monkeypatch, 0x0F, NEVER_VERIFIED)
    with pytest.raises(DeviceError, match="restarted"):
        scanner.check()


def test_a_module_that_never_shows_the_bit_is_no_alarm(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    # As Adafruit's PID4750 does.
    answering(r307, monkeypatch, 0x0F, NEVER_VERIFIED)
    with opened(r307) as scanner:
        scanner.check()
        assert scanner.identify() == NoFinger()


def test_another_module_behind_the_same_adapter_is_noticed(
    scanner: Scanner, r307: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(r307, monkeypatch, 0x0F, R503S)
    with pytest.raises(DeviceError, match="exchanged"):
        scanner.check()


def test_a_level_that_came_into_force_by_a_brown_out_is_noticed(r503: Emulator) -> None:
    with opened(r503) as scanner:
        flash_of(r503).registers.level = 1
        r503.power_cycle()
        with pytest.raises(DeviceError, match="restarted"):
            scanner.check()
        assert scanner.open().security_level == 1


def test_F042_check_of_a_silent_module_takes_half_a_second(r307: Emulator) -> None:
    with opened(r307, deadline_scale=QUICK) as scanner:
        r307.fault("deaf")
        with pytest.raises(LinkTimeout, match="ReadSysPara not answered"):
            scanner.check()


def test_check_before_opening(r307: Emulator) -> None:
    with opened(r307) as scanner:
        pass
    with pytest.raises(LinkLost, match="not open"):
        scanner.check()
