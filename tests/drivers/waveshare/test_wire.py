"""The dialogue alone, over a link that is made up and a clock that moves only when somebody waits."""

from collections.abc import Callable

import pytest

from drivers import DeviceError, LinkTimeout, ProtocolError
from drivers.link import Link
from drivers.waveshare.codec import Packet
from drivers.waveshare.commands import COMPARE_1_N, COUNT, DELETE, UPLOAD, USERS, Command
from drivers.waveshare.wire import STALL, Wire

STEP = 0.01
SEVEN = Packet(0x09, b"\0\7\0").to_bytes()
HIT = Packet(0x0C, b"\0\5\1").to_bytes()
VERSION = Packet(0x26, data=b"F2.05.00\0").to_bytes()
TEMPLATE = Packet(0x31, data=bytes(196)).to_bytes()


class MadeUpLink(Link):
    """Every `receive` takes a hundredth of a second and brings what `script` says, or nothing."""

    def __init__(self, script: Callable[[int], bytes]) -> None:
        super().__init__("made-up", baud=19200, monotonic=lambda: self.now)
        self.now = 0.0
        self.sent: list[int] = []
        self._script = script
        self._reads = 0

    def send(self, data: bytes) -> None:
        self.sent.append(data[1])

    def flush(self) -> int:
        return 0

    def receive(self, deadline: float) -> bytes:
        data = self._script(self._reads)
        self._reads += 1
        if not data:
            waited, self.now = deadline - self.now, max(self.now, deadline)
            raise LinkTimeout("silence", port=self.url, waited=waited, received=0)
        self.now += STEP
        return data


def wire_of(*pieces: bytes, last: bytes = b"") -> tuple[Wire, MadeUpLink]:
    link = MadeUpLink(lambda read: pieces[read] if read < len(pieces) else last)
    return Wire(link, monotonic=lambda: link.now), link


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
    assert link.now == pytest.approx(row.deadline, abs=0.02)
    assert (silence.value.waited, silence.value.received) == (row.deadline, 0)


def test_within_bounds_whatever_is_asked() -> None:
    wire, link = wire_of()
    with wire.within(0.25), pytest.raises(LinkTimeout):
        wire.ask(COMPARE_1_N)
    assert link.now == 0.25


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


def test_F045_damage_is_reported_soon_after_the_line_falls_silent() -> None:
    wire, link = wire_of(HIT[:3] + b"\x77" + HIT[4:])
    with pytest.raises(ProtocolError, match="damaged"):
        wire.ask(COMPARE_1_N)
    assert link.now < 3 * STALL
    assert wire.damaged == 1


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
    assert link.sent == [0x0C, 0x09, 0x0C]
    assert wire.stale == 1


def test_a_refusal_is_an_answer() -> None:
    wire, link = wire_of(Packet(0x31, b"\0\0\5").to_bytes(), SEVEN)
    with pytest.raises(DeviceError, match="Upload eigenvalues refused with 05: no such user") as refused:
        wire.ask(UPLOAD)
    assert (refused.value.command, refused.value.code) == ("Upload eigenvalues", 5)
    assert "Enrol" in refused.value.cure
    wire.ask(COUNT)
    assert link.sent == [0x31, 0x09]


def test_stray_bytes_name_the_baud_rate_as_cure() -> None:
    wire, _ = wire_of(b"\x01\x02\x03")
    with pytest.raises(LinkTimeout, match="3 stray bytes") as silence:
        wire.ask(COUNT)
    assert "baud" in silence.value.cure


def test_rest_lets_time_pass_and_counts_what_comes() -> None:
    wire, link = wire_of(HIT, b"", SEVEN)
    wire.rest(0.8)
    assert link.now == pytest.approx(0.8)
    assert wire.ask(COUNT).fields == b"\0\7\0"
    assert wire.stale == 1
    wire, link = wire_of(last=b"\0")
    wire.rest(0.8)
    assert link.now == pytest.approx(0.8, abs=2 * STEP)
