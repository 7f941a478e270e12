import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from decimal import Decimal

import pytest

from kiosk.kemru.bodies import MAX_BYTES, BodyError, parse, read


def in_pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_plain_and_zipped_bodies_in_any_pieces(size: int) -> None:
    body = b'[{"access_token": "x"}]' * 50
    assert read(in_pieces(body, size), "") == body
    assert read(in_pieces(body, size), "identity") == body
    assert read(in_pieces(gzip.compress(body), size), "gzip") == body


def test_the_longest_body_fits_and_one_byte_more_does_not() -> None:
    body = b" " * MAX_BYTES
    assert read(in_pieces(body, 1 << 16), "") == body
    assert read(in_pieces(gzip.compress(body), 1 << 16), "gzip") == body
    for longer, encoding in ((body + b" ", ""), (gzip.compress(body + b" "), "gzip")):
        with pytest.raises(BodyError, match="longer than"):
            read(in_pieces(longer, 1 << 16), encoding)


def test_F072_a_bomb_costs_no_more_than_the_cap() -> None:
    squeeze = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(100)) + squeeze.flush()
    assert len(bomb) < 200_000
    tracemalloc.start()
    try:
        with pytest.raises(BodyError):
            read([bomb], "gzip")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize("cut", [0, 1, 10, 15, -1, -4, -8])
def test_cut_gzip_is_no_body(cut: int) -> None:
    with pytest.raises(BodyError):
        read([gzip.compress(b'{"status_code": "0000"}')[:cut]], "gzip")


def test_damaged_and_foreign_encodings() -> None:
    with pytest.raises(BodyError, match="damaged"):
        read([b"not gzip at all"], "gzip")
    with pytest.raises(BodyError):
        read([gzip.compress(b"{}"), b"{}"], "gzip")
    with pytest.raises(BodyError, match="not asked for"):
        read([b"{}"], "br")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"status_code": "1104", "status_code": "0000"}',
        '{"name": "José"}'.encode("latin-1"),
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
        b"{} {}",
        b'{"\\ud800": 1}',
        b'{"a": {"b\\udfff": 1}}',
    ],
    ids=range(14),
)
def test_F071_what_is_not_json(body: bytes) -> None:
    with pytest.raises(BodyError):
        parse(body)


def test_F071_a_byte_order_mark_is_no_obstacle() -> None:
    assert parse(b'\xef\xbb\xbf{"a": "\xc3\xa9"}') == {"a": "é"}


def test_names_may_hold_any_whole_character() -> None:
    assert parse(b'{"\\ud83d\\ude00": 1, "\xc3\xa9": 2}') == {"\U0001f600": 1, "\u00e9": 2}


def test_exact_numbers_are_as_they_were_written() -> None:
    found = parse(b"[1500.10, 1e3, 7, 0.1000000000000000055]", exact=True)
    assert found == [Decimal("1500.10"), Decimal(1000), 7, Decimal("0.1000000000000000055")]
    assert parse(b"[1500.10, 1e3]") == [1500.1, 1000.0]


@pytest.mark.parametrize("number", [b"1e99999999999999999999", b"1e-99999999999999999999"])
def test_exact_numbers_have_a_measure(number: bytes) -> None:
    with pytest.raises(BodyError, match="beyond"):
        parse(b"[" + number + b"]", exact=True)
