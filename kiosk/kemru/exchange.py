"""One HTTP exchange: a kept-alive connection, one deadline over the whole of it, an answer of bounded size.

Only this file and `deadline` know the HTTP library, which is loaded when the first client is built.
"""

import sys
from typing import TYPE_CHECKING

from kiosk.kemru import address, bodies
from kiosk.kemru.errors import AddressRefused, Unauthorised, Unavailable, UnknownOutcome
from kiosk.kemru.verdict import Answer
from kiosk.kemru.wire import Prepared
from kiosk.secret import Secret

if TYPE_CHECKING:
    import httpx

    from kiosk.kemru.deadline import DeadlineBackend

_KEEP_ALIVE_S = 20.0
"""How long an idle connection is kept for the next call."""

_CONNECTIONS = 4
"""Connections of one client at most: one is used at a time, the others are those that a failed call leaves to be closed."""


class Exchange:
    """The way to the platform at `base_url`; `as_query` sends a GET's fields in the address. Raises AddressRefused or Unauthorised."""

    def __init__(
        self,
        base_url: str,
        api_key: Secret,
        *,
        as_query: bool,
        deadline: float,
        transport: "httpx.BaseTransport | None",
    ) -> None:
        self.base = address.checked(base_url)
        self._as_query = as_query
        self._deadline = deadline
        _check_key(api_key.reveal())
        self._open(api_key, transport)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def send(self, prepared: Prepared) -> Answer:
        """Send, and read the answer. Raises Unavailable if it was never reached, UnknownOutcome if no answer came."""
        return self._exchange(prepared.endpoint.path, self._request(prepared))

    def _request(self, prepared: Prepared) -> "httpx.Request":
        method = prepared.endpoint.method
        if method == "GET" and self._as_query:
            query = {name: _spelt(value) for name, value in prepared.body.items()}
            return self._client.build_request("GET", prepared.target, params=query)
        return self._client.build_request(method, prepared.target, content=prepared.content)

    def _exchange(self, call: str, request: "httpx.Request") -> Answer:
        import httpx  # noqa: PLC0415  loaded since the client was built

        try:
            with self._backend.within(self._deadline):
                response = self._client.send(request, stream=True)
                try:
                    return _read(response)
                finally:
                    response.close()
                    self._client.cookies.clear()  # the platform documents none; whoever else answers may not fill the memory
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise Unavailable(f"{call}: not reached: {_reason(error)}", call=call) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            # Its text may quote what the other side sent, which may echo what we sent.
            raise UnknownOutcome(f"{call}: no answer came ({type(error).__name__})", call=call) from None

    def _open(self, api_key: Secret, transport: "httpx.BaseTransport | None") -> None:
        _load_httpx()
        import httpx  # noqa: PLC0415  see _load_httpx

        from kiosk.kemru.deadline import DeadlineBackend  # noqa: PLC0415  it loads half of the HTTP library

        self._backend = DeadlineBackend()
        self._client = httpx.Client(
            base_url=_url(self.base),
            transport=transport or deadline_transport(self._backend),
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": "kemru-kiosk",
                "apiKey": api_key.reveal(),
            },
            timeout=self._deadline,
            trust_env=False,
            follow_redirects=False,
            event_hooks={"response": [_stay]},
        )


def deadline_transport(backend: "DeadlineBackend") -> "httpx.BaseTransport":
    """A way for an HTTP client to the network, on which everything ends by the deadline of `backend`."""
    import httpcore  # noqa: PLC0415  loaded with httpx, when the first client is built
    import httpx  # noqa: PLC0415  the same

    class Transport(httpx.HTTPTransport):
        """httpx's own transport over our network layer, which its constructor has no way to take."""

        def __init__(self) -> None:
            self._pool = httpcore.ConnectionPool(
                ssl_context=httpx.create_ssl_context(trust_env=False),
                max_connections=_CONNECTIONS,
                max_keepalive_connections=_CONNECTIONS,
                keepalive_expiry=_KEEP_ALIVE_S,
                network_backend=backend,
            )

    return Transport()


def _url(base: str) -> "httpx.URL":
    import httpx  # noqa: PLC0415  see _load_httpx

    try:
        url = httpx.URL(base)
        _ = url.host  # decodes what the constructor takes as it is
    except (httpx.InvalidURL, ValueError):
        raise AddressRefused("the base URL names no host that there can be") from None
    return url


def _load_httpx() -> None:
    """Load httpx without its command line, whose colours and highlighting cost the daemon 5 MiB and half of the loading time."""
    if "httpx" not in sys.modules:
        # None is the import system's own mark for "not there"; httpx provides for it.
        sys.modules["httpx._main"] = None  # type: ignore[assignment]
        try:
            import httpx  # noqa: F401, PLC0415  see the docstring
        finally:
            del sys.modules["httpx._main"]


def _stay(response: "httpx.Response") -> None:
    # Even where it is not to follow, httpx builds the request that it would follow with, and stumbles over an address that is none.
    response.headers.pop("location", None)


def _read(response: "httpx.Response") -> Answer:
    headers = response.headers
    body, damage = b"", ""
    try:
        body = bodies.read(response.iter_raw(), headers.get("content-encoding", "").strip().lower())
    except bodies.BodyError as error:
        damage = str(error)
    return Answer(
        status=response.status_code,
        body=body,
        content_type=headers.get("content-type", ""),
        retry_after=headers.get("retry-after"),
        date=headers.get("date"),
        damage=damage,
    )


def _check_key(key: str) -> None:
    if not key or not key.isascii() or not key.isprintable() or key != key.strip():
        raise Unauthorised("the API key is empty, or holds characters that cannot travel in a header (a line end?)")


def _spelt(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
