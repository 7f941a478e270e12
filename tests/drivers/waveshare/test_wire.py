"""The commands' own deadlines, shapes and refusals, over a link that is made up: see test_dialogue.py for what all families share."""

import pytest

from drivers import DeviceError, LinkTimeout, ProtocolError
from drivers.dialogue import STALL
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import COMPARE_1_N, COUNT, DELETE, UPLOAD, USERS, Command
from drivers.waveshare.wire import Wire
from tests.support.lines import STEP, MadeUpLink

SEVEN = Packet(0x09, b"\0\7\0").to_bytes()
HIT = Packet(0x0C, b"\0\5\1").to_bytes()
VERSION = Packet(0x26, data=b"F2.05.00\0").to_bytes()
TEMPLATE = Packet(0x31, data=bytes(196)).to_bytes()


def wire_of(*pieces: bytes, last: bytes = b"") -> tuple[Wire, MadeUpLink]:
    link = MadeUpLink(*pieces, last=last, baud=19200)
    return Wire(link, monotonic=link.monotonic), link


def codes(link: MadeUpLink) -> list[int]:
    return [sent[1] for sent in link.sent]


@pytest.mark.parametrize("flood", [b"\0" * 100, b"\xf5" * 50, HIT[:-1], HIT, VERSION, TEMPLATE[:100]])
@pytest.mark.parametrize("row", [COUNT, UPLOAD, USERS])
def test_F043_a_line_that_never_stops_is_left_at_the_deadline(flood: bytes, row: Command) -> None:
    wire, link = wire_of(last=flood)
    with pytest.raises((LinkTimeout, ProtocolError)):
        wire.ask(row)
    transfer = row.data * 15 / 19200
    assert row.deadline <= link.now <= row.deadline + transfer + 5 * STEP


@pytest.mark.parametrize("row", [COUNT, COMPARE_1_N, DELETE, USERS])
def test_F042_deadlines_are_the_commands(row: Command) -> None:
    wire, link = wire_of()
    with pytest.raises(LinkTimeout, match=row.name) as silence:
        wire.ask(row)
    # And the eight bytes of the question are on their way for a while.
    assert link.now == silence.value.waited == pytest.approx(row.deadline, abs=0.02)
    assert silence.value.received == 0


def test_a_long_answer_that_has_begun_may_go_on_behind_the_deadline() -> None:
    users = Packet(0x2B, data=bytes(2 + 3 * 1000)).to_bytes()
    # A thousand users at 19200 are 1.6 seconds; the command's own deadline is one.
    pieces = [users[at : at + 20] for at in range(0, len(users), 20)]
    wire, link = wire_of(*pieces)
    assert len(wire.ask(USERS).data) == 3002
    assert link.now > USERS.deadline


def test_F044_half_a_packet_is_dropped_after_the_stall_and_the_next_one_taken() -> None:
    # A false head promises 196 bytes; the true answer lies in what was taken for them.
    false = Packet(0x31, (196).to_bytes(2) + b"\0").to_bytes()
    wire, link = wire_of(false + SEVEN)
    assert wire.ask(COUNT).fields == b"\0\7\0"
    assert link.now == pytest.approx(STALL, abs=2 * STEP)


def test_F047_an_answer_to_another_command_is_stale() -> None:
    wire, _ = wire_of(HIT, SEVEN)
    assert wire.ask(COUNT).fields == b"\0\7\0"
    assert wire.stale == 1
    wire, _ = wire_of(HIT)
    with pytest.raises(ProtocolError, match="not an answer"):
        wire.ask(COUNT)


def test_F047_a_success_without_its_data_is_no_answer() -> None:
    wire, _ = wire_of(Packet(0x31).to_bytes())
    with pytest.raises(ProtocolError, match="not an answer"):
        wire.ask(UPLOAD)


def test_F047_after_a_failure_a_harmless_command_goes_first() -> None:
    miss = Packet(0x0C, b"\0\0\5").to_bytes()
    wire, link = wire_of(b"", HIT + SEVEN, miss)
    with pytest.raises(LinkTimeout):
        wire.ask(COMPARE_1_N)
    # The late hit comes before the count's answer, so that it cannot be taken for the second command's.
    assert wire.ask(COMPARE_1_N).fields == b"\0\0\5"
    assert codes(link) == [0x0C, 0x09, 0x0C]
    assert wire.stale == 1


def test_a_refusal_is_an_answer() -> None:
    wire, link = wire_of(Packet(0x31, b"\0\0\5").to_bytes(), SEVEN)
    with pytest.raises(DeviceError, match="Upload eigenvalues refused with 05: no such user") as refused:
        wire.ask(UPLOAD)
    assert (refused.value.command, refused.value.code) == ("Upload eigenvalues", 5)
    assert "Enrol" in refused.value.cure
    wire.ask(COUNT)
    assert codes(link) == [0x31, 0x09]


def test_rest_lets_time_pass_and_counts_what_comes() -> None:
    wire, link = wire_of(HIT, b"", SEVEN)
    wire.rest(0.8)
    assert link.now == pytest.approx(0.8)
    assert wire.ask(COUNT).fields == b"\0\7\0"
    assert wire.stale == 1
    wire, link = wire_of(last=b"\0")
    wire.rest(0.8)
    assert link.now == pytest.approx(0.8, abs=2 * STEP)
