import random
import time

import pytest

from drivers.waveshare.codec import HEAD, MAX_DATA, Decoder, Packet
from drivers.waveshare.commands import LONG_ANSWERS, LONG_COMMANDS

# Published dialogues of a TFS-M74, and the manual's own layouts.
GOLDEN = {
    "F5 09 00 00 00 00 09 F5": Packet(0x09),
    "F5 09 00 07 00 00 0E F5": Packet(0x09, bytes((0, 7, 0))),
    "F5 26 00 00 00 00 26 F5": Packet(0x26),
    "F5 26 00 09 00 00 2F F5 F5 46 32 2E 30 35 2E 30 30 00 71 F5": Packet(0x26, bytes((0, 9, 0)), b"F2.05.00\0"),
    "F5 05 00 00 01 00 04 F5": Packet(0x05, bytes((0, 0, 1))),
}
HIT = Packet(0x0C, bytes((0x01, 0xF4, 3)))
TEMPLATE = Packet(0x31, bytes((0, 196, 0)), bytes((0xF5, 0x0C, 0xF5, 0)) * 49)


def decoder() -> Decoder:
    return Decoder(LONG_ANSWERS)


@pytest.mark.parametrize("text", GOLDEN)
def test_golden_vector_decodes_and_encodes_exactly(text: str) -> None:
    data = bytes.fromhex(text)
    assert decoder().feed(data) == [GOLDEN[text]]
    assert GOLDEN[text].to_bytes() == data


@pytest.mark.parametrize("packet", [HIT, TEMPLATE])
def test_F044_any_split(packet: Packet) -> None:
    data = packet.to_bytes()
    for cut in range(1, len(data)):
        split = decoder()
        assert split.feed(data[:cut]) == []
        assert split.feed(data[cut:]) == [packet]
        assert (split.noise, split.pending) == (0, 0)


def test_F044_byte_by_byte() -> None:
    found, whole = [], decoder()
    for byte in HIT.to_bytes() + TEMPLATE.to_bytes():
        found += whole.feed(bytes((byte,)))
    assert found == [HIT, TEMPLATE]


def test_glued_packets_come_in_order() -> None:
    packets = [HIT, TEMPLATE, HIT, HIT, TEMPLATE]
    assert decoder().feed(b"".join(packet.to_bytes() for packet in packets)) == packets


@pytest.mark.parametrize("packet", [HIT, TEMPLATE])
def test_F045_any_changed_byte_loses_the_packet_and_no_other(packet: Packet) -> None:
    for at in range(len(packet.to_bytes())):
        for mask in (0x01, 0x80, 0xFF):
            data = bytearray(packet.to_bytes())
            data[at] ^= mask
            damaged = decoder()
            found = damaged.feed(bytes(data)) + damaged.feed(GOOD) + damaged.give_up()
            while damaged.pending:
                found += damaged.give_up()
            assert packet not in found, f"byte {at} ^ {mask:02X}"
            assert found.count(Packet(0x09, bytes((0, 7, 0)))) >= 1


GOOD = bytes.fromhex("F5 09 00 07 00 00 0E F5") * 3


def test_damaged_packets_are_counted() -> None:
    data = bytearray(HIT.to_bytes())
    data[3] ^= 1
    damaged = decoder()
    assert damaged.feed(bytes(data) + HIT.to_bytes()) == [HIT]
    assert damaged.bad_checksums == 1
    assert damaged.noise == HEAD


@pytest.mark.parametrize("junk", ["55", "F5", "F5F5", "00F8FCFE", "F50C", "EF01FFFFFFFF07000300000A"])
def test_junk_before_a_packet_is_skipped_and_counted(junk: str) -> None:
    noisy = decoder()
    assert noisy.feed(bytes.fromhex(junk) + HIT.to_bytes()) + noisy.give_up() == [HIT]
    assert noisy.noise == len(bytes.fromhex(junk))


def test_only_the_success_of_a_long_command_is_followed_by_data() -> None:
    refused = Packet(0x31, bytes((0, 196, 5)))
    assert decoder().feed(refused.to_bytes() + HIT.to_bytes()) == [refused, HIT]
    assert Decoder(LONG_COMMANDS).feed(Packet(0x31, bytes((0, 7, 0))).to_bytes()) == [Packet(0x31, bytes((0, 7, 0)))]
    download = Packet(0x41, bytes((0, 3, 0)), b"abc")
    assert Decoder(LONG_COMMANDS).feed(download.to_bytes()) == [download]


def test_F046_impossible_length_is_no_packet() -> None:
    lie = Packet(0x31, (MAX_DATA + 1).to_bytes(2) + b"\0").to_bytes()
    lying = decoder()
    assert lying.feed(lie + HIT.to_bytes()) == [HIT]
    assert lying.noise == HEAD


def test_longest_data_and_no_longer() -> None:
    longest = Packet(0x2B, MAX_DATA.to_bytes(2) + b"\0", bytes(MAX_DATA))
    assert decoder().feed(longest.to_bytes()) == [longest]
    with pytest.raises(ValueError, match=str(MAX_DATA)):
        Packet(0x2B, data=bytes(MAX_DATA + 1)).to_bytes()
    with pytest.raises(ValueError, match="3 fields"):
        Packet(0x2B, bytes(4)).to_bytes()


def test_F043_random_garbage_of_a_megabyte() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    # Rich in what begins and ends packets.
    garbage = bytes(chance.choice((0xF5, 0x00, 0x31, chance.randrange(256))) for _ in range(1 << 20))
    flooded = decoder()
    started = time.process_time()
    for at in range(0, len(garbage), 4096):
        flooded.feed(garbage[at : at + 4096])
        assert flooded.pending <= HEAD + MAX_DATA + 3
    # 1 MB takes nine minutes on a real line.
    assert time.process_time() - started < 10
    flooded.clear()
    assert flooded.feed(HIT.to_bytes()) == [HIT]


def test_repr_shows_no_template() -> None:
    assert repr(TEMPLATE) == "Packet(31, 00 c4 00, 196 bytes)"


def test_random_packets_in_random_pieces() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    packets = []
    for _ in range(200):
        data = chance.randbytes(chance.randrange(1, 300))
        packets += [Packet(0x31, len(data).to_bytes(2) + b"\0", data), Packet(0x0C, chance.randbytes(3))]
    stream = b"".join(packet.to_bytes() for packet in packets)
    whole, found = decoder(), []
    while stream:
        size = chance.randrange(1, 400)
        found += whole.feed(stream[:size])
        stream = stream[size:]
    assert found == packets
