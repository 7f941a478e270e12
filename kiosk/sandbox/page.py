"""The sandbox's page: what has arrived, live, for the developer beside the code. It answers only to this machine."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import resources

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kiosk.kemru import codes
from kiosk.kemru.catalogue import Telco
from kiosk.kemru.endpoints import ENDPOINTS
from kiosk.kemru.ussd import FORM, JSON
from kiosk.kemru.webhooks import HEADER, Event
from kiosk.sandbox import demo
from kiosk.sandbox.explain import FAULTS, explain
from kiosk.sandbox.faults import Faults
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.traffic import Exchange
from kiosk.sandbox.ussd import Session, Sessions, Step, UssdError
from kiosk.sandbox.view import View
from kiosk.sandbox.web import as_json, local_route

_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

_HEADERS = {
    # Nothing from elsewhere, nothing in the markup, and no text that could become markup.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

_LOOK_S = 0.04
"""Seconds between looks for something new: less than an eye notices."""

_SHARE = 5
"""News that took long to gather are gathered less often: at most one part in so many of the time goes into them."""

_ALIVE_S = 15.0
"""Seconds after which a quiet line gets a sign of life, so that both ends notice when the other has gone."""

_LONGEST_WORDS = 8192


class Dialled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page's handset sends: `session` and `text` to go on, or all the rest to dial."""

    url: str = ""
    phone: str = ""
    code: str = ""
    network: str = "SAFARICOM"
    form: str = JSON
    session: str = ""
    text: str = ""


def page_routes(platform: Platform, faults: Faults) -> list[Route]:
    """The page, its live news, and its handset."""
    sessions = Sessions()

    async def events(request: Request, _body: bytes) -> Response:
        return StreamingResponse(
            _news(request, View(platform, faults)), headers={**_HEADERS, "Content-Type": "text/event-stream"}
        )

    async def view(_request: Request, _body: bytes) -> Response:
        return _json(View(platform, faults).news())

    async def choices(_request: Request, _body: bytes) -> Response:
        return _json(_CHOICES)

    async def exchange(request: Request, _body: bytes) -> Response:
        found = platform.state.traffic.exchange(request.path_params["n"])
        if found is None:
            return _json({"error": "its words are no longer kept"}, 404)
        return _json({"exchange": found, "explanation": explain(found)})

    async def handset(_request: Request, body: bytes) -> Response:
        try:
            dialled = msgspec.json.decode(body, type=Dialled)
            return _json(await run_in_threadpool(_step, sessions, dialled))
        except (UssdError, msgspec.MsgspecError) as error:
            return _json({"error": str(error)}, 400)

    return [
        local_route("GET", "/", _asset),
        local_route("GET", "/sandbox/page/{name}", _asset),
        local_route("GET", "/sandbox/events", events),
        local_route("GET", "/sandbox/view", view),
        local_route("GET", "/sandbox/choices", choices),
        local_route("GET", "/sandbox/requests/{n:int}", exchange),
        local_route("POST", "/sandbox/ussd", handset),
    ]


def lost(platform: Platform) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What answers a request that no route takes, and puts it down: a wrong path is what a developer looks for first."""

    async def handle(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if not request.url.path.startswith("/sandbox/") and request.url.path != "/":
            query = f"?{request.url.query}" if request.url.query else ""
            seen = Exchange(
                at=platform.clock(),
                method=request.method[:32],
                target=f"{request.url.path}{query}"[:_LONGEST_WORDS].encode(errors="replace").decode(),
                call="",
                status=error.status_code,
                answer=error.detail,
            )
            platform.state.traffic.keep(seen)
        return Response(error.detail, error.status_code, error.headers, media_type="text/plain")

    return handle


async def _news(request: Request, view: View) -> AsyncIterator[bytes]:
    wire = request.scope["state"]["wire"]
    heard = time.monotonic()
    yield b"retry: 500\n\n"
    while not wire.is_ending:
        began = time.monotonic()
        news = view.news()
        took = time.monotonic() - began
        if news is not None:
            heard = began
            yield b"data: " + msgspec.json.encode(news) + b"\n\n"
        elif began - heard > _ALIVE_S:
            heard = began
            yield b": alive\n\n"
        await asyncio.sleep(max(_LOOK_S, took * _SHARE))


def _step(sessions: Sessions, dialled: Dialled) -> Step:
    if dialled.session:
        return sessions.enter(dialled.session, dialled.text)
    if dialled.form not in {JSON, FORM}:
        raise UssdError(f"A USSD request is {JSON} or {FORM}")
    return sessions.dial(
        Session(dialled.url, phone=dialled.phone, code=dialled.code, network=dialled.network, form=dialled.form)
    )


async def _asset(request: Request, _body: bytes) -> Response:
    name = request.path_params.get("name", "index.html")
    body = _ASSETS.get(name)
    if body is None:
        return _json({"error": "no such part of the page"}, 404)
    return Response(body, headers=_HEADERS, media_type=_TYPES[name.rpartition(".")[2]])


def _assets() -> dict[str, bytes]:
    folder = resources.files("kiosk.sandbox") / "page"
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.name.rpartition(".")[2] in _TYPES}


def _json(value: object, status: int = 200) -> Response:
    return as_json(value, status, _HEADERS)


_ASSETS = _assets()

_CHOICES = {
    "faults": [{"kind": kind, "does": does} for kind, does in FAULTS.items()],
    "codes": [{"code": code, "meaning": meaning.text} for code, meaning in codes.CODES.items()],
    "calls": [{"name": each.name, "method": each.method, "path": each.path} for each in ENDPOINTS],
    "events": list(Event),
    "networks": [each for each in Telco if each is not Telco.FAIBA_B],
    "header": HEADER,
    "credentials": {
        "MerchantID": demo.DEMO_MERCHANT,
        "apiKey": demo.DEMO_API_KEY,
        "secret": demo.DEMO_SECRET,
        "access_token": demo.DEMO_ACCESS_TOKEN,
        "webhook secret": demo.DEMO_WEBHOOK_SECRET,
    },
}
"""What the page's controls offer."""
