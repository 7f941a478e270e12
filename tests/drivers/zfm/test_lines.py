"""Lines that lie in this family's own ways: whatever comes, no wrong hit, and no long wait."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import (
    EnrolState,
    LinkError,
    LinkLost,
    LinkTimeout,
    NoFinger,
    NoMatch,
    ProtocolError,
    Same,
    ScannerError,
)
from drivers.emulation.host import Emulator
from drivers.zfm.codec import Packet, Pid
from tests.support.lines import SLACK, Line, is_hit, line_to
from tests.support.scanners import emulated, enrol, opened

STALE_HIT = Packet(Pid.ACK, bytes.fromhex("0000050060")).to_bytes()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with line_to("r307", tmp_path) as line:
        yield line


def test_F042_three_slow_answers_take_two_seconds_at_most(line: Line) -> None:
    # A tenth of everything: each answer comes within its own deadline, all three together do not.
    line.hurry(0.1)
    for at, delay_s in ((0, 0.08), (12, 0.08), (24, 0.12)):
        line.emulator.fault("pause", at=at, delay_s=delay_s)
    started = time.monotonic()
    with pytest.raises(LinkTimeout):
        line.scanner.identify()
    assert time.monotonic() - started < 0.2 + SLACK


def test_F042_opening_a_silent_sensor_gives_up_in_time(r307: Emulator) -> None:
    r307.fault("deaf")
    started = time.monotonic()
    with pytest.raises(LinkTimeout, match="VfyPwd not answered") as silence, opened(r307, deadline_scale=0.1):
        pass
    assert time.monotonic() - started < 0.15 + SLACK
    assert silence.value.received == 0
    assert silence.value.port == r307.link


def test_F044_half_a_packet_then_silence_does_not_spoil_the_next(line: Line) -> None:
    outcome = line.attempt("drop", 6, count=6)
    assert isinstance(outcome, LinkTimeout)
    line.mend()
    assert is_hit(line.scanner.identify())


def test_F045_a_template_that_lacks_a_whole_packet_is_never_exported(line: Line) -> None:
    line.emulator.fault("drop", at=24, count=139)
    with pytest.raises(ProtocolError, match="not the same ones twice"):
        line.scanner.export_template(7)


def test_F046_a_lying_length_is_got_over(line: Line) -> None:
    for length in ("0000", "FFFF", "0103"):
        line.emulator.fault("insert", at=0, data=bytes.fromhex("EF01FFFFFFFF07" + length))
        assert is_hit(line.scanner.identify())
        line.mend()


def test_F046_a_false_header_swallows_no_answer(line: Line) -> None:
    outcome = line.attempt("insert", 0, data=bytes.fromhex("EF01FFFFFFFF070030"))
    assert is_hit(outcome) or isinstance(outcome, LinkTimeout)
    line.mend()
    line.hurry(0.3)
    line.emulator.fault("insert", at=0, data=bytes.fromhex("EF01FFFFFFFF070030"))
    assert is_hit(line.scanner.identify())


def test_F047_answer_of_an_earlier_search_is_not_taken(line: Line) -> None:
    line.emulator.lift()
    for _ in range(3):
        line.emulator.fault("insert", at=0, data=STALE_HIT)
        assert line.scanner.identify() == NoFinger()
    line.emulator.place("juma")
    line.emulator.clear_faults()
    for at in (0, 12):
        line.emulator.fault("insert", at=at, data=STALE_HIT)
    assert line.scanner.identify() == NoMatch()
    assert line.scanner.glitches == 5


@pytest.mark.parametrize(("stray", "glitches"), [("55", 1), ("00FE55", 1), ("00FE", 0)])
def test_a_module_that_got_power_says_so_next_to_an_answer(line: Line, stray: str, glitches: int) -> None:
    line.emulator.fault("insert", at=0, data=bytes.fromhex(stray))
    assert line.scanner.present()
    assert line.scanner.glitches == glitches


def test_F047_what_came_unasked_is_dropped_before_a_command(line: Line) -> None:
    line.emulator.place("juma")
    # A hit left over from whatever lies there before anything is asked.
    line.arrives(STALE_HIT)
    assert line.scanner.identify() == NoMatch()
    # An ack has no name on it: of these two, only the time of arrival tells whose they are.
    line.emulator.lift()
    line.arrives(Packet(Pid.ACK, b"\x00").to_bytes())
    assert line.scanner.present() is False


def test_F047_an_answer_that_comes_too_late_belongs_to_nobody(line: Line) -> None:
    line.emulator.place("juma")
    outcome = line.attempt("pause", 0, delay_s=0.1)
    assert isinstance(outcome, LinkTimeout)
    # Opened while the late ack is still on its way: it arrives in the middle of the handshake.
    line.mend()
    assert line.scanner.glitches > 0
    assert line.scanner.identify() == NoMatch()
    line.emulator.lift()
    assert line.scanner.identify() == NoFinger()


def test_answers_of_another_address_are_not_taken(line: Line) -> None:
    line.emulator.place("juma")
    line.emulator.fault("insert", at=24, data=Packet(Pid.ACK, bytes.fromhex("0000050060"), 0x01020304).to_bytes())
    assert line.scanner.identify() == NoMatch()
    assert line.scanner.glitches == 1


def test_a_hit_outside_of_the_sensor_is_an_error(line: Line) -> None:
    line.emulator.fault("insert", at=24, data=Packet(Pid.ACK, bytes.fromhex("0003E80060")).to_bytes())
    with pytest.raises(ProtocolError, match="slot 1000 is not among the 1000"):
        line.scanner.identify()


def test_slow_sensor_on_a_slow_line(tmp_path: Path) -> None:
    with emulated("r307", tmp_path, instant=False) as emulator, opened(emulator) as scanner:
        emulator.place("amina")
        started = time.monotonic()
        assert scanner.identify() == NoMatch()
        # 188 ms for the picture, 300 for the features, 40 for the search, 14 on the wire.
        assert 0.54 < time.monotonic() - started < 0.54 + SLACK


def test_F056_wrong_speed_is_garbage_and_found_out_in_time(r307: Emulator) -> None:
    started = time.monotonic()
    with opened(r307, baud=9600, deadline_scale=0.1) as scanner:
        assert scanner.info.baud == 57600
    assert time.monotonic() - started < 0.3 + SLACK
    with pytest.raises(LinkError), opened(r307, baud=9600, speeds=(), deadline_scale=0.1):
        pass


def test_F047_two_acks_to_everything(line: Line) -> None:
    line.emulator.fault("twice")
    for _ in range(3):
        assert is_hit(line.scanner.identify())
    line.emulator.place("juma")
    assert line.scanner.identify() == NoMatch()
    line.emulator.lift()
    assert line.scanner.identify() == NoFinger()
    assert line.scanner.used() == {7}
    assert line.scanner.glitches > 0


def test_F043_power_on_junk_between_the_commands_of_an_enrolment(line: Line) -> None:
    line.emulator.lift()
    # Before the acks of ReadIndexTable, GenImg without a finger, GenImg, Img2Tz and Search.
    for at in (0, 44, 56, 68, 80):
        line.emulator.fault("insert", at=at, data=bytes.fromhex("00F8FCFE55"))
    assert enrol(line.scanner, line.emulator, "juma", 8)[-1].state is EnrolState.STORED
    assert line.scanner.used() == {7, 8}


def test_F045_damage_while_opening_is_an_error_or_nothing(line: Line) -> None:
    # VfyPwd, ReadSysPara, HandShake twice, ReadUUID twice, ReadSysPara, ReadNotepad: every byte of their answers.
    opened_as = {(line.scanner.info.model, line.scanner.info.capabilities)}
    line.hurry()
    for at in range(0, 12 + 28 + 4 * 12 + 28 + 44, 3):
        line.emulator.fault("garble", at=at)
        try:
            line.scanner.open()
        except ScannerError:
            continue
        finally:
            line.emulator.clear_faults()
        opened_as.add((line.scanner.info.model, line.scanner.info.capabilities))
    assert len(opened_as) == 1


def test_F048_unplugged_at_every_byte_of_a_match(line: Line) -> None:
    template = line.scanner.export_template(7)
    for at in range(0, 12 + 12 + 12 + 14, 2):
        line.emulator.fault("unplug", at=at)
        with pytest.raises(LinkLost):
            line.scanner.match(template)
        line.emulator.clear_faults()
        line.emulator.replug()
        line.mend()
    assert isinstance(line.scanner.match(template), Same)
    assert line.scanner.used() == {7}
