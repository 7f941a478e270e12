"""Reports that are asked for page by page: the lines of the control socket are of bounded length."""

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec

from kiosk.control.server import Method

ROWS = 1000
"""Rows in one answer, if they are short."""


class RowsParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows of a report: a page of them from number `start` on."""

    start: Annotated[int, msgspec.Meta(ge=0)] = 0


def report(rows: Callable[[], Sequence[msgspec.Struct]], *, page: int = ROWS) -> Method:
    """A method that lists `rows`, `page` of them at a time, made anew for each: they are long only where few ask."""

    def answer(params: RowsParams) -> Sequence[msgspec.Struct]:
        return rows()[params.start : params.start + page]

    return Method(RowsParams, answer, operator=True, slow="reports")
