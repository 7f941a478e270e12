import random
import time

import pytest

from drivers.gt521.codec import ACK, NACK, PACKET_SIZE, Data, Decoder, Packet

# The first four are printed in the product's published tutorial; the others follow from the manual's protocol.
GOLDEN = {
    "55AA01000000000001000101": Packet(0x01),
    "55AA01000000000030003001": Packet(ACK),
    "55AA01000100000012001301": Packet(0x12, 1),
    "55AA01000000000012001201": Packet(0x12),
    "55AA01000100000001000201": Packet(0x01, 1),
    "55AA01001210000031005301": Packet(NACK, 0x1012),
    "55AA010000C201000400C701": Packet(0x04, 115200),
    "55AA0100FFFFFFFF22001E05": Packet(0x22, -1 & 0xFFFFFFFF),
}
DATA = Data(bytes(range(24)))
HIT = Packet(ACK, 7)
MASKS = (0x01, 0x80, 0xFF)


def decode(data: bytes, size: int = 0) -> list[Packet | Data]:
    decoder = Decoder()
    decoder.expect(size)
    return decoder.feed(data)


@pytest.mark.parametrize("text", GOLDEN)
def test_golden_vectors_both_ways(text: str) -> None:
    assert decode(bytes.fromhex(text)) == [GOLDEN[text]]
    assert GOLDEN[text].to_bytes().hex().upper() == text


def test_a_data_packet_is_its_header_device_data_and_sum() -> None:
    packet = Data(b"\x01\x02\x03")
    assert packet.to_bytes().hex() == "5aa50100010203" + "0601"
    assert decode(packet.to_bytes(), 3) == [packet]


def test_F044_every_split_point_of_a_response_with_data() -> None:
    stream = HIT.to_bytes() + DATA.to_bytes() + Packet(NACK, 0x1003).to_bytes()
    for cut in range(len(stream) + 1):
        decoder = Decoder()
        decoder.expect(24)
        assert decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) == [HIT, DATA, Packet(NACK, 0x1003)], cut
    decoder = Decoder()
    decoder.expect(24)
    single = [packet for byte in stream for packet in decoder.feed(bytes((byte,)))]
    assert single == [HIT, DATA, Packet(NACK, 0x1003)]
    assert (decoder.noise, decoder.pending, decoder.bad_checksums) == (0, 0, 0)


def test_F044_five_glued_packets() -> None:
    packets = [Packet(ACK, number) for number in range(5)]
    assert decode(b"".join(packet.to_bytes() for packet in packets)) == packets


@pytest.mark.parametrize("at", range(PACKET_SIZE))
def test_F045_any_flipped_byte_of_a_response_loses_it_and_no_other(at: int) -> None:
    for mask in MASKS:
        damaged = bytearray(HIT.to_bytes())
        damaged[at] ^= mask
        decoder = Decoder()
        assert decoder.feed(bytes(damaged) + Packet(ACK, 9).to_bytes()) + decoder.give_up() == [Packet(ACK, 9)]
        assert decoder.noise == PACKET_SIZE


@pytest.mark.parametrize("at", range(len(DATA.to_bytes())))
def test_F045_any_flipped_byte_of_a_data_packet_loses_it(at: int) -> None:
    for mask in MASKS:
        damaged = bytearray(DATA.to_bytes())
        damaged[at] ^= mask
        decoder = Decoder()
        decoder.expect(24)
        assert decoder.feed(bytes(damaged) + HIT.to_bytes()) + decoder.give_up() == [HIT]


def test_data_is_taken_only_when_it_is_expected_and_until_one_is_damaged() -> None:
    assert decode(DATA.to_bytes() + HIT.to_bytes()) == [HIT]
    assert decode(DATA.to_bytes() * 2 + HIT.to_bytes(), 24) == [DATA, DATA, HIT]
    damaged = DATA.to_bytes()[:-1] + b"\x77"
    assert decode(DATA.to_bytes() + damaged + DATA.to_bytes() + HIT.to_bytes(), 24) == [DATA, HIT]


def test_headers_inside_of_data_are_data() -> None:
    inner = Data(HIT.to_bytes() * 2)
    assert decode(inner.to_bytes(), 24) == [inner]


@pytest.mark.parametrize("junk", ["00", "55", "5555", "55AA", "5A", "AA55", "00F8FE55", "55AA0100", "5AA50100"])
def test_junk_before_a_packet_is_skipped_and_counted(junk: str) -> None:
    decoder = Decoder()
    assert decoder.feed(bytes.fromhex(junk) + HIT.to_bytes()) + decoder.give_up() == [HIT]
    assert decoder.noise == len(bytes.fromhex(junk))


def test_given_up_data_yields_what_lay_in_it() -> None:
    decoder = Decoder()
    decoder.expect(100)
    assert decoder.feed(b"\x5a\xa5" + HIT.to_bytes()) == []
    assert decoder.give_up() == [HIT]
    decoder.clear()
    assert decoder.pending == 0


def test_F043_random_garbage_of_a_megabyte_leaves_the_memory_flat() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    garbage = random.Random(seed).randbytes(1 << 20)
    decoder = Decoder()
    decoder.expect(498)
    started = time.process_time()
    for at in range(0, len(garbage), 4096):
        decoder.feed(garbage[at : at + 4096])
        assert decoder.pending <= 504
    assert time.process_time() - started < 2
    assert HIT in decoder.give_up() + decoder.feed(bytes(600) + HIT.to_bytes())


def test_F043_a_flood_of_headers_costs_no_more_than_other_noise() -> None:
    decoder = Decoder()
    decoder.expect(52116)
    started = time.process_time()
    for _ in range(40):
        decoder.feed(b"\x5a\xa5" * 4096)
    assert time.process_time() - started < 2
    assert decoder.pending <= 52122


def test_nothing_of_a_template_in_a_packets_text() -> None:
    assert repr(Data(b"\xca\xfe" * 249)) == "Data(498 bytes, device=0001)"
    assert repr(Packet(NACK, 0x1012)) == "Packet(31, parameter=1012, device=0001)"


@pytest.mark.slow
def test_a_million_mutated_frames_decode_to_nothing_false() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    decoder = Decoder()
    for _ in range(1_000_000):
        frame = bytearray(HIT.to_bytes())
        frame[chance.randrange(PACKET_SIZE)] ^= chance.randrange(1, 256)
        assert HIT not in decoder.feed(bytes(frame))
        assert decoder.pending <= PACKET_SIZE
