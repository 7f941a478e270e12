"""The commands' own deadlines, shapes and refusals, over a link that is made up: see test_dialogue.py for what all families share."""

import pytest

from drivers import DeviceError, LinkTimeout, ProtocolError
from drivers.gt521 import commands
from drivers.gt521.codec import ACK, NACK, Data, Packet
from drivers.gt521.wire import Wire
from tests.support.lines import STEP, MadeUpLink

OK = Packet(ACK).to_bytes()
MARK = Packet(NACK, commands.INVALID_POS).to_bytes()


def wire_of(*pieces: bytes, last: bytes = b"") -> tuple[Wire, MadeUpLink]:
    link = MadeUpLink(*pieces, last=last, baud=115200)
    return Wire(link, monotonic=link.monotonic), link


FLOODS = (
    bytes(100),
    b"\x55\xaa" * 50,
    b"\x5a\xa5" * 50,
    OK[:-1],
    Packet(ACK, 0, 5).to_bytes(),
    Packet(0x51).to_bytes(),
)


@pytest.mark.parametrize("flood", FLOODS)
def test_F043_a_line_that_never_stops_is_left_at_the_deadline(flood: bytes) -> None:
    for row in (commands.IDENTIFY, commands.GET_TEMPLATE):
        wire, link = wire_of(last=flood)
        with pytest.raises((LinkTimeout, ProtocolError)):
            wire.ask(row)
        assert link.now == pytest.approx(row.deadline, abs=2 * STEP)


@pytest.mark.parametrize("flood", [*FLOODS, OK])
def test_F043_data_that_never_comes_is_left_at_the_deadline(flood: bytes) -> None:
    wire, link = wire_of(OK, last=flood)
    wire.ask(commands.GET_TEMPLATE)
    with pytest.raises((LinkTimeout, ProtocolError)):
        wire.receive_data()
    # Its 498 bytes get their own time on the line.
    assert link.now == pytest.approx(STEP + 1.0 + 498 * 15 / 115200, abs=3 * STEP)


def test_F042_deadlines_are_the_commands() -> None:
    for row in (commands.IDENTIFY, commands.CMOS_LED, commands.DELETE_ALL):
        wire, link = wire_of()
        with pytest.raises(LinkTimeout, match=row.name) as silence:
            wire.ask(row)
        assert link.now == row.deadline == silence.value.waited


def test_F044_half_a_packet_is_dropped_after_the_stall_and_the_next_one_taken() -> None:
    wire, link = wire_of(bytes.fromhex("55AA0100") + b"\x5a\xa5", OK[:6], b"", OK)
    assert wire.ask(commands.CMOS_LED, 1) == Packet(ACK)
    assert link.now == pytest.approx(0.3, abs=5 * STEP)


def test_F045_the_true_answer_behind_a_damaged_one_is_taken_but_no_data() -> None:
    wire, _ = wire_of(OK[:-1] + b"\x77", OK, Data(bytes(498)).to_bytes())
    assert wire.ask(commands.GET_TEMPLATE) == Packet(ACK)
    with pytest.raises(ProtocolError, match="data arrived damaged"):
        wire.receive_data()


def test_F047_an_answer_of_another_command_is_found_out() -> None:
    wire, _ = wire_of(OK, Packet(ACK, 5).to_bytes(), MARK)
    before = wire.mark()
    assert wire.ask(commands.IDENTIFY) == Packet(ACK)
    with pytest.raises(ProtocolError, match="Identify: an answer belonged to another command"):
        wire.in_step(before)
    assert wire.stale == 1


def test_F047_an_answer_that_was_dropped_between_two_commands_is_found_out() -> None:
    wire, _ = wire_of(OK + Packet(ACK, 5).to_bytes(), OK, MARK)
    before = wire.mark()
    wire.ask(commands.CHECK_ENROLLED, 1)
    wire.ask(commands.CHECK_ENROLLED, 2)
    with pytest.raises(ProtocolError, match="belonged to another command"):
        wire.in_step(before)


def test_in_step_is_silent_where_all_is_well() -> None:
    wire, link = wire_of(Packet(ACK, 5).to_bytes(), MARK)
    before = wire.mark()
    assert wire.ask(commands.IDENTIFY).parameter == 5
    wire.in_step(before)
    assert link.sent[-1] == Packet(0x21, 0xFFFF).to_bytes()


def test_a_sensor_that_never_refuses_the_impossible_slot_is_no_gt() -> None:
    wire, link = wire_of(last=OK)
    with pytest.raises(ProtocolError, match="not an answer"):
        wire.synchronise()
    assert link.now == pytest.approx(0.5, abs=2 * STEP)


def test_packets_of_other_devices_and_echoes_are_not_taken() -> None:
    wire, _ = wire_of(Packet(0x51).to_bytes(), Packet(ACK, 3, device=2).to_bytes(), Packet(ACK, 8).to_bytes())
    assert wire.ask(commands.IDENTIFY).parameter == 8
    assert (wire.foreign, wire.stale) == (1, 1)


def test_refusal_carries_code_words_and_cure() -> None:
    wire, _ = wire_of(Packet(NACK, commands.DEV_ERR).to_bytes())
    with pytest.raises(DeviceError, match="Enroll3 refused with 100F: device error") as refused:
        wire.ask(commands.ENROLL3)
    assert (refused.value.command, refused.value.code) == ("Enroll3", 0x100F)
    assert "replace the scanner" in refused.value.cure


def test_a_slot_in_a_nack_is_an_answer_only_where_it_may_be() -> None:
    nack = Packet(NACK, 17)
    wire, _ = wire_of(nack.to_bytes())
    assert wire.ask(commands.ENROLL3) == nack
    wire, _ = wire_of(nack.to_bytes())
    with pytest.raises(DeviceError, match="same finger lies in slot 17"):
        wire.ask(commands.CAPTURE_FINGER)


def test_a_command_that_reached_the_sensor_damaged_is_the_lines_fault() -> None:
    wire, _ = wire_of(Packet(NACK, commands.COMM_ERR).to_bytes())
    with pytest.raises(ProtocolError, match="reached it damaged") as told:
        wire.ask(commands.IDENTIFY)
    assert "cable" in told.value.cure
