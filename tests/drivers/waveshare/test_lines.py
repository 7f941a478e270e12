"""Lines that lie in this family's own ways: whatever comes, no wrong hit, and no long wait."""

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
)
from drivers.emulation.host import Emulator
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import CAPTURE_TIMEOUT
from tests.support.lines import SLACK, Line, line_to
from tests.support.scanners import opened

HIT = Hit(7, None)
STALE_HIT = Packet(0x0C, b"\0\7\1").to_bytes()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with line_to("waveshare", tmp_path) as line:
        yield line


def test_F042_opening_a_silent_sensor_gives_up_in_time(emulator: Emulator) -> None:
    emulator.fault("deaf")
    started = time.monotonic()
    with pytest.raises(LinkTimeout, match="Query number of users") as silence, opened(emulator, deadline_scale=0.1):
        pass
    # Three greetings, and one glance at each of the other three usual speeds.
    assert time.monotonic() - started < 0.1 * (3 * 0.45 + 3 * 0.25) + SLACK
    assert (silence.value.received, silence.value.port) == (0, emulator.link)


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
    line.hurry(1.0)
    line.emulator.place("juma")
    assert line.scanner.identify() == NoMatch()
    assert line.scanner.glitches >= 1


def test_two_answers_to_one_command(line: Line) -> None:
    line.emulator.fault("twice")
    for _ in range(3):
        assert line.scanner.identify() == HIT
        line.scanner.check()
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
