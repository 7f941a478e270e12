"""What every family's dialogue does, in a made-up protocol of two bytes a packet, on a clock that moves only when somebody waits."""

from dataclasses import dataclass

import pytest

from drivers import LinkTimeout, ProtocolError
from drivers.dialogue import STALL, Dialogue
from drivers.framing import StreamDecoder
from tests.support.lines import STEP, MadeUpLink


@dataclass(frozen=True)
class Row:
    name: str
    deadline: float


SLOW = Row("Slow", 1.5)
QUICK = Row("Quick", 0.5)


class Decoder(StreamDecoder[bytes]):
    """A packet is F5 and any byte but 00, which is damage."""

    def _end(self, start: int) -> int:
        return start + 2

    def _packet(self, start: int, end: int) -> bytes | None:
        packet = bytes(self._buffer[start + 1 : end])
        if packet != b"\0":
            return packet
        self.bad_checksums += 1
        return None


class Talk(Dialogue[bytes, Row]):
    """X is another scanner's packet, and A the only answer there is."""

    def __init__(self, link: MadeUpLink, deadline_scale: float) -> None:
        super().__init__(link, Decoder(b"\xf5"), SLOW, monotonic=link.monotonic, deadline_scale=deadline_scale)
        self.flushed = 0

    def ask(self, row: Row = SLOW, extra_s: float = 0.0) -> bytes:
        self.flushed += self._drop()
        self._turn_to(row, extra_s)
        self.link.send(b"?")
        return self.answer()

    def answer(self) -> bytes:
        while (packet := self._next()) != b"A":
            self._put_aside()
        return packet

    def _is_ours(self, packet: bytes) -> bool:
        return packet != b"X"


def talk_over(*pieces: bytes, last: bytes = b"", scale: float = 1.0) -> tuple[Talk, MadeUpLink]:
    link = MadeUpLink(*pieces, last=last)
    return Talk(link, scale), link


def test_F042_the_deadline_is_the_commands_and_the_time_waited_is_told() -> None:
    for row in (SLOW, QUICK):
        talk, link = talk_over()
        with pytest.raises(LinkTimeout, match=f"made-up: {row.name} not answered in {row.deadline:.2f} s") as silence:
            talk.ask(row)
        assert link.now == row.deadline == silence.value.waited
        assert (silence.value.received, silence.value.port) == (0, "made-up")


def test_F042_extra_time_is_given_once_and_the_scale_is_not_put_on_it() -> None:
    talk, link = talk_over(scale=0.1)
    with pytest.raises(LinkTimeout):
        talk.ask(QUICK, 3.0)
    assert link.now == pytest.approx(3.05)
    with pytest.raises(LinkTimeout) as silence:
        talk.ask(QUICK)
    assert link.now - 3.05 == pytest.approx(0.05)
    assert silence.value.waited == pytest.approx(0.05)


@pytest.mark.parametrize("flood", [b"\0", b"\xf5", b"\xf5X", b"\xf5B", b"\xf5\0"])
def test_F043_a_line_that_never_stops_is_left_at_the_deadline(flood: bytes) -> None:
    talk, link = talk_over(last=flood)
    with pytest.raises((LinkTimeout, ProtocolError)):
        talk.ask()
    assert link.now == pytest.approx(SLOW.deadline, abs=2 * STEP)


def test_within_bounds_many_commands_together_and_may_be_nested() -> None:
    talk, link = talk_over(b"\xf5A")
    with talk.within(0.5):
        talk.ask()
        with pytest.raises(LinkTimeout), talk.within(5):
            talk.ask()
        assert link.now == 0.5
    with talk.within(5), pytest.raises(LinkTimeout), talk.within(0.2):
        talk.ask()
    assert link.now == pytest.approx(0.7)
    with pytest.raises(LinkTimeout):
        talk.ask()
    assert link.now == pytest.approx(0.7 + SLOW.deadline)


def test_an_answer_that_lay_there_at_the_deadline_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    talk, link = talk_over(b"\0", b"\xf5A")

    def busy(_: bytes) -> None:
        link.now += 60

    monkeypatch.setattr(link, "send", busy)
    # Once: what comes later is too late.
    with pytest.raises(LinkTimeout, match="1 stray bytes"):
        talk.ask()
    talk, link = talk_over(b"\xf5A")
    monkeypatch.setattr(link, "send", busy)
    assert talk.ask() == b"A"


def test_F044_half_a_packet_is_waited_for_a_moment_only() -> None:
    talk, link = talk_over(b"\0\xf5", b"", b"\xf5A")
    assert talk.ask() == b"A"
    assert link.now == pytest.approx(2 * STEP + STALL)
    assert talk.noise == 2


def test_F045_damage_is_reported_soon_after_the_line_falls_silent() -> None:
    talk, link = talk_over(b"\xf5\0")
    with pytest.raises(ProtocolError, match="Slow: the answer arrived damaged"):
        talk.ask()
    assert link.now == pytest.approx(STALL, abs=2 * STEP)
    assert talk.damaged == 1
    # That damage is forgotten with the next command.
    with pytest.raises(LinkTimeout):
        talk.ask()


def test_F045_the_true_answer_behind_a_damaged_one_is_taken() -> None:
    talk, _ = talk_over(b"\xf5\0", b"\xf5A")
    assert talk.ask() == b"A"


def test_F047_what_answers_nothing_is_counted_and_told() -> None:
    talk, _ = talk_over(b"\xf5B\xf5X\xf5A")
    assert talk.ask() == b"A"
    assert (talk.stale, talk.foreign) == (1, 1)
    talk, _ = talk_over(b"\xf5B")
    with pytest.raises(ProtocolError, match="Slow: what came is not an answer"):
        talk.ask()
    # A scanner that is not asked has not answered.
    talk, _ = talk_over(b"\xf5X")
    with pytest.raises(LinkTimeout):
        talk.ask()
    assert talk.foreign == 1


def test_F047_what_lies_there_before_a_command_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    talk, link = talk_over(b"\xf5A\xf5A\xf5", b"B\xf5A")
    monkeypatch.setattr(link, "flush", lambda: 7)
    assert talk.ask() == b"A"
    assert talk.ask() == b"A"
    assert (talk.stale, talk.noise, talk.flushed) == (1, 2, 14)


def test_stray_bytes_name_the_baud_rate_as_cure() -> None:
    talk, _ = talk_over(b"\1\2", b"\3\xf5")
    with pytest.raises(LinkTimeout, match="4 stray bytes") as silence:
        talk.ask()
    assert silence.value.received == 4
    assert "baud" in silence.value.cure
