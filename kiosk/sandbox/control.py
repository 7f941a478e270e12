"""The sandbox's own endpoints, which the platform does not have: look in, change people and limits, switch faults on.

They count towards no limit and need no key, and therefore answer only to this machine.
"""

import ipaddress
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.sandbox.faults import Fault, Faults
from kiosk.sandbox.limits import Limits
from kiosk.sandbox.notices import Webhook
from kiosk.sandbox.outcomes import Outcome
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.records import SandboxMember
from kiosk.sandbox.wallet import shillings

Handler = Callable[[bytes], object]
"""From the request's body to the answer's JSON. msgspec's errors become a 400 with their text."""


_Count = Annotated[int, msgspec.Meta(ge=0)]


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much the platform takes, how fast it is, and what the merchant has; what is left out stays as it is.

    `balance` is in shillings. `pace` is how many seconds a transaction stays in a state. `online` says whether the networks behind are
    there: while not, `offline_mode` orders wait. `callback_url` is where IPN go; empty for nowhere.
    """

    per_minute: _Count | None = None
    per_day: _Count | None = None
    balance: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{2})?$")] | None = None
    pace: Annotated[float, msgspec.Meta(ge=0, le=3600)] | None = None
    online: bool | None = None
    callback_url: str | None = None


def control_routes(platform: Platform, faults: Faults) -> list[Route]:
    """Every `/sandbox/…` route."""
    state = platform.state

    def post_member(body: bytes) -> object:
        member = msgspec.json.decode(body, type=SandboxMember)
        state.people.put_member(member)
        return member

    def post_fault(body: bytes) -> object:
        faults.add(msgspec.json.decode(body, type=Fault), platform.clock())
        return faults.active()

    def post_conditions(body: bytes) -> object:
        _change(platform, msgspec.json.decode(body, type=Conditions))
        return _conditions(platform)

    def post_outcome(body: bytes) -> object:
        platform.outcomes.add(msgspec.json.decode(body, type=Outcome))
        return platform.outcomes.active()

    def delete_outcomes(_body: bytes) -> object:
        platform.outcomes.clear()
        return []

    def post_webhook(body: bytes) -> object:
        state.notices.subscribe(msgspec.json.decode(body, type=Webhook))
        return state.notices.subscriptions()

    return [
        _route("GET", "/sandbox/ledger", lambda _: state.ledger()),
        _route("GET", "/sandbox/members", lambda _: state.people.members()),
        _route("POST", "/sandbox/members", post_member),
        _route("GET", "/sandbox/faults", lambda _: faults.active()),
        _route("POST", "/sandbox/faults", post_fault),
        _route("GET", "/sandbox/conditions", lambda _: _conditions(platform)),
        _route("POST", "/sandbox/conditions", post_conditions),
        _route("GET", "/sandbox/outcomes", lambda _: platform.outcomes.active()),
        _route("POST", "/sandbox/outcomes", post_outcome),
        _route("DELETE", "/sandbox/outcomes", delete_outcomes),
        _route("GET", "/sandbox/webhooks", lambda _: state.notices.subscriptions()),
        _route("POST", "/sandbox/webhooks", post_webhook),
        _route("GET", "/sandbox/requests", lambda _: state.traffic.summary(platform.clock())),
    ]


def _change(platform: Platform, change: Conditions) -> None:
    state = platform.state
    with state.change():
        now = state.traffic.limits
        state.traffic.limits = Limits(
            now.per_minute if change.per_minute is None else change.per_minute,
            now.per_day if change.per_day is None else change.per_day,
        )
        if change.balance is not None:
            state.wallet.cents = int(Decimal(change.balance) * 100)
        if change.pace is not None:
            state.transactions.pace = change.pace
        if change.online is not None:
            state.transactions.online = change.online
        if change.callback_url is not None:
            state.notices.callback_url = change.callback_url or None


def _conditions(platform: Platform) -> Conditions:
    state = platform.state
    return Conditions(
        per_minute=state.traffic.limits.per_minute,
        per_day=state.traffic.limits.per_day,
        balance=shillings(state.wallet.cents),
        pace=state.transactions.pace,
        online=state.transactions.online,
        callback_url=state.notices.callback_url or "",
    )


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
