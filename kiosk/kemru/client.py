"""The client: one kept-alive connection, one deadline a call, typed values in and out.

    with Kemru("https://kemrut.com/api/v2", credentials) as kemru:
        receipt = kemru.report(scan)

Only this file knows the HTTP library, and loads it when the first client is built. Every call may raise any KemruError; its type says
whether the platform can have acted. No call is ever repeated in here.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import quote

from kiosk.kemru import address, bodies, codes, endpoints, replies
from kiosk.kemru.endpoints import Endpoint
from kiosk.kemru.errors import KemruError, Rejected, Unauthorised, Unavailable, UnknownOutcome
from kiosk.kemru.messages import (
    AttendanceRecord,
    Balance,
    Credentials,
    MemberReply,
    Receipt,
    Roster,
    ScanReport,
    Sms,
    User,
    Verification,
)
from kiosk.kemru.signing import signed_body
from kiosk.kemru.verdict import Answer, Reply, judge

if TYPE_CHECKING:
    import httpx

    from kiosk.kemru.deadline import DeadlineBackend

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")

_KEEP_ALIVE_S = 20.0
"""How long an idle connection is kept for the next call."""

_CONNECTIONS = 4
"""Connections of one client at most: one is used at a time, the others are those that a failed call leaves to be closed."""


class Kemru:
    """The platform at `base_url`, for one merchant.

    One client belongs to one thread: where threads share one, the connection pool sometimes loses an answer (UnknownOutcome).

    `deadline` bounds each call as a whole, in seconds. `get_parameters="query"` is for proxies that drop the body of a GET.
    `before_request` is told the call's path before a byte leaves: a place to spend a budget, or to refuse by raising. `transport` replaces
    the network (an httpx.BaseTransport). Raises AddressRefused or Unauthorised for what could never work.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        get_parameters: Literal["body", "query"] = "body",
        deadline: float = 30.0,
        before_request: Callable[[str], None] | None = None,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        self._base = address.checked(base_url)
        self._credentials = credentials
        self._as_query = get_parameters == "query"
        self._deadline = deadline
        self._before_request = before_request
        _check_key(credentials.api_key.reveal())
        self._open(transport)

    def __repr__(self) -> str:
        return f"Kemru({self._base!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def roster(self) -> Roster:
        """Everybody that the merchant has, and their attendance."""
        return replies.roster(self._ask(endpoints.ROSTER, {}))

    def member(self, identifier: str) -> MemberReply:
        """One member by UID, national ID or passport number."""
        return replies.member(self._ask(endpoints.MEMBER, {"uid": identifier}))

    def user(self, identifier: str) -> User:
        """One user by identifier."""
        return replies.user(self._ask(endpoints.USER, {"uid": identifier}))

    def report(self, scan: ScanReport) -> Receipt:
        """Tell the platform of one scan. Returns only when it holds it; a success that does not show it is an UnknownOutcome."""
        with _about(scan.reference):
            return replies.scan_receipt(self._ask(endpoints.ATTENDANCE, scan.fields()), scan.uid, scan.reference)

    def attendance(self, uid: str) -> list[AttendanceRecord]:
        """Read back what the platform holds of `uid`; reports nothing."""
        return replies.attendance(self._ask(endpoints.ATTENDANCE, {"uid": uid}), uid)

    def send_sms(self, sms: Sms) -> Receipt:
        """Hand over a text message. Raises Rejected without asking for a number that is no Kenyan mobile number."""
        with _about(sms.reference):
            return replies.sms_receipt(self._ask(endpoints.SEND_SMS, sms.fields()), sms.reference)

    def verify(self, reference: str) -> Verification:
        """What became of `reference` (an SMS or a payment): up to 64 letters, digits, hyphens and underscores, else Rejected."""
        with _about(reference):
            if not _REFERENCE.fullmatch(reference):
                raise Rejected(f"{endpoints.VERIFY.path}: not sent: that is no reference", call=endpoints.VERIFY.path)
            answer = self._send(endpoints.VERIFY, {}, {"ref": reference})
            found = replies.verification(answer, reference)
            if found is not None:
                return found
            judge(endpoints.VERIFY.path, answer, now=_now())
            raise UnknownOutcome(
                f"{endpoints.VERIFY.path}: the answer is about another reference, or without a status",
                call=endpoints.VERIFY.path,
                http_status=answer.status,
            )

    def balance(self) -> Balance:
        """What is left in the merchant's wallet."""
        return replies.balance(self._ask(endpoints.BALANCE, {}))

    def telco(self, prefix: str) -> str | None:
        """The network of a telephone prefix such as `722`; None if there is none."""
        try:
            return replies.telco(self._ask(endpoints.TELCO_CHECK, {"prefix": prefix}))
        except Rejected as error:
            if error.code == codes.INVALID_TELCO:
                return None
            raise

    def _ask(self, endpoint: Endpoint, fields: Mapping[str, object]) -> Reply:
        return judge(endpoint.path, self._send(endpoint, fields, {}), now=_now())

    def _send(self, endpoint: Endpoint, fields: Mapping[str, object], path: Mapping[str, str]) -> Answer:
        request = self._request(endpoint, fields, path)
        if self._before_request is not None:
            self._before_request(endpoint.path)
        return self._exchange(endpoint.path, request)

    def _request(self, endpoint: Endpoint, fields: Mapping[str, object], path: Mapping[str, str]) -> "httpx.Request":
        try:
            body = signed_body(endpoint, self._credentials, fields, path)
            target = self._base + endpoint.path.format_map(
                {name: quote(value, safe="") for name, value in path.items()}
            )
            if endpoint.method == "GET" and self._as_query:
                return self._client.build_request(
                    "GET", target, params={name: _spelt(value) for name, value in body.items()}
                )
            return self._client.build_request(
                endpoint.method, target, content=json.dumps(body, ensure_ascii=False).encode()
            )
        except UnicodeEncodeError:
            # The error itself would quote the whole body.
            raise Rejected(f"{endpoint.path}: not sent: a field is not valid Unicode", call=endpoint.path) from None

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

    def _open(self, transport: "httpx.BaseTransport | None") -> None:
        _load_httpx()
        import httpx  # noqa: PLC0415  see _load_httpx

        from kiosk.kemru.deadline import DeadlineBackend  # noqa: PLC0415  it loads half of the HTTP library

        self._backend = DeadlineBackend()
        self._client = httpx.Client(
            transport=transport or _transport(self._backend),
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": "kemru-kiosk",
                "apiKey": self._credentials.api_key.reveal(),
            },
            timeout=self._deadline,
            trust_env=False,
            follow_redirects=False,
        )


def _transport(backend: "DeadlineBackend") -> "httpx.BaseTransport":
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


def _load_httpx() -> None:
    """Load httpx without its command line, whose colours and highlighting cost the daemon 5 MiB and half of the loading time."""
    if "httpx" not in sys.modules:
        # None is the import system's own mark for "not there"; httpx provides for it.
        sys.modules["httpx._main"] = None  # type: ignore[assignment]
        try:
            import httpx  # noqa: F401, PLC0415  see the docstring
        finally:
            del sys.modules["httpx._main"]


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


@contextmanager
def _about(reference: str) -> Iterator[None]:
    """Let every error that passes say which record it is about."""
    try:
        yield
    except KemruError as error:
        error.reference = reference
        raise


def _check_key(key: str) -> None:
    if not key or not key.isascii() or not key.isprintable() or key != key.strip():
        raise Unauthorised("the API key is empty, or holds characters that cannot travel in a header (a line end?)")


def _spelt(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _now() -> datetime:
    return datetime.now(UTC)
