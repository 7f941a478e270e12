from pathlib import Path

import pytest

from drivers import create_scanner
from drivers.emulation.host import Emulator
from tests.support.scanners import emulated, opened
from tests.support.zfm import answering, codes, commands_heard, flash_of

WAITS = "Security level 4 takes effect when the scanner has been without power for 2 seconds."


def test_level_is_set_and_read_back(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = commands_heard(r307, monkeypatch)
    with opened(r307, level=4) as scanner:
        assert (scanner.info.security_level, scanner.info.remarks) == (4, ())
    assert flash_of(r307).registers.level == 4
    assert codes(heard).count(0x0E) == 1


def test_flash_is_left_alone_where_the_level_is_right(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = commands_heard(r307, monkeypatch)
    for options in ({}, {"level": None}, {"level": 3}):
        with opened(r307, **options) as scanner:
            assert (scanner.info.security_level, scanner.info.remarks) == (3, ())
    assert 0x0E not in codes(heard)


def test_r503_takes_the_level_over_after_a_restart(r503: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = commands_heard(r503, monkeypatch)
    with opened(r503, level=4) as scanner:
        assert (scanner.info.security_level, scanner.info.remarks) == (4, ())
        scanner.check()
    assert codes(heard)[-5:-1] == [0x0F, 0x3D, 0x13, 0x0F]


def test_a_level_that_waits_for_the_power_is_told_as_it_is(r503: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    # Acknowledged, and without effect whatever the host does.
    answering(r503, monkeypatch, 0x0E, b"\x00")
    with opened(r503, level=4) as scanner:
        assert (scanner.info.security_level, scanner.info.remarks) == (3, (WAITS,))


def test_without_a_reset_there_is_nothing_more_to_do(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(r307, monkeypatch, 0x0E, b"\x00")
    heard = commands_heard(r307, monkeypatch)
    with opened(r307, level=4) as scanner:
        assert (scanner.info.security_level, scanner.info.remarks) == (3, (WAITS,))
    assert 0x3D not in codes(heard)


def test_a_refused_level_is_a_remark_and_no_failure(r307: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(r307, monkeypatch, 0x0E, b"\x1b")
    with opened(r307, level=4) as scanner:
        assert scanner.info.security_level == 3
        assert scanner.info.remarks == ("The scanner refused security level 4 (bad register value) and stays at 3.",)


def test_r308_does_not_tell_and_is_not_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with emulated("r308", tmp_path) as emulator:
        heard = commands_heard(emulator, monkeypatch)
        with opened(emulator, level=4) as scanner:
            assert scanner.info.security_level is None
            assert "does not tell" in scanner.info.remarks[0]
        assert 0x0E not in codes(heard)


@pytest.mark.parametrize("level", [0, 6, -1])
def test_levels_that_do_not_exist(level: int) -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        create_scanner("zfm", "/dev/null", level=level)
