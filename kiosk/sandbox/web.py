"""What all of the sandbox's routes share: bodies of bounded length, answers in JSON, and who may look in."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.sandbox.local import is_local

MAX_REQUEST = 1 << 16
"""Bytes of the longest request body that is read."""


async def body_of(request: Request) -> bytes | None:
    """The request's body; None if it is too long or never came whole."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_REQUEST:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)


def as_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer that says `value`."""
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


def local_route(method: str, path: str, handler: Callable[[Request, bytes], Awaitable[Response]]) -> Route:
    """A route of the sandbox's own, for this machine alone; `handler` is given the request and its body."""

    async def handle(request: Request) -> Response:
        if not is_local(request):
            return as_json({"error": "only from this machine"}, 403)
        body = await body_of(request)
        if body is None:
            return as_json({"error": f"the body is longer than {MAX_REQUEST} bytes, or never came whole"}, 413)
        return await handler(request, body)

    return Route(path, handle, methods=[method])
