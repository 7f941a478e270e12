"""The sandbox's own endpoints, which the platform does not have: look in, change people and limits, switch faults on.

They count towards no limit and need no key, and therefore answer only to this machine.
"""

import ipaddress
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.sandbox.faults import Fault, Faults
from kiosk.sandbox.limits import Limits
from kiosk.sandbox.records import SandboxMember
from kiosk.sandbox.state import State

Handler = Callable[[bytes], object]
"""From the request's body to the answer's JSON. msgspec's errors become a 400 with their text."""


class LimitChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New limits and float; what is left out stays."""

    per_minute: int | None = None
    per_day: int | None = None
    sms_float: int | None = None


def control_routes(state: State, faults: Faults, clock: Callable[[], float]) -> list[Route]:
    """Every `/sandbox/…` route."""

    def post_member(body: bytes) -> object:
        member = msgspec.json.decode(body, type=SandboxMember)
        state.put_member(member)
        return member

    def post_fault(body: bytes) -> object:
        faults.add(msgspec.json.decode(body, type=Fault))
        return faults.active()

    def post_limits(body: bytes) -> object:
        _change_limits(state, msgspec.json.decode(body, type=LimitChange))
        return _limits(state)

    return [
        _route("GET", "/sandbox/ledger", lambda _: state.ledger()),
        _route("GET", "/sandbox/members", lambda _: state.members()),
        _route("POST", "/sandbox/members", post_member),
        _route("GET", "/sandbox/faults", lambda _: faults.active()),
        _route("POST", "/sandbox/faults", post_fault),
        _route("GET", "/sandbox/limits", lambda _: _limits(state)),
        _route("POST", "/sandbox/limits", post_limits),
        _route("GET", "/sandbox/requests", lambda _: state.traffic(clock())),
    ]


def _change_limits(state: State, change: LimitChange) -> None:
    now = state.limits
    state.set_limits(
        Limits(
            now.per_minute if change.per_minute is None else change.per_minute,
            now.per_day if change.per_day is None else change.per_day,
        )
    )
    if change.sms_float is not None:
        state.set_sms_float(change.sms_float)


def _limits(state: State) -> LimitChange:
    return LimitChange(state.limits.per_minute, state.limits.per_day, state.sms_float)


def _route(method: str, path: str, handler: Handler) -> Route:
    async def handle(request: Request) -> Response:
        if not _is_local(request):
            return _json({"error": "only from this machine"}, 403)
        try:
            return _json(handler(await request.body()))
        except msgspec.MsgspecError as error:
            return _json({"error": str(error)}, 400)

    return Route(path, handle, methods=[method])


def _is_local(request: Request) -> bool:
    return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
