"""The sandbox's own endpoints, which the platform does not have: look in, change people and limits, switch faults on.

They count towards no limit and need no key, and therefore answer only to this machine.
"""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.sandbox import conditions
from kiosk.sandbox.conditions import Conditions
from kiosk.sandbox.faults import Fault, Faults
from kiosk.sandbox.notices import Webhook
from kiosk.sandbox.outcomes import Outcome
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.records import SandboxMember
from kiosk.sandbox.web import as_json, local_route

Handler = Callable[[bytes], object]
"""From the request's body to the answer's JSON. msgspec's errors become a 400 with their text."""


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
        conditions.apply(platform.state, msgspec.json.decode(body, type=Conditions))
        return conditions.of(state)

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
        _route("GET", "/sandbox/conditions", lambda _: conditions.of(state)),
        _route("POST", "/sandbox/conditions", post_conditions),
        _route("GET", "/sandbox/outcomes", lambda _: platform.outcomes.active()),
        _route("POST", "/sandbox/outcomes", post_outcome),
        _route("DELETE", "/sandbox/outcomes", delete_outcomes),
        _route("GET", "/sandbox/webhooks", lambda _: state.notices.subscriptions()),
        _route("POST", "/sandbox/webhooks", post_webhook),
        _route("GET", "/sandbox/requests", lambda _: state.traffic.summary(platform.clock())),
    ]


def _route(method: str, path: str, handler: Handler) -> Route:
    async def handle(_request: Request, body: bytes) -> Response:
        try:
            return as_json(handler(body))
        except msgspec.MsgspecError as error:
            return as_json({"error": str(error)}, 400)

    return local_route(method, path, handle)
