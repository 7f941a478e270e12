"""The sandbox misbehaving on purpose, over real HTTP: down, slow, cut, lying."""

import asyncio
import enum
import random
import re
import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from kiosk.kemru.codes import CODES
from kiosk.sandbox.refusals import RefusedError
from kiosk.sandbox.wire import hang_up

Act = Callable[[], Response]
"""Does what was asked, and returns the honest answer."""


class FaultKind(enum.StrEnum):
    """Ways to misbehave. *Acts* means that the request takes effect, whatever the answer looks like."""

    NONE = "none"
    """Behave again: forgets every fault."""
    DOWN = "down"
    """Close the connection; does not act."""
    SLOW = "slow"
    """Wait `seconds`, and up to `jitter` more, then act and answer."""
    DROP_AFTER = "drop_after"
    """Act, then drop the connection instead of answering."""
    CUT = "cut"
    """Act, then answer, but close after `at` bytes, head included."""
    TRICKLE = "trickle"
    """Act, then answer one byte every `seconds`."""
    STATUS = "status"
    """Answer `status`, `headers`, `content_type` and `body` as given; does not act."""
    CODE = "code"
    """Refuse with the platform's `code`; does not act."""
    HTML = "html"
    """A captive portal's page with status 200; does not act."""
    HUGE = "huge"
    """An answer of `size` bytes, as a gzip bomb if `gzip`; does not act."""
    MISTYPED = "mistyped"
    """Act, then answer in JSON of the wrong types."""
    OTHER_REFERENCE = "other_reference"
    """Answer success for another reference; does not act."""


_Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FIELD = re.compile(r"[\t\x20-\x7e]*")
"""What HTTP lets a header's name and value be made of (RFC 9110, 5.5 and 5.6.2), without its obsolete letters."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to misbehave, for paths that begin with `path`, `count` times (None: until cleared). See FaultKind for the rest.

    It begins `after` seconds from when it is switched on, is over `lasts` seconds later (None: never), and spoils a request with `chance`.
    """

    kind: FaultKind
    path: str = ""
    count: Annotated[int, msgspec.Meta(ge=1)] | None = None
    after: _Seconds = 0.0
    lasts: _Seconds | None = None
    chance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    seconds: _Seconds = 1.0
    jitter: _Seconds = 0.0
    at: Annotated[int, msgspec.Meta(ge=0, le=1 << 30)] = 0
    code: str = "5000"
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 500
    body: str = ""
    charset: str = "utf-8"
    content_type: str = "application/json"
    headers: dict[str, str] = {}
    size: Annotated[int, msgspec.Meta(ge=0, le=1 << 30)] = 64 << 20
    gzip: bool = False

    def __post_init__(self) -> None:
        if self.kind is FaultKind.CODE and self.code not in CODES:
            raise ValueError(f"{self.code} is no documented code")
        try:
            self.body.encode(self.charset)
        except (LookupError, UnicodeError):
            raise ValueError("charset is none that Python can write body in") from None
        named = {**self.headers, "content-type": self.content_type}
        if not all(_TOKEN.fullmatch(name) and _FIELD.fullmatch(value) for name, value in named.items()):
            raise ValueError("headers hold characters that cannot travel in a header")


class _On(msgspec.Struct):
    """A fault that was switched on at `since` and has `left` times to go."""

    fault: Fault
    since: float
    left: int | None

    def plays(self, path: str, now: float) -> bool:
        begins = self.since + self.fault.after
        lasts = self.fault.lasts is None or now < begins + self.fault.lasts
        return path.startswith(self.fault.path) and begins <= now and lasts


class Faults:
    """The faults that are on. The first whose path fits plays, as often as it may. Any thread may change them.

    `dice` decide where a fault has a chance; they are seeded, so that a run repeats.
    """

    def __init__(self, dice: random.Random) -> None:
        self._lock = threading.Lock()
        self._dice = dice
        self._on: list[_On] = []

    def add(self, fault: Fault, now: float) -> None:
        """Switch a fault on; `none` switches all off."""
        with self._lock:
            if fault.kind is FaultKind.NONE:
                self._on.clear()
            else:
                self._on.append(_On(fault, now, fault.count))

    def active(self) -> list[Fault]:
        """The faults that are on, with the counts that are left."""
        with self._lock:
            return [msgspec.structs.replace(each.fault, count=each.left) for each in self._on]

    def take(self, path: str, now: float) -> Fault | None:
        """The fault that spoils this request, counted down; how long it is slow is already drawn."""
        with self._lock:
            for on in self._on:
                if on.plays(path, now) and self._dice.random() < on.fault.chance:
                    self._count(on)
                    return self._drawn(on.fault)
        return None

    def _count(self, on: _On) -> None:
        if on.left is not None:
            on.left -= 1
            if on.left <= 0:
                self._on.remove(on)

    def _drawn(self, fault: Fault) -> Fault:
        if not fault.jitter:
            return fault
        return msgspec.structs.replace(fault, seconds=fault.seconds + self._dice.random() * fault.jitter)


async def play(fault: Fault, request: Request, act: Act) -> Response:
    """Answer `request` as `fault` says."""
    return await _PLAYS[fault.kind](fault, request, act)


class _HangUp(Response):
    """No answer at all."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await hang_up(scope, receive, send)


async def _none(_fault: Fault, _request: Request, act: Act) -> Response:
    return act()


async def _down(_fault: Fault, _request: Request, _act: Act) -> Response:
    return _HangUp()


async def _slow(fault: Fault, _request: Request, act: Act) -> Response:
    await asyncio.sleep(fault.seconds)
    return act()


async def _drop_after(_fault: Fault, _request: Request, act: Act) -> Response:
    act()
    return _HangUp()


async def _cut(fault: Fault, request: Request, act: Act) -> Response:
    answer = act()
    request.scope["state"]["wire"].cut_after(fault.at)
    return answer


async def _trickle(fault: Fault, request: Request, act: Act) -> Response:
    answer = act()
    request.scope["state"]["wire"].trickle(fault.seconds)
    return answer


async def _status(fault: Fault, _request: Request, _act: Act) -> Response:
    return Response(
        fault.body.encode(fault.charset), fault.status, {**fault.headers, "content-type": fault.content_type}
    )


async def _code(fault: Fault, _request: Request, _act: Act) -> Response:
    refusal = RefusedError(fault.code)
    return Response(msgspec.json.encode(refusal.wire()), refusal.http_status, media_type="application/json")


async def _html(_fault: Fault, _request: Request, _act: Act) -> Response:
    page = "<!doctype html><html><title>Free Wi-Fi</title><body>Success! Log in to go on: 0000</body></html>"
    return Response(page, media_type="text/html")


async def _huge(fault: Fault, _request: Request, _act: Act) -> Response:
    headers = {"content-type": "application/json", **({"content-encoding": "gzip"} if fault.gzip else {})}
    return StreamingResponse(_bomb(fault.size) if fault.gzip else _blanks(fault.size), headers=headers)


async def _mistyped(_fault: Fault, _request: Request, act: Act) -> Response:
    act()
    body = {"status": 200, "status_code": ["0000"], "reference": {"id": 1}, "emp_name": None, "balance": []}
    return Response(msgspec.json.encode(body), media_type="application/json")


async def _other_reference(_fault: Fault, request: Request, _act: Act) -> Response:
    other = "00000000-0000-7000-8000-000000000000"
    scan = {
        "uid": "20170",
        "reference": other,
        "time": "2025-04-11T11:20:00+03:00",
        "direction": "in",
        "device": "other",
    }
    sms = {
        "status": "Success",
        "status_code": "0000",
        "merchant_reference": "KT1",
        "reference": other,
        "transactionRef": "KT1",
    }
    in_list = request.method == "GET" and not request.url.path.startswith("/transactions")
    return Response(msgspec.json.encode([scan] if in_list else sms), media_type="application/json")


async def _blanks(size: int) -> AsyncIterator[bytes]:
    piece = b" " * 65536
    for start in range(0, size, len(piece)):
        yield piece[: size - start]
        await asyncio.sleep(0)  # time for the loop to notice that nobody listens any more


async def _bomb(size: int) -> AsyncIterator[bytes]:
    squeeze = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    async for piece in _blanks(size):
        yield squeeze.compress(piece)
    yield squeeze.flush()


_PLAYS: dict[FaultKind, Callable[[Fault, Request, Act], Awaitable[Response]]] = {
    FaultKind.NONE: _none,
    FaultKind.DOWN: _down,
    FaultKind.SLOW: _slow,
    FaultKind.DROP_AFTER: _drop_after,
    FaultKind.CUT: _cut,
    FaultKind.TRICKLE: _trickle,
    FaultKind.STATUS: _status,
    FaultKind.CODE: _code,
    FaultKind.HTML: _html,
    FaultKind.HUGE: _huge,
    FaultKind.MISTYPED: _mistyped,
    FaultKind.OTHER_REFERENCE: _other_reference,
}
