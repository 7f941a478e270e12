"""Looking over the shoulder of one request: what came, which bytes its signature covers, and what was answered."""

import json

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kiosk.kemru.endpoints import Endpoint
from kiosk.kemru.signing import payload, sign
from kiosk.sandbox.checks import Fields
from kiosk.sandbox.demo import DEMO_CREDENTIALS
from kiosk.sandbox.traffic import Exchange

_LONGEST = 8192
"""Bytes of an answer or an address that are worth keeping. A body is kept whole: what is wrong with it is told from it."""


class Sight:
    """One request to `endpoint`, as a developer wants to see it afterwards."""

    def __init__(self, endpoint: Endpoint, request: Request, body: bytes | None, at: float) -> None:
        query = f"?{request.url.query}" if request.url.query else ""
        self._seen = Exchange(
            at=at,
            method=endpoint.method,
            target=_text(f"{request.url.path}{query}".encode()),
            call=endpoint.name,
            body=(body or b"").decode(errors="replace"),
        )
        self._endpoint = endpoint

    def signature(self, fields: Fields, claimed: object) -> None:
        """Note what the signature has to cover, and what came instead; nothing where a field is missing."""
        try:
            signed = payload(self._endpoint, fields)
            expected = sign(signed, DEMO_CREDENTIALS.secret)
        except (KeyError, UnicodeEncodeError):
            return
        self._seen = msgspec.structs.replace(
            self._seen,
            signed=_text(signed.encode()),
            expected=expected,
            claimed=_text(str(claimed).encode(errors="replace")),
        )

    def of(self, response: Response, fault: str) -> Exchange:
        """What was seen, with its answer."""
        answer = bytes(getattr(response, "body", b""))
        return msgspec.structs.replace(
            self._seen, status=response.status_code, code=_code(answer), answer=_text(answer), fault=fault
        )


def _text(raw: bytes) -> str:
    return raw[:_LONGEST].decode(errors="replace")


def _code(answer: bytes) -> str | None:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return str(said["status_code"]) if isinstance(said, dict) and "status_code" in said else None
