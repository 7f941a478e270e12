"""From the bytes of an untrusted answer to plain JSON values, within fixed bounds."""

import json
import zlib
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import NoReturn

MAX_BYTES = 1 << 20
"""Bytes of the longest answer, decoded: far more than a school's roster, far less than the memory of the smallest machine."""

_PIECE = 1 << 16


class BodyError(ValueError):
    """The bytes are not an answer; the text says why, and quotes none of them."""


def read(pieces: Iterable[bytes], encoding: str) -> bytes:
    """Join `pieces` and undo `encoding` (the Content-Encoding header), never holding more than MAX_BYTES and one piece.

    Raises BodyError if it is longer, cut, damaged or encoded in a way that was not asked for.
    """
    if encoding in {"", "identity"}:
        return _join(pieces)
    if encoding in {"gzip", "x-gzip"}:
        return _join(_unzipped(pieces))
    raise BodyError("encoded in a way that was not asked for")


def parse(body: bytes, *, exact: bool = False) -> object:
    """Decode UTF-8 JSON, with or without a byte order mark. Raises BodyError for anything else, NaN and repeated names included.

    With `exact`, numbers with a fraction or an exponent are Decimal as they were written, for what counts money; else float.
    """
    try:
        return json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_decimal if exact else None,
        )
    except BodyError:
        raise
    except RecursionError:
        raise BodyError("nested too deeply") from None
    except UnicodeDecodeError:
        raise BodyError("not UTF-8") from None
    except ValueError:
        raise BodyError("not JSON, or cut short") from None


def _join(pieces: Iterable[bytes]) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > MAX_BYTES:
            raise BodyError(f"longer than {MAX_BYTES} bytes")
    return bytes(body)


def _unzipped(pieces: Iterable[bytes]) -> Iterable[bytes]:
    # A thousandfold expansion of one piece is 64 MiB: the output is drawn in pieces too.
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for piece in pieces:
            yield unzip.decompress(piece, _PIECE)
            while unzip.unconsumed_tail:
                yield unzip.decompress(unzip.unconsumed_tail, _PIECE)
        yield unzip.flush(_PIECE)
    except zlib.error:
        raise BodyError("damaged gzip") from None
    if not unzip.eof:
        raise BodyError("cut gzip")
    if unzip.unused_data:
        raise BodyError("gzip with something behind it")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # An answer that says a thing twice, differently, says nothing.
    values = dict(pairs)
    if len(values) != len(pairs):
        raise BodyError("a name appears twice in one object")
    # JSON can escape one half of a surrogate pair. No name of the platform's holds one, and msgspec stumbles over it.
    if any("\ud800" <= each <= "\udfff" for name in values if not name.isascii() for each in name):
        raise BodyError("a name holds half a character")
    return values


def _no_constant(_name: str) -> NoReturn:
    raise BodyError("holds NaN or Infinity, which JSON does not have")


def _decimal(number: str) -> Decimal:
    try:
        return Decimal(number)
    except InvalidOperation:
        raise BodyError("holds a number beyond all measure") from None
