"""Bytes that must not turn up anywhere, in all the shapes in which they could."""

import base64
import zlib


def forms(secret: bytes) -> list[bytes]:
    """What to search for: the bytes as they are, as hex and base64 (at each alignment), and packed."""
    cut = [base64.b64encode(bytes(shift) + secret)[4 : -4 - 4 * (shift > 0)] for shift in range(3)]
    hexed = secret.hex().encode()
    packed = [zlib.compress(secret, level) for level in (1, 6, 9)]
    return [secret, hexed, hexed.upper(), *cut, *packed]


def found(secret: bytes, data: bytes) -> bool:
    """Whether any part of `secret` of 16 bytes or more that starts at a multiple of 16, or a packed form of all of it, is in `data`."""
    parts = [secret[start : start + 16] for start in range(0, len(secret) - 15, 16)]
    shapes = [shape for part in parts for shape in forms(part)[:6]] + forms(secret)
    return any(shape in data for shape in shapes)
