"""Lines that lie in this family's own ways: whatever comes, no wrong hit, and no long wait."""

import contextlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import (
    Hit,
    LinkLost,
    LinkTimeout,
    NoFinger,
    NoMatch,
    ProtocolError,
    ScannerError,
)
from drivers.emulation.host import Emulator
from drivers.gt521.codec import ACK, NACK, Data, Packet
from drivers.gt521.reply import Reply
from tests.support.gt521 import device_of
from tests.support.lines import SLACK, Line, line_to
from tests.support.scanners import emulated, opened

# Five responses: light, pressed, picture, hit, and the proof of being in step.
ANSWER_BYTES = 60
HIT = Hit(7, None)
STALE_HIT = Packet(ACK, 5).to_bytes()
STALE_ACK = Packet(ACK).to_bytes()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with line_to("gt511c3", tmp_path) as line:
        yield line


@pytest.mark.parametrize("at", range(0, ANSWER_BYTES, 12))
@pytest.mark.parametrize("stale", [STALE_ACK, STALE_HIT], ids=["ack", "hit"])
def test_F047_an_ack_too_many_never_becomes_a_hit(line: Line, at: int, stale: bytes) -> None:
    for finger, right in (("juma", NoMatch()), (None, NoFinger())):
        if finger is None:
            line.emulator.lift()
        else:
            line.emulator.place(finger)
        outcome = line.attempt("insert", at, data=stale)
        # A stale ACK may pass for "pressed" or "captured", never for somebody.
        assert not isinstance(outcome, Hit), f"{outcome!r}"
        assert outcome == right or isinstance(outcome, (NoFinger, NoMatch, ScannerError))
        line.mend()
    line.emulator.place("amina")
    assert line.scanner.identify() == HIT


def test_F047_answers_that_are_out_of_step_move_no_slots(line: Line) -> None:
    device = line.emulator.device
    for slot in (0, 3):
        device.put(slot, device.make(str(slot)))
    for at in range(0, 12 * 9, 12):
        line.scanner._usual = frozenset()
        line.emulator.fault("insert", at=at, data=STALE_ACK)
        with contextlib.suppress(ProtocolError):
            assert line.scanner.used() == {0, 3, 7}, f"an ACK too many at byte {at}"
        line.mend()
    assert line.scanner.used() == {0, 3, 7}


def test_F047_what_came_unasked_is_dropped_before_a_command(line: Line) -> None:
    line.emulator.place("juma")
    line.arrives(STALE_HIT)
    assert line.scanner.identify() == NoMatch()
    line.emulator.lift()
    line.arrives(STALE_ACK)
    assert line.scanner.present() is False


@pytest.mark.parametrize("late", [0, 12, 24, 36, 48])
def test_F047_an_answer_that_comes_too_late_belongs_to_nobody(line: Line, late: int) -> None:
    line.emulator.place("juma")
    outcome = line.attempt("pause", late, delay_s=0.1)
    assert isinstance(outcome, (LinkTimeout, NoMatch))
    # Opened while the late answer is still on its way: it arrives in the middle of the handshake.
    line.mend()
    assert line.scanner.identify() == NoMatch()
    line.emulator.lift()
    assert line.scanner.identify() == NoFinger()


def test_F047_a_late_greeting_leaves_the_opening_in_step(emulator: Emulator) -> None:
    for at in (0, 12, 20):
        emulator.fault("pause", at=at, delay_s=0.5)
        with opened(emulator, deadline_scale=0.4, baud=emulator.device.baud) as scanner:
            assert (scanner.info.model, scanner.info.capacity) == ("GT-511C3", 200)
            assert scanner.used() == frozenset()
        emulator.clear_faults()


def test_a_hit_outside_of_the_sensor_is_an_error(line: Line) -> None:
    device_of(line.emulator)._handlers[0x51] = lambda _: Reply(200)
    with pytest.raises(ProtocolError, match="slot 200 of a sensor with 200"):
        line.scanner.identify()


def test_F048_unplugged_at_every_answer_of_an_import_keeps_the_old_or_the_new(line: Line) -> None:
    old = line.scanner.export_template(7)
    new = type(old)(old.model, line.emulator.device.make("juma"))
    for at in range(0, 600, 12):
        line.emulator.fault("unplug", at=at)
        try:
            line.scanner.import_template(7, new)
        except LinkLost:
            line.emulator.clear_faults()
            line.emulator.replug()
        line.mend()
        assert line.scanner.export_template(7) in (old, new)
        line.scanner.import_template(7, old)


def test_slow_sensor_on_a_slow_line(tmp_path: Path) -> None:
    with emulated("gt511c3", tmp_path, instant=False) as emulator, opened(emulator) as scanner:
        emulator.place("amina")
        started = time.monotonic()
        assert scanner.identify() == NoMatch()
        # 200 ms for the picture; an empty library is not searched. The rest is the line.
        assert 0.2 < time.monotonic() - started < 0.25 + SLACK


@pytest.mark.slow
def test_twenty_thousand_random_answers_through_the_whole_driver(line: Line) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    line.emulator.place("juma")
    for _ in range(20_000 // 4):
        frame = bytearray(Packet(chance.choice((ACK, NACK)), chance.randrange(200)).to_bytes())
        frame[chance.randrange(len(frame))] ^= chance.randrange(256)
        junk = chance.choice((bytes(frame), chance.randbytes(20), Data(bytes(frame)).to_bytes()))
        line.hurry()
        line.emulator.fault("insert", at=chance.randrange(48), data=junk)
        try:
            assert not isinstance(line.scanner.identify(), Hit)
        except ScannerError:
            line.mend()
        line.emulator.clear_faults()
