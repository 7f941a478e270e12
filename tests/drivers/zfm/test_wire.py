"""The commands' own deadlines, shapes and refusals, over a link that is made up: see test_dialogue.py for what all families share."""

import pytest

from drivers import DeviceError, LinkTimeout, ProtocolError, UnsupportedError
from drivers.zfm.codec import Packet, Pid
from drivers.zfm.commands import DOWN_CHAR, GEN_IMG, MATCH, READ_PROD_INFO, READ_UUID, SEARCH, UP_CHAR, Dialect
from drivers.zfm.wire import Wire
from tests.support.lines import STEP, MadeUpLink

OK = Packet(Pid.ACK, b"\x00").to_bytes()


def wire_of(*pieces: bytes, last: bytes = b"") -> Wire:
    link = MadeUpLink(*pieces, last=last)
    return Wire(link, monotonic=link.monotonic)


def now(wire: Wire) -> float:
    assert isinstance(wire.link, MadeUpLink)
    return wire.link.now


def ask(wire: Wire, code: int) -> Packet:
    wire.send(Pid.COMMAND, bytes((code,)))
    return wire.receive_ack()


@pytest.mark.parametrize(
    "flood",
    [
        b"\x00" * 100,
        b"\xef\x01" * 50,
        OK[:-1],
        Packet(Pid.ACK, b"\x00", 5).to_bytes(),
        Packet(Pid.DATA, b"\x00").to_bytes(),
    ],
)
def test_F043_a_line_that_never_stops_is_left_at_the_deadline(flood: bytes) -> None:
    wire = wire_of(last=flood)
    with pytest.raises((LinkTimeout, ProtocolError)):
        ask(wire, GEN_IMG.code)
    assert now(wire) == pytest.approx(GEN_IMG.deadline, abs=2 * STEP)


def test_F042_deadlines_are_the_commands() -> None:
    for row in (GEN_IMG, SEARCH):
        wire = wire_of()
        with pytest.raises(LinkTimeout, match=row.name) as silence:
            ask(wire, row.code)
        assert now(wire) == row.deadline == silence.value.waited


def test_F044_half_a_packet_is_dropped_after_the_stall_and_the_next_one_taken() -> None:
    # A false header promises 48 bytes; the true answer lies in what was taken for its payload.
    false = bytes.fromhex("EF01FFFFFFFF070030")
    wire = wire_of(false + OK)
    assert ask(wire, GEN_IMG.code).payload == b"\x00"
    assert now(wire) == pytest.approx(0.3, abs=2 * STEP)


def test_F045_the_true_answer_behind_a_damaged_one_is_taken() -> None:
    assert ask(wire_of(OK[:-1] + b"\x77", OK), GEN_IMG.code).payload == b"\x00"


def test_F047_acks_of_another_shape_answer_nothing() -> None:
    hit = Packet(Pid.ACK, bytes.fromhex("0000050060")).to_bytes()
    wire = wire_of(OK, OK, hit)
    assert ask(wire, SEARCH.code).payload.hex() == "0000050060"
    assert wire.stale == 2
    wire = wire_of(hit)
    with pytest.raises(ProtocolError, match="not an answer"):
        ask(wire, GEN_IMG.code)


def test_refusal_carries_code_and_cure() -> None:
    with pytest.raises(DeviceError, match="UpChar refused with 18: flash") as refused:
        ask(wire_of(Packet(Pid.ACK, b"\x18").to_bytes()), UP_CHAR.code)
    assert (refused.value.command, refused.value.code) == ("UpChar", 0x18)
    assert "replace the scanner" in refused.value.cure


def test_transfer_that_never_ends_is_left() -> None:
    wire = wire_of(OK, last=Packet(Pid.DATA, bytes(256)).to_bytes())
    ask(wire, UP_CHAR.code)
    with pytest.raises(ProtocolError, match="does not end"):
        list(iter(wire.receive_data, None))


def test_an_ack_in_the_middle_of_a_transfer() -> None:
    wire = wire_of(OK, OK)
    ask(wire, UP_CHAR.code)
    with pytest.raises(ProtocolError, match="ACK packet in the middle"):
        wire.receive_data()


def test_F045_noise_between_data_packets_spoils_the_transfer() -> None:
    data = Packet(Pid.DATA, bytes(32)).to_bytes()
    wire = wire_of(OK, data, b"\x99" + data)
    ask(wire, UP_CHAR.code)
    wire.receive_data()
    with pytest.raises(ProtocolError, match="damaged on the way"):
        wire.receive_data()


def test_what_the_dialect_lacks_is_not_sent() -> None:
    wire = wire_of(OK)
    assert isinstance(wire.link, MadeUpLink)
    with pytest.raises(UnsupportedError, match="3C"):
        ask(wire, READ_PROD_INFO.code)
    assert wire.link.sent == []


def test_the_same_code_has_the_answer_of_its_dialect() -> None:
    product = Packet(Pid.ACK, bytes(47)).to_bytes()
    wire = wire_of(OK, product)
    wire.speak(Dialect.GROW)
    assert len(ask(wire, 0x3C).payload) == 47
    wire = wire_of(product, OK)
    wire.speak(Dialect.SYNO)
    assert ask(wire, 0x3C).payload == b"\x00"


@pytest.mark.parametrize("payload", ["00", "0001", "00" * 33])
def test_an_answer_of_unknown_layout_may_have_any_length(payload: str) -> None:
    wire = wire_of(Packet(Pid.ACK, b"").to_bytes(), Packet(Pid.ACK, bytes.fromhex(payload)).to_bytes())
    wire.speak(Dialect.SYNO)
    assert ask(wire, READ_UUID.code).payload.hex() == payload


def test_data_that_is_still_going_out_delays_the_deadline() -> None:
    wire = wire_of(OK)
    wire.link.baud = 9600
    ask(wire, DOWN_CHAR.code)
    for _ in range(12):
        wire.send(Pid.DATA, bytes(128))
    sent = now(wire)
    with pytest.raises(LinkTimeout):
        ask(wire, MATCH.code)
    # 12 packets of 139 bytes of 10 bits.
    assert now(wire) - sent == pytest.approx(12 * 1390 / 9600 + MATCH.deadline, abs=2 * STEP)
