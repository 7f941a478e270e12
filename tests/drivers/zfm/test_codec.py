import random
import time
from pathlib import Path

import pytest

from drivers.zfm.codec import MAX_PAYLOAD, Decoder, Packet, Pid

LINES = (Path(__file__).parent / "sensor_vectors.tsv").read_text().splitlines()
GOLDEN = sorted({line.split("\t")[3] for line in LINES[1:] if not line.startswith("#")})
WRONG = [line.split("\t")[1] for line in LINES if line.startswith("# WRONG")]
DIRECTIONS = {line.split("\t")[3]: line.split("\t")[1] for line in LINES[1:] if not line.startswith("#")}

ACK = Packet(Pid.ACK, b"\x00\x00\x07\x00\x60")


def decode(data: bytes) -> list[Packet]:
    return Decoder().feed(data)


def test_the_vectors_are_all_there() -> None:
    assert len(GOLDEN) == 69
    assert len(WRONG) == 3


@pytest.mark.parametrize("text", GOLDEN)
def test_golden_vector_decodes_and_encodes_exactly(text: str) -> None:
    data = bytes.fromhex(text)
    (packet,) = decode(data)
    assert packet.to_bytes() == data
    assert packet.pid is (Pid.COMMAND if DIRECTIONS[text] == "tx" else Pid.ACK)


@pytest.mark.parametrize("text", WRONG)
def test_published_wrong_checksum_is_refused(text: str) -> None:
    decoder = Decoder()
    assert decoder.feed(bytes.fromhex(text)) == []
    assert decoder.bad_checksums == 1


@pytest.mark.parametrize("text", GOLDEN)
def test_F044_golden_vector_byte_by_byte(text: str) -> None:
    decoder = Decoder()
    *early, last = [decoder.feed(bytes((byte,))) for byte in bytes.fromhex(text)]
    assert not any(early)
    assert last == decode(bytes.fromhex(text))
    assert (decoder.noise, decoder.pending) == (0, 0)


def test_F044_five_packets_glued_and_split_at_every_point() -> None:
    packets = [Packet(Pid.ACK, bytes((code,))) for code in range(5)]
    stream = b"".join(packet.to_bytes() for packet in packets)
    assert decode(stream) == packets
    for cut in range(len(stream)):
        decoder = Decoder()
        assert decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) == packets


@pytest.mark.parametrize("at", range(len(ACK.to_bytes())))
def test_F045_any_flipped_byte_loses_the_packet_and_no_other(at: int) -> None:
    for mask in (0x01, 0x80, 0xFF):
        data = bytearray(ACK.to_bytes())
        data[at] ^= mask
        decoder = Decoder()
        # A packet of another address is still a packet: the wire drops it. A length that grew waits for more than comes.
        packets = decoder.feed(bytes(data)) + decoder.feed(ACK.to_bytes() * 30) + decoder.give_up()
        assert packets.count(ACK) >= 28
        assert [packet for packet in packets if packet != ACK] in (
            [],
            [Packet(Pid.ACK, ACK.payload, packets[0].address)],
        )


def test_damaged_packet_is_counted() -> None:
    decoder = Decoder()
    damaged = bytearray(ACK.to_bytes())
    damaged[10] ^= 1
    assert decoder.feed(bytes(damaged) + ACK.to_bytes()) == [ACK]
    assert (decoder.bad_checksums, decoder.noise) == (1, len(damaged))


@pytest.mark.parametrize("junk", ["55", "00F8FCFE55", "EF", "EFEF", "EF01", "01EF00EF", "EF01FFFFFFFF0955AA"])
def test_junk_before_a_packet_is_skipped_and_counted(junk: str) -> None:
    decoder = Decoder()
    assert decoder.feed(bytes.fromhex(junk) + ACK.to_bytes()) + decoder.give_up() == [ACK]
    assert decoder.noise == len(bytes.fromhex(junk))


def test_F043_random_garbage_of_a_megabyte() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    garbage = random.Random(seed).randbytes(1 << 20)
    decoder = Decoder()
    started = time.process_time()
    for at in range(0, len(garbage), 4096):
        decoder.feed(garbage[at : at + 4096])
        assert decoder.pending <= 9 + MAX_PAYLOAD + 2
    # 1 MB takes three minutes on a real line; two seconds of CPU are one per cent of it.
    assert time.process_time() - started < 2
    last = decoder.give_up() + decoder.feed(b"\0" * 300 + ACK.to_bytes())
    assert last[-1] == ACK
    assert decoder.noise >= len(garbage) - 600


@pytest.mark.parametrize("length", [0, 1, MAX_PAYLOAD + 3, 512, 65535])
def test_F046_impossible_length_is_no_packet(length: int) -> None:
    decoder = Decoder()
    lie = b"\xef\x01\xff\xff\xff\xff\x07" + length.to_bytes(2)
    assert decoder.feed(lie + ACK.to_bytes()) == [ACK]
    assert decoder.pending == 0


def test_empty_payload_is_a_packet() -> None:
    assert decode(Packet(Pid.END, b"").to_bytes()) == [Packet(Pid.END, b"")]


def test_largest_payload_and_no_larger() -> None:
    largest = Packet(Pid.DATA, b"\xff" * MAX_PAYLOAD)
    assert decode(largest.to_bytes()) == [largest]
    with pytest.raises(ValueError, match="256"):
        Packet(Pid.DATA, bytes(MAX_PAYLOAD + 1)).to_bytes()


def test_repr_shows_no_template_and_no_password() -> None:
    assert repr(Packet(Pid.DATA, b"secret")) == "Packet(DATA, 6 bytes, address=FFFFFFFF)"
    assert "00FF" not in repr(Packet(Pid.COMMAND, bytes.fromhex("13000000FF"))).replace("FFFFFFFF", "")


def test_random_packets_in_random_pieces() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    packets = [
        Packet(chance.choice(list(Pid)), chance.randbytes(chance.randrange(257)), chance.getrandbits(32))
        for _ in range(200)
    ]
    stream = b"".join(packet.to_bytes() for packet in packets)
    decoder, found = Decoder(), []
    while stream:
        size = chance.randrange(1, 400)
        found += decoder.feed(stream[:size])
        stream = stream[size:]
    assert found == packets
