"""Carrying notices to the merchant: one POST each, ten seconds at the most, whatever the other side does."""

import httpx

from kiosk.kemru import bodies, ipn, webhooks
from kiosk.kemru.deadline import DeadlineBackend
from kiosk.kemru.exchange import deadline_transport
from kiosk.sandbox.notices import Kind, Notice

PATIENCE_S = 10.0
"""The documented time for an answer."""


class Post:
    """A way to merchants' servers, for one thread."""

    def __init__(self, patience: float = PATIENCE_S) -> None:
        self._patience = patience
        self._backend = DeadlineBackend()
        self._client = httpx.Client(
            transport=deadline_transport(self._backend), timeout=patience, trust_env=False, follow_redirects=False
        )

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def carry(self, notice: Notice) -> str | None:
        """Send `notice` once. What was wrong, in few words; None if it was taken."""
        headers = {"Content-Type": "application/json", "User-Agent": "kemru-sandbox"}
        if notice.signature:
            headers[webhooks.HEADER] = notice.signature
        try:
            request = self._client.build_request("POST", notice.url, content=notice.body.encode(), headers=headers)
            with self._backend.within(self._patience):
                response = self._client.send(request, stream=True)
                try:
                    return _refusal(notice, response)
                finally:
                    response.close()
                    self._client.cookies.clear()
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            return f"no answer ({type(error).__name__})"


def _refusal(notice: Notice, response: httpx.Response) -> str | None:
    if response.status_code != 200:
        return f"HTTP {response.status_code}"
    if notice.kind is Kind.WEBHOOK:
        return None
    try:
        body = bodies.read(response.iter_raw(), response.headers.get("content-encoding", "").strip().lower())
    except bodies.BodyError as error:
        return f"HTTP 200, but the answer is {error}"
    return None if ipn.acknowledged(body) else 'HTTP 200, but not {"status":"success"}'
