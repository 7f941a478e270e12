"""The sandbox as a web application: every row of the endpoint table as a route, and the control endpoints beside them."""

import json
import math
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.kemru.endpoints import ENDPOINTS, Endpoint
from kiosk.kemru.wire import flattened
from kiosk.sandbox import faults, openapi
from kiosk.sandbox.calls import CALLS
from kiosk.sandbox.checks import Fields, check_key, check_request
from kiosk.sandbox.control import control_routes
from kiosk.sandbox.faults import Fault, Faults
from kiosk.sandbox.local import is_of_another_site
from kiosk.sandbox.page import lost, page_routes
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.refusals import RefusedError
from kiosk.sandbox.sight import Sight
from kiosk.sandbox.web import as_json, body_of


def build(platform: Platform, trouble: Faults) -> Starlette:
    """The application on `platform`, as bad as `trouble` says."""
    routes = [
        Route(endpoint.path, _route(endpoint, platform, trouble), methods=[endpoint.method]) for endpoint in ENDPOINTS
    ]
    own = [Route("/openapi.json", _openapi), *control_routes(platform, trouble), *page_routes(platform, trouble)]
    return Starlette(routes=[*routes, *own], exception_handlers={HTTPException: lost(platform)})


async def _openapi(_request: Request) -> Response:
    return as_json(openapi.document())


def _route(endpoint: Endpoint, platform: Platform, trouble: Faults) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        body = await body_of(request)
        sight = Sight(endpoint, request, body, platform.clock())

        def act() -> Response:
            return _answer(endpoint, request, body, platform, sight)

        fault = trouble.take(request.url.path, platform.clock())
        response = act() if fault is None else await faults.play(fault, request, act)
        platform.state.traffic.keep(sight.of(response, _name(fault)))
        return response

    return handle


def _answer(endpoint: Endpoint, request: Request, body: bytes | None, platform: Platform, sight: Sight) -> Response:
    now = platform.clock()
    try:
        key = _caller(request)
        wait = platform.state.traffic.admit(key, endpoint.path, now)
        if wait is not None:
            return as_json(
                {"status": "Failed", "message": "Rate limit exceeded."}, 429, {"retry-after": str(math.ceil(wait))}
            )
        told = _fields(endpoint, request, body)
        fields = flattened(endpoint, {**told, **request.path_params})
        sight.signature(fields, told.get("signature"))
        check_request(endpoint, fields, told.get("signature"))
        platform.state.transactions.advance(now)
        return as_json(CALLS[endpoint](platform, fields, now))
    except RefusedError as refusal:
        return as_json(refusal.wire(), refusal.http_status)


def _caller(request: Request) -> str:
    if is_of_another_site(request):
        raise RefusedError("1103")
    return check_key(request.headers.get("apikey"))


def _fields(endpoint: Endpoint, request: Request, body: bytes | None) -> Fields:
    if body is None:
        raise RefusedError("1109")
    if not body and endpoint.method == "GET":
        return dict(request.query_params)
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise RefusedError("1109")
    try:
        fields = json.loads(body)
        json.dumps(fields, ensure_ascii=False).encode()  # JSON can escape half a character, which nothing can store
    except (ValueError, RecursionError):
        raise RefusedError("1109") from None
    if not isinstance(fields, dict):
        raise RefusedError("1109")
    return fields


def _name(fault: Fault | None) -> str:
    return "" if fault is None else fault.kind.value
