"""Lines of the made-up protocol to words and back: pure, no port, no clock.

    7 FIND*0DD3         sequence number, words, the CRC-16/CCITT of what stands before the star, and a line feed

The answer repeats the number of the command that it answers, so that none can be taken for another's.
"""

import binascii

MAX_LINE = 256


def to_line(number: int, *words: object) -> bytes:
    """A command or an answer as it goes over the wire."""
    content = " ".join(map(str, (number, *words))).encode("ascii")
    return content + b"*%04X\n" % binascii.crc_hqx(content, 0xFFFF)


def from_line(line: bytes) -> tuple[int, list[str]] | None:
    """Number and words of a line without its end; None if it is damaged."""
    content, star, check = line.rpartition(b"*")
    if not star or check != b"%04X" % binascii.crc_hqx(content, 0xFFFF):
        return None
    number, *words = content.decode("ascii", errors="replace").split(" ")
    return (int(number), words) if number.isdecimal() and words else None
