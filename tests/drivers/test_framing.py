"""Finding packets, for made-up protocols whose headers are one byte and two: `header | length | content | sum`."""

import random

import pytest

from drivers.framing import StreamDecoder

LONGEST = 20


class Decoder(StreamDecoder[bytes]):
    """Packets are their content; one of more than 20 bytes is none."""

    def _end(self, start: int) -> int:
        head = start + len(self._headers[0])
        if len(self._buffer) <= head:
            return head + 1
        length = self._buffer[head]
        return start if length > LONGEST else head + length + 2

    def _packet(self, start: int, end: int) -> bytes | None:
        content = bytes(self._buffer[start + len(self._headers[0]) + 1 : end - 1])
        if sum(content) & 0xFF == self._buffer[end - 1]:
            return content
        self.bad_checksums += 1
        return None


def framed(header: bytes, content: bytes) -> bytes:
    return header + bytes((len(content),)) + content + bytes((sum(content) & 0xFF,))


@pytest.fixture(params=[(b"\xf5",), (b"\xaa\x55",), (b"\xaa\x55", b"\x5a\xa5")], ids=["one", "two", "either"])
def headers(request: pytest.FixtureRequest) -> tuple[bytes, ...]:
    return tuple(request.param)


def test_F044_packets_in_every_pair_of_pieces(headers: tuple[bytes, ...]) -> None:
    packets = [b"first", b"", bytes(LONGEST), *headers]
    stream = b"".join(framed(headers[at % len(headers)], packet) for at, packet in enumerate(packets))
    for cut in range(len(stream) + 1):
        decoder = Decoder(*headers)
        assert decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) == packets
        assert (decoder.noise, decoder.bad_checksums, decoder.pending) == (0, 0, 0)


def test_F043_noise_before_a_packet_is_counted_and_not_kept(headers: tuple[bytes, ...]) -> None:
    decoder = Decoder(*headers)
    assert decoder.feed(bytes(100)) == []
    assert (decoder.noise, decoder.pending) == (100, 0)
    assert decoder.feed(b"\1\2" + framed(headers[-1], b"x")) == [b"x"]
    assert decoder.noise == 102


def test_half_a_header_waits_for_the_other_half() -> None:
    decoder = Decoder(b"\xaa\x55", b"\x5a\xa5")
    for half in (b"\xaa", b"\x5a"):
        assert decoder.feed(b"\0" + half) == []
        assert decoder.pending == 1
        assert decoder.feed(b"\0") == []
        assert decoder.pending == 0
    assert decoder.noise == 6


def test_F045_a_damaged_packet_is_counted_and_the_next_one_found_in_it(headers: tuple[bytes, ...]) -> None:
    inner = framed(headers[0], b"in")
    damaged = framed(headers[-1], inner)[:-1] + b"\xee"
    decoder = Decoder(*headers)
    assert decoder.feed(damaged) == [b"in"]
    assert decoder.bad_checksums == 1
    assert decoder.noise + decoder.pending == len(damaged) - len(inner)


def test_F046_what_cannot_be_a_packet_costs_its_header_alone(headers: tuple[bytes, ...]) -> None:
    decoder = Decoder(*headers)
    assert decoder.feed(headers[0] + bytes((LONGEST + 1,)) + framed(headers[0], b"next")) == [b"next"]
    assert (decoder.noise, decoder.bad_checksums) == (len(headers[0]) + 1, 0)


def test_F044_giving_up_finds_what_lay_in_the_unfinished_packet(headers: tuple[bytes, ...]) -> None:
    inner = framed(headers[-1], b"in")
    decoder = Decoder(*headers)
    assert decoder.feed(headers[0] + bytes((LONGEST,)) + inner) == []
    assert decoder.pending == len(headers[0]) + 1 + len(inner)
    assert decoder.give_up() == [b"in"]
    assert (decoder.noise, decoder.pending) == (len(headers[0]) + 1, 0)
    assert decoder.give_up() == []


def test_what_is_cleared_is_noise(headers: tuple[bytes, ...]) -> None:
    decoder = Decoder(*headers)
    decoder.feed(headers[0])
    decoder.clear()
    assert (decoder.noise, decoder.pending) == (len(headers[0]), 0)
    assert decoder.feed(framed(headers[0], b"next")) == [b"next"]


def test_F043_every_byte_is_a_packets_or_noise_and_the_buffer_is_bounded(headers: tuple[bytes, ...]) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    decoder, fed, found = Decoder(*headers), 0, 0
    for _ in range(3000):
        piece = framed(chance.choice(headers), chance.randbytes(chance.randrange(LONGEST)))
        piece = chance.choice((piece, piece[:-1], chance.randbytes(9), chance.choice(headers)))
        fed += len(piece)
        packets = decoder.feed(piece) + (decoder.give_up() if chance.random() < 0.1 else [])
        found += sum(len(framed(headers[0], packet)) for packet in packets)
        assert decoder.pending < len(headers[0]) + LONGEST + 2
        assert found + decoder.noise + decoder.pending == fed
    assert found > fed // 10
