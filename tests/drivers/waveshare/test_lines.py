"""The same driver and emulator over lines of every kind: whatever the line does, no wrong hit, and no long wait."""

import random
import time
from collections.abc import Callable, Iterator

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
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import CAPTURE_TIMEOUT
from drivers.waveshare.scanner import WaveshareScanner
from tests.support.scanners import enrol
from tests.support.waveshare import opened

# The answers of Comparison 1:N, and of Query permission behind a hit.
ANSWER_BYTES = 16
# How much shorter the time-outs are here; and what a busy machine may add to them, in seconds.
SCALE = 0.03
SLACK = 1.0
STALE_HIT = Packet(0x0C, b"\0\7\1").to_bytes()


class Line:
    """An emulator with `amina` in slot 7 and on the glass, and a driver that is made hasty once it is open."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.scanner = WaveshareScanner(emulator.link)
        emulator.device.put(7, emulator.device.make("amina"))
        self.mend()
        emulator.place("amina")

    def mend(self) -> None:
        self.emulator.clear_faults()
        self.scanner._wire._scale = 1.0
        self.scanner.open()

    def attempt(self, kind: str, at: int, act: Callable[[], object] | None = None, **fault: object) -> object:
        """What `identify`, or another act, makes of one fault: its answer, or the error."""
        self.scanner._wire._scale = SCALE
        self.emulator.fault(kind, at=at, **fault)  # type: ignore[arg-type]
        started = time.monotonic()
        try:
            return (act or self.scanner.identify)()
        except ScannerError as failure:
            return failure
        finally:
            assert time.monotonic() - started < 2 * SCALE + SLACK


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


def test_F042_opening_a_silent_sensor_gives_up_in_time(emulator: Emulator) -> None:
    emulator.fault("deaf")
    started = time.monotonic()
    with pytest.raises(LinkTimeout, match="Query number of users") as silence, opened(emulator, deadline_scale=0.1):
        pass
    # Three greetings, and one glance at each of the other three usual speeds.
    assert time.monotonic() - started < 0.1 * (3 * 0.45 + 3 * 0.25) + SLACK
    assert (silence.value.received, silence.value.port) == (0, emulator.link)


def test_F043_garbage_instead_of_an_answer(line: Line) -> None:
    outcome = line.attempt("insert", 0, data=bytes(range(256)) * 200)
    assert outcome == HIT or isinstance(outcome, (LinkTimeout, ProtocolError))
    line.mend()
    assert line.scanner.identify() == HIT


def test_F043_junk_before_an_answer_is_skipped(line: Line) -> None:
    for junk in ("55", "00F8FCFE", "F5", "F50C00", "F509000700000EF5"):
        line.emulator.fault("insert", at=0, data=bytes.fromhex(junk))
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


@pytest.mark.parametrize("kind", ["garble", "drop", "silent"])
def test_F045_a_damaged_template_is_never_exported(line: Line, kind: str) -> None:
    good = line.scanner.export_template(7)
    for at in range(0, 2 * (8 + 199), 23):
        outcome = line.attempt(kind, at, lambda: line.scanner.export_template(7))
        assert isinstance(outcome, (LinkTimeout, ProtocolError)), f"byte {at}: {outcome!r}"
        assert good.data[10:20].hex() not in repr(outcome) + repr(vars(outcome))
        line.mend()
    assert line.scanner.export_template(7) == good


def test_F045_damage_that_the_check_does_not_see(line: Line) -> None:
    # Two bytes changed by the same mask: the exclusive or is what it was, and only the second reading differs.
    for mask in (0x01, 0x40):
        line.emulator.fault("garble", at=50, count=2, mask=mask)
        with pytest.raises(ProtocolError, match="the same twice"):
            line.scanner.export_template(7)
        line.mend()


def test_F045_a_damaged_list_is_never_used(line: Line) -> None:
    # The count's answer, the list's head, and the list.
    for at in range(8 + 8 + 8):
        outcome = line.attempt("garble", at, line.scanner.used)
        assert isinstance(outcome, (LinkTimeout, ProtocolError)), f"byte {at}: {outcome!r}"
        line.mend()


def test_F046_a_lying_length_is_got_over(line: Line) -> None:
    for length in (b"\xff\xff", b"\0\x30"):
        line.emulator.fault("insert", at=0, data=Packet(0x31, length + b"\0").to_bytes())
        assert line.scanner.identify() == HIT
        line.mend()


def test_F047_answers_of_earlier_commands_are_not_taken(line: Line) -> None:
    line.emulator.lift()
    # It lay there before anything was asked, or comes before the answer to another command.
    line.emulator.fault("insert", at=8, data=STALE_HIT)
    line.scanner.check()
    line.scanner.check()
    assert line.scanner.identify() == NoFinger()
    assert line.scanner.glitches >= 1


def test_F047_a_hit_right_before_the_true_answer_is_not_taken(line: Line) -> None:
    template = line.scanner.export_template(7)
    for finger in (None, "juma"):
        line.emulator.place(finger) if finger else line.emulator.lift()
        for code, act in (
            (0x0C, line.scanner.identify),
            (0x0B, lambda: line.scanner.verify(7)),
            (0x44, lambda: line.scanner.match(template)),
        ):
            old = Packet(code, b"\0\7\1" if code == 0x0C else bytes(3))
            line.emulator.fault("insert", at=0, data=old.to_bytes())
            with pytest.raises(ProtocolError, match="nobody was recognised"):
                act()
            line.emulator.clear_faults()
    assert line.scanner.identify() == NoMatch()


def test_F045_a_hit_whose_damage_the_check_does_not_see(line: Line) -> None:
    # 7 becomes 6 and permission 1 becomes 0 or the user 263: the exclusive or stays.
    for at, count in ((3, 2), (2, 2)):
        outcome = line.attempt("garble", at, count=count, mask=1)
        assert not isinstance(outcome, Hit)
        line.mend()


def test_F047_a_late_hit_is_nobodys(line: Line) -> None:
    outcome = line.attempt("pause", 0, delay_s=0.1)
    assert isinstance(outcome, LinkTimeout)
    # Not opened anew: the hit is still on its way when the next one presses.
    line.scanner._wire._scale = 1.0
    line.emulator.place("juma")
    assert line.scanner.identify() == NoMatch()
    assert line.scanner.glitches >= 1


def test_two_answers_to_one_command(line: Line) -> None:
    line.emulator.fault("twice")
    for _ in range(3):
        assert line.scanner.identify() == HIT
        line.scanner.check()
    assert line.scanner.used() == {7}


def test_F048_unplugged_at_every_byte(line: Line) -> None:
    for at in range(ANSWER_BYTES):
        outcome = line.attempt("unplug", at)
        assert isinstance(outcome, LinkLost), f"byte {at}: {outcome!r}"
        line.emulator.clear_faults()
        line.emulator.replug()
        line.mend()
    assert line.scanner.identify() == HIT


@pytest.mark.parametrize("done", range(1, 4))
def test_F048_unplugged_during_an_enrolment_stores_nothing(line: Line, done: int) -> None:
    line.emulator.place("juma")
    steps = line.scanner.enrol(8)
    states = [next(steps).state for _ in range(done)]
    assert states[0] is EnrolState.CAPTURED
    line.emulator.unplug()
    with pytest.raises(LinkLost):
        list(steps)
    line.emulator.replug()
    line.mend()
    assert line.scanner.used() == {7}


def test_F048_unplugged_in_every_part_of_an_import_leaves_the_old_the_new_or_nothing(line: Line) -> None:
    template = line.scanner.export_template(7)
    line.emulator.device.put(9, line.emulator.device.make("juma"))
    other = line.scanner.export_template(9)
    for at in range(0, 8 * 4 + 2 * 207, 19):
        outcome = line.attempt("unplug", at, lambda: line.scanner.import_template(9, template))
        assert isinstance(outcome, LinkLost), f"byte {at}: {outcome!r}"
        line.emulator.clear_faults()
        line.emulator.replug()
        line.mend()
        assert line.emulator.device.templates().get(9) in {None, template.data, other.data}
    line.scanner.import_template(9, template)
    assert line.scanner.export_template(9) == template


def test_brown_out_resets_the_wait_and_opening_mends_it(line: Line) -> None:
    line.emulator.power_cycle()
    assert line.scanner.identify() == HIT
    assert line.scanner._session.value(CAPTURE_TIMEOUT) == 10
    line.scanner.open()
    assert line.scanner._session.value(CAPTURE_TIMEOUT) == 1


def test_one_byte_at_a_time(emulator: Emulator) -> None:
    emulator.fault("split", delay_s=0.0001)
    with opened(emulator) as scanner:
        enrol(scanner, emulator, "amina", 7)
        scanner.import_template(9, scanner.export_template(7))
        emulator.place("amina")
        assert isinstance(scanner.identify(), Hit)
        scanner.delete(7)
        assert scanner.used() == {9}


def test_F045_random_damage_on_both_sides_of_the_line(line: Line) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    line.emulator.place("juma")
    acts = (
        line.scanner.identify,
        line.scanner.used,
        lambda: line.scanner.verify(7),
        lambda: line.scanner.export_template(7),
    )
    for _ in range(60):
        kind = chance.choice(("garble", "drop", "insert", "silent"))
        towards = chance.choice(("host", "sensor"))
        fault = {"mask": chance.randrange(1, 256), "data": chance.randbytes(9), "towards": towards}
        outcome = line.attempt(kind, chance.randrange(24), chance.choice(acts), **fault)
        # Of `juma`, nobody may say that it is amina.
        assert not isinstance(outcome, Hit), (kind, fault)
        line.mend()
    assert line.scanner.used() == {7}
