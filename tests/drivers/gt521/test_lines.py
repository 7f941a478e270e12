"""The same driver and emulator over lines of every kind: whatever the line does, no wrong hit, and no long wait."""

import contextlib
import os
import random
import select
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import (
    EnrolState,
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
from drivers.gt521.scanner import Gt521Scanner
from tests.support.gt521 import device_of, emulated, enrol, opened

# Five responses: light, pressed, picture, hit, and the proof of being in step.
ANSWER_BYTES = 60
# How much shorter the time-outs are here; and what a busy machine may add to them, in seconds.
SCALE = 0.03
SLACK = 1.0
STALE_HIT = Packet(ACK, 5).to_bytes()
STALE_ACK = Packet(ACK).to_bytes()


class Line:
    """An emulator with `amina` in slot 7 and on the glass, and a driver that is made hasty once it is open."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.scanner = Gt521Scanner(emulator.link)
        self.mend()
        enrol(self.scanner, emulator, 7, "amina")
        emulator.place("amina")

    def mend(self) -> None:
        self.emulator.clear_faults()
        # A sensor that was unplugged is back at 9600, and looked for at 115200 first.
        self.scanner._link.baud = self.emulator.device.baud
        self.scanner._wire._scale = 1.0
        self.scanner.open()

    def attempt(self, kind: str, at: int, **fault: object) -> object:
        """What `identify` makes of one fault: its answer, or the error."""
        self.scanner._wire._scale = SCALE
        self.emulator.fault(kind, at=at, **fault)  # type: ignore[arg-type]
        started = time.monotonic()
        try:
            return self.scanner.identify()
        except ScannerError as failure:
            return failure
        finally:
            assert time.monotonic() - started < 2 * SCALE + SLACK

    def arrives(self, data: bytes) -> None:
        """Bytes that come before anything is asked."""
        os.write(self.emulator._port.master, data)
        assert select.select([self.scanner._link._descriptor], [], [], 5)[0]


@pytest.fixture
def line(emulator: Emulator) -> Iterator[Line]:
    line = Line(emulator)
    yield line
    line.scanner.close()


HIT = Hit(7, None)


def test_F042_silent_sensor_at_every_byte(line: Line) -> None:
    for at in range(ANSWER_BYTES):
        outcome = line.attempt("silent", at)
        assert isinstance(outcome, LinkTimeout), f"silent from byte {at}: {outcome!r}"
        line.mend()
    assert line.scanner.identify() == HIT


def test_F042_deaf_sensor_hears_again_after_a_power_cycle(line: Line) -> None:
    line.emulator.fault("deaf")
    line.scanner._wire._scale = SCALE
    with pytest.raises(LinkTimeout):
        line.scanner.check()
    line.emulator.power_cycle()
    line.mend()
    assert line.scanner.identify() == HIT


def test_F043_garbage_instead_of_an_answer(line: Line) -> None:
    outcome = line.attempt("insert", 0, data=bytes(range(256)) * 200)
    assert outcome == HIT or isinstance(outcome, (LinkTimeout, ProtocolError))
    line.mend()
    assert line.scanner.identify() == HIT


def test_F043_junk_before_an_answer_is_skipped(line: Line) -> None:
    for junk in ("55", "00F8FCFE55", "5AA5", "AA55"):
        for at in range(0, ANSWER_BYTES, 12):
            line.emulator.fault("insert", at=at, data=bytes.fromhex(junk))
        assert line.scanner.identify() == HIT, junk
        line.mend()


def test_F044_pause_before_every_byte_is_reassembled(line: Line) -> None:
    for at in range(ANSWER_BYTES):
        line.emulator.fault("pause", at=at, delay_s=0.002)
        assert line.scanner.identify() == HIT
        line.emulator.clear_faults()


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_F045_no_hit_from_a_damaged_packet(line: Line, mask: int) -> None:
    for at in range(ANSWER_BYTES):
        outcome = line.attempt("garble", at, mask=mask)
        assert isinstance(outcome, (LinkTimeout, ProtocolError)), f"byte {at}: {outcome!r}"
        line.mend()
    assert line.scanner.glitches > 0


def test_F045_no_hit_with_a_byte_missing(line: Line) -> None:
    for at in range(ANSWER_BYTES):
        outcome = line.attempt("drop", at)
        assert isinstance(outcome, (LinkTimeout, ProtocolError)), f"byte {at}: {outcome!r}"
        line.mend()


def test_F045_a_damaged_template_is_never_exported(line: Line) -> None:
    good = line.scanner.export_template(7)
    for kind in ("garble", "drop"):
        for at in range(0, 12 + 504, 17):
            line.scanner._wire._scale = SCALE
            line.emulator.fault(kind, at=at)
            with pytest.raises((LinkTimeout, ProtocolError)):
                line.scanner.export_template(7)
            line.mend()
    assert line.scanner.export_template(7) == good


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
        emulator.fault("pause", at=at, delay_s=0.12)
        with opened(emulator, deadline_scale=0.1, baud=emulator.device.baud) as scanner:
            assert (scanner.info.model, scanner.info.capacity) == ("GT-511C3", 200)
            assert scanner.used() == frozenset()
        emulator.clear_faults()


def test_a_hit_outside_of_the_sensor_is_an_error(line: Line) -> None:
    device_of(line.emulator)._handlers[0x51] = lambda _: Reply(200)
    with pytest.raises(ProtocolError, match="slot 200 of a sensor with 200"):
        line.scanner.identify()


def test_F048_unplugged_at_every_byte(line: Line) -> None:
    for at in range(ANSWER_BYTES):
        outcome = line.attempt("unplug", at)
        assert isinstance(outcome, LinkLost), f"byte {at}: {outcome!r}"
        line.emulator.clear_faults()
        line.emulator.replug()
        line.mend()
    assert line.scanner.identify() == HIT


def test_F048_unplugged_during_an_enrolment_stores_nothing(line: Line) -> None:
    line.emulator.place("juma")
    steps = line.scanner.enrol(8)
    assert next(steps).state is EnrolState.CAPTURED
    line.emulator.unplug()
    with pytest.raises(LinkLost):
        next(steps)
    line.emulator.replug()
    line.mend()
    assert line.scanner.used() == {7}


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


def test_one_byte_at_a_time(emulator: Emulator) -> None:
    emulator.fault("split", delay_s=0.0001)
    with opened(emulator) as scanner:
        enrol(scanner, emulator, 7, "amina")
        scanner.import_template(9, scanner.export_template(7))
        emulator.place("amina")
        assert isinstance(scanner.identify(), Hit)
        scanner.delete(7)
        assert scanner.used() == {9}


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
        line.scanner._wire._scale = SCALE
        line.emulator.fault("insert", at=chance.randrange(48), data=junk)
        try:
            assert not isinstance(line.scanner.identify(), Hit)
        except ScannerError:
            line.mend()
        line.emulator.clear_faults()
